"""Simulation the slow and obvious way, to referee the engine: one node at a time, in numpy.

Every scenario runs the whole graph with `onnx.reference`, quantizing each tensor that the scenario
names as soon as it exists; powers are summed in double precision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx.reference import ReferenceEvaluator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx


def quantize(values: np.ndarray, encoding: list[dict[str, Any]], axis: int | None) -> np.ndarray:
    """Quantize and dequantize; an empty encoding is a cast to float16."""
    if not encoding:
        return values.astype(np.float16).astype(np.float32)
    shape = [1] * values.ndim
    if axis is not None:
        shape[axis] = -1

    def column(name: str) -> np.ndarray:
        return np.array([channel[name] for channel in encoding], np.float32).reshape(
            shape if axis is not None else ()
        )

    scale, offset = column("scale"), column("offset")
    clamped = np.clip(values, column("min"), column("max"))
    code = np.floor((clamped / scale - offset).astype(np.float64) + 0.5).astype(np.float32)
    return (scale * (code + offset)).astype(np.float32)


def execute(
    model: onnx.ModelProto,
    inputs: Mapping[str, np.ndarray],
    encodings: Mapping[str, list[dict[str, Any]]],
    axes: Mapping[str, int | None],
) -> dict[str, np.ndarray]:
    """Return every tensor as its consumers see it, when these encodings are applied."""
    import onnx as onnx_package

    seen: dict[str, np.ndarray] = {}

    def define(name: str, values: np.ndarray) -> None:
        if name in encodings:
            values = quantize(values, encodings[name], axes.get(name))
        seen[name] = values

    for tensor in model.graph.initializer:
        define(tensor.name, onnx_package.numpy_helper.to_array(tensor))
    for name, values in inputs.items():
        define(name, values)
    for node in model.graph.node:
        evaluator = ReferenceEvaluator(node, opsets={"": model.opset_import[0].version})
        results = evaluator.run(None, {name: seen[name] for name in node.input if name})
        for name, values in zip(node.output, results, strict=False):
            define(name, np.asarray(values))
    return seen


def powers(exact: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return Σx² and Σ(x − x̂)² in double precision."""
    a, b = exact.astype(np.float64), other.astype(np.float64)
    return float((a**2).sum()), float(((a - b) ** 2).sum())
