"""Models whose graphs are hard to draw: deep ones, long skips, inputs that everybody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support.small_models import model, node

if TYPE_CHECKING:
    import onnx

WEIGHT = np.zeros((4, 4), np.float32)
BIAS = np.zeros(4, np.float32)


def chain(length: int, op_type: str = "Relu") -> onnx.ModelProto:
    """`length` operators in a row, without scopes."""
    names = ["x", *(f"t{i}" for i in range(length - 1)), "y"]
    nodes = [node(op_type, names[i], names[i + 1], f"{op_type.lower()}{i}") for i in range(length)]
    return model(nodes)


def transformer(layers: int, *, scopes: bool = True, widths: bool = False) -> onnx.ModelProto:
    """Encoder layers of 16 nodes, all of which read one mask.

    Args:
        layers: How many.
        scopes: Whether node names tell their modules.
        widths: Whether names differ in length, so that no two layers are laid out alike.
    """
    nodes: list[Any] = []
    constants: dict[str, Any] = {}
    source = "x"
    for layer in range(layers):
        tail = "z" * (layer * 7 % 23) if widths else ""
        source = _encoder_layer(layer, source, nodes, tail, scopes)
        constants |= {f"l{layer}_w{weight}": WEIGHT for weight in "qkvofg"}
        constants |= {f"l{layer}_scale": BIAS, f"l{layer}_shift": BIAS}
    nodes.append(node("Identity", source, "y", "last"))
    return model(nodes, inputs={"x": [4, 4], "mask": [4, 4]}, constants=constants)


def _encoder_layer(layer: int, source: str, nodes: list[Any], tail: str, scopes: bool) -> str:
    stem = f"l{layer}_"

    def add(op_type: str, inputs: str, output: str, scope: str = "") -> str:
        name = f"/encoder/layers.{layer}/{scope}{op_type}{tail}_{len(nodes)}"
        if not scopes:
            name = f"{op_type}{tail}_{len(nodes)}"
        nodes.append(node(op_type, inputs, stem + output, name))
        return stem + output

    norm = f"{stem}scale {stem}shift"
    h = add("LayerNormalization", f"{source} {norm}", "n1", "norm1/")
    q, k, v = (add("MatMul", f"{h} {stem}w{i}", i, "attn/") for i in "qkv")
    k = add("Transpose", k, "kt", "attn/")
    s = add("MatMul", f"{q} {k}", "s", "attn/")
    s = add("Add", f"{s} mask", "m", "attn/")
    s = add("Softmax", s, "p", "attn/")
    s = add("MatMul", f"{s} {v}", "c", "attn/")
    s = add("MatMul", f"{s} {stem}wo", "o", "attn/")
    source = add("Add", f"{source} {s}", "r1")
    h = add("LayerNormalization", f"{source} {norm}", "n2", "norm2/")
    h = add("MatMul", f"{h} {stem}wf", "f1", "mlp/")
    h = add("Relu", h, "f2", "mlp/")
    h = add("MatMul", f"{h} {stem}wg", "f3", "mlp/")
    return add("Add", f"{source} {h}", "r2")


def u_net(depth: int, convolutions: int = 2) -> onnx.ModelProto:
    """A U-Net: `depth` skips, the outermost of which spans the whole graph."""
    nodes = []
    skips = []
    source = "x"

    def run(stem: str, source: str) -> str:
        for number in range(convolutions):
            nodes.append(node("Sigmoid", source, f"{stem}_{number}", f"{stem}_op{number}"))
            source = f"{stem}_{number}"
        return source

    for level in range(depth):
        source = run(f"down{level}", source)
        skips.append(source)
        nodes.append(node("Relu", source, f"pool{level}", f"pool{level}_op"))
        source = f"pool{level}"
    source = run("middle", source)
    for level in reversed(range(depth)):
        output = f"up{level}" if level else "y"
        nodes.append(node("Neg", source, f"grow{level}", f"grow{level}_op"))
        nodes.append(node("Add", f"grow{level} {skips[level]}", f"cat{level}", f"cat{level}_op"))
        source = run(f"join{level}", f"cat{level}")
        nodes.append(node("Relu", source, output, f"{output}_op"))
        source = output
    return model(nodes)
