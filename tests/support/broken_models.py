"""Damage to a model: what an exporter's bug or a careless edit may leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

if TYPE_CHECKING:
    import random

OPERATORS = [
    "Add",
    "Cast",
    "Concat",
    "Conv",
    "Dropout",
    "Gemm",
    "Identity",
    "LayerNormalization",
    "LSTM",
    "MatMul",
    "MaskedSoftmax",
    "Mul",
    "Pow",
    "RMSNormalization",
    "Relu",
    "Reshape",
    "Resize",
    "Scan",
    "Softmax",
    "Transpose",
    "Unknown",
]


def break_model(proto: onnx.ModelProto, rng: random.Random) -> onnx.ModelProto:
    """Return a copy of a model with one or two things changed at random."""
    broken = onnx.ModelProto.FromString(proto.SerializeToString())
    for _ in range(rng.choice([1, 1, 2])):
        _damage(broken.graph, rng)
    return broken


def _damage(graph: onnx.GraphProto, rng: random.Random) -> None:
    if not graph.node:
        return
    node = rng.choice(graph.node)
    tensors = [value.name for value in graph.input] + [t.name for t in graph.initializer]
    tensors += [name for entry in graph.node for name in entry.output] + [""]
    kind = rng.randrange(9)
    if kind == 0 and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(tensors)
    elif kind == 1:
        node.op_type = rng.choice(OPERATORS)
    elif kind == 2:
        node.input.append(rng.choice(tensors))
    elif kind == 3 and node.attribute:
        del node.attribute[rng.randrange(len(node.attribute))]
    elif kind == 4:
        node.output.append(rng.choice(["", "another"]))
    elif kind == 5:
        node.domain = rng.choice(["com.microsoft", "example", "ai.onnx"])
    elif kind == 6:
        node.name = rng.choice(["", graph.node[0].name])
    elif kind == 7:
        del graph.input[:]
    else:
        graph.node.remove(node)
