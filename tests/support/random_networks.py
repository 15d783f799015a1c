"""Hypothesis strategies: small networks with a free batch axis, configurations and data for them.

The parity runner's models (`random_pairs`) meet more corners of the cascade, but have fixed shapes;
these can be cut into batches of any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from support.small_models import floats, model, node

from quantsim_viz import load_model

if TYPE_CHECKING:
    from quantsim_viz.model import Model

CHANNELS, SIDE = 4, 6
OPERATORS = ("Relu", "Sigmoid", "Tanh", "Abs", "Neg", "LeakyRelu")


@dataclass(frozen=True)
class Case:
    """A network, a configuration, its precision and data.

    Attributes:
        model: The network, `x: [N, 4, 6, 6]`.
        config: The document.
        bits: Keywords with the bit widths.
        data: Arrays by input.
    """

    model: Model
    config: dict[str, Any]
    bits: dict[str, Any]
    data: dict[str, np.ndarray] = field(repr=False)


class _Builder:
    def __init__(self, seed: int) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.images = ["x"]
        self.seed = seed

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.constants)}"
        self.constants[name] = floats(*shape, seed=self.seed + len(self.constants)) * 0.3
        return name

    def add(self, op: str, inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(node(op, inputs, name, f"n{len(self.nodes)}", **attributes))
        return name

    def grow(self, draw: st.DrawFn) -> None:
        kinds = ("conv", "depthwise", "unary", "add", "scale", "view", "norm")
        kind = draw(st.sampled_from(kinds))
        x = draw(st.sampled_from(self.images[-3:]))
        if kind == "conv":
            bias = f" {self.weight(CHANNELS)}" if draw(st.booleans()) else ""
            weight = self.weight(CHANNELS, CHANNELS, 3, 3)
            made = self.add("Conv", f"{x} {weight}{bias}", pads=[1, 1, 1, 1])
        elif kind == "depthwise":
            weight = self.weight(CHANNELS, 1, 3, 3)
            made = self.add("Conv", f"{x} {weight}", pads=[1, 1, 1, 1], group=CHANNELS)
        elif kind == "unary":
            made = self.add(draw(st.sampled_from(OPERATORS)), x)
        elif kind == "add":
            made = self.add("Add", f"{x} {draw(st.sampled_from(self.images))}")
        elif kind == "scale":
            made = self.add("Mul", f"{x} {self.weight(CHANNELS, 1, 1)}")
        elif kind == "norm":
            scale, bias = self.weight(CHANNELS), self.weight(CHANNELS)
            mean, variance = self.weight(CHANNELS), self.weight(CHANNELS)
            self.constants[variance] = np.abs(self.constants[variance]) + np.float32(0.5)
            made = self.add("BatchNormalization", f"{x} {scale} {bias} {mean} {variance}")
        else:
            turned = self.add("Transpose", x, perm=[0, 2, 3, 1])
            made = self.add("Transpose", turned, perm=[0, 3, 1, 2])
        self.images.append(made)


@st.composite
def networks(draw: st.DrawFn) -> Model:
    """A few operators on images, and a classifier behind them."""
    builder = _Builder(draw(st.integers(0, 50)) * 100)
    for _ in range(draw(st.integers(1, 6))):
        builder.grow(draw)
    pooled = builder.add("GlobalAveragePool", builder.images[-1])
    flat = builder.add("Flatten", pooled)
    weight, bias = builder.weight(CHANNELS, 3), builder.weight(3)
    builder.nodes.append(node("Gemm", f"{flat} {weight} {bias}", "y", "classifier"))
    return load_model(
        model(
            builder.nodes,
            inputs={"x": ["N", CHANNELS, SIDE, SIDE]},
            constants=builder.constants,
        )
    )


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """A configuration that quantizes most things, some of them otherwise."""

    def flag() -> str:
        return str(draw(st.booleans()))

    off = draw(st.lists(st.sampled_from([*OPERATORS, "Conv", "Add", "Gemm", "Mul"]), max_size=3))
    return {
        "defaults": {
            "ops": {"is_output_quantized": "True", "is_symmetric": flag()},
            "params": {"is_quantized": "True", "is_symmetric": flag()},
            "per_channel_quantization": flag(),
            "strict_symmetric": flag(),
            "unsigned_symmetric": flag(),
        },
        "params": {"bias": {"is_quantized": flag()}},
        "op_type": {kind: {"is_output_quantized": "False"} for kind in off},
        "supergroups": draw(st.sampled_from([[], [{"op_list": ["Conv", "Relu"]}]])),
        "model_input": {"is_input_quantized": "True"},
        "model_output": {},
    }


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A network with a configuration, precision and a few samples."""
    bits = st.sampled_from([4, 8, 16])
    samples = draw(st.integers(1, 7))
    images = floats(samples, CHANNELS, SIDE, SIDE, seed=draw(st.integers(0, 99)))
    return Case(
        draw(networks()),
        draw(configurations()),
        {"param_bits": draw(bits), "act_bits": draw(bits)},
        {"x": images},
    )
