"""A transformer encoder as torch's exporter writes it, with seeded weights, for measuring."""

from __future__ import annotations

import re
from math import sqrt
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAME = re.compile(r"encoder-(\d+)x(\d+)")
"""`encoder-4x128`: four blocks of width 128."""

TOKENS = 64
HEAD = 32


class Encoder:
    """Writes the graph: `x` `[N, 64, width]` → `y` `[N, 10]`, blocks with the norm first."""

    def __init__(self, blocks: int, width: int) -> None:
        self.width = width
        self.heads = width // HEAD
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.random = np.random.default_rng(0)
        self.constant("split", np.array([0, TOKENS, self.heads, HEAD], np.int64))
        self.constant("join", np.array([0, TOKENS, width], np.int64))
        self.constant("scale", np.float32(1 / sqrt(HEAD)))
        self.constant("axis", np.array([1], np.int64))
        x = "x"
        for number in range(blocks):
            x = self.block(f"blocks.{number}", x)
        x = self.norm("norm", x)
        x = self.node("ReduceMean", "pool", x, "axis", keepdims=0)
        self.weight("head.weight", 10, width)
        self.weight("head.bias", 10)
        self.node("Gemm", "y", x, "head.weight", "head.bias", transB=1)

    def node(self, op_type: str, output: str, *inputs: str, **attributes: Any) -> str:
        """Write a node."""
        self.nodes.append(helper.make_node(op_type, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Any) -> str:
        """Store a constant."""
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, name: str, *shape: int) -> str:
        """Store a weight."""
        values = self.random.normal(size=shape) / sqrt(shape[0])
        return self.constant(name, values.astype(np.float32))

    def norm(self, name: str, x: str) -> str:
        """Normalize a token's features."""
        self.constant(f"{name}.weight", 1 + 0.1 * self.random.normal(size=self.width).astype("f4"))
        self.weight(f"{name}.bias", self.width)
        inputs = (x, f"{name}.weight", f"{name}.bias")
        return self.node("LayerNormalization", name, *inputs, epsilon=1e-5)

    def linear(self, name: str, x: str, width_in: int, width_out: int) -> str:
        """Multiply and add a bias, as two nodes."""
        self.weight(f"{name}.weight", width_in, width_out)
        self.weight(f"{name}.bias", width_out)
        product = self.node("MatMul", f"{name}.product", x, f"{name}.weight")
        return self.node("Add", name, product, f"{name}.bias")

    def block(self, name: str, x: str) -> str:
        """Attention and a perceptron, each with a residual connection around."""
        norm = self.norm(f"{name}.norm1", x)
        parts = []
        for part, order in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
            y = self.linear(f"{name}.{part}", norm, self.width, self.width)
            y = self.node("Reshape", f"{name}.{part}.heads", y, "split")
            parts.append(self.node("Transpose", f"{name}.{part}.turned", y, perm=order))
        scores = self.node("MatMul", f"{name}.scores", parts[0], parts[1])
        scaled = self.node("Mul", f"{name}.scaled", scores, "scale")
        weights = self.node("Softmax", f"{name}.attention", scaled, axis=-1)
        mixed = self.node("MatMul", f"{name}.mixed", weights, parts[2])
        mixed = self.node("Transpose", f"{name}.mixed.turned", mixed, perm=(0, 2, 1, 3))
        mixed = self.node("Reshape", f"{name}.mixed.joined", mixed, "join")
        out = self.linear(f"{name}.out", mixed, self.width, self.width)
        x = self.node("Add", f"{name}.sum1", x, out)
        y = self.norm(f"{name}.norm2", x)
        y = self.linear(f"{name}.up", y, self.width, 4 * self.width)
        y = self.node("Gelu", f"{name}.gelu", y)
        y = self.linear(f"{name}.down", y, 4 * self.width, self.width)
        return self.node("Add", f"{name}.sum2", x, y)

    def model(self) -> onnx.ModelProto:
        """Return the model."""
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", TOKENS, self.width])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])
        graph = helper.make_graph(self.nodes, "encoder", [x], [y], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def build(name: str) -> onnx.ModelProto | None:
    """Return the encoder of a name, None if it is not the name of one."""
    match = NAME.fullmatch(name)
    return Encoder(int(match[1]), int(match[2])).model() if match else None
