"""Well-known networks with sane weights, made from the `onnx` wheel's light models.

As shipped these have weights that nodes compute (`ConstantOfShape`), a batch of one and outputs
without any range. Here the weights are stored, drawn anew from a seed, and the batch is symbolic.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

NAMES = (
    "bvlc_alexnet",
    "densenet121",
    "inception_v1",
    "inception_v2",
    "resnet50",
    "shufflenet",
    "squeezenet",
    "vgg19",
    "zfnet512",
)

BATCH = "N"

_LAST_LAYER = {
    "bvlc_alexnet": 0.5,
    "inception_v2": 0.15,
    "resnet50": 5.0,
    "shufflenet": 0.06,
    "squeezenet": 1.5,
}
"""Factor on the last layer's weights that gives logits a standard deviation of about 2, so that
the softmax behind them is not saturated; measured with seed 0 and normal inputs."""


@lru_cache(maxsize=4)
def build(name: str, seed: int = 0) -> onnx.ModelProto:
    """Return the network `name`, one of `NAMES`; treat it as read-only.

    Outputs have a range at any batch size: convolutions and matrix products are He-normal,
    variances of normalisations at least 0.5, branches that are added are damped.
    """
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    model = onnx.load(folder / f"light_{name}.onnx")
    _store_weights(model)
    _refill(model, np.random.default_rng(seed), _LAST_LAYER.get(name, 1.0))
    _free_batch(model)
    onnx.checker.check_model(model)
    return model


def _store_weights(model: onnx.ModelProto) -> None:
    """Replace each `ConstantOfShape` of a constant by an initializer, and drop what is unused."""
    graph = model.graph
    known = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = node.attribute[0].t
    kept = []
    for node in graph.node:
        if node.op_type == "ConstantOfShape" and node.input[0] in known:
            shape = numpy_helper.to_array(known[node.input[0]]).tolist()
            graph.initializer.append(
                numpy_helper.from_array(np.zeros(shape, np.float32), node.output[0])
            )
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    kept = [node for node in kept if node.op_type != "Constant" or node.output[0] in used]
    _replace(graph.node, kept)
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in used])
    stored = {tensor.name for tensor in graph.initializer}
    _replace(graph.input, [value for value in graph.input if value.name in used - stored])
    model.ir_version = max(model.ir_version, 4)


def _refill(model: onnx.ModelProto, generator: np.random.Generator, last_factor: float) -> None:
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    added, factors = _added_and_factors(graph, set(stored))
    last = [node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")][-1]
    done: set[str] = set()
    for node in graph.node:
        for position, name in enumerate(node.input):
            tensor = stored.get(name)
            if tensor is None or name in done or tensor.data_type != onnx.TensorProto.FLOAT:
                continue
            done.add(name)
            shape = tuple(tensor.dims)
            damping = 0.3 if added.intersection(node.output) else 1.0
            if node.op_type == "BatchNormalization":
                values = _normalisation(position, shape, damping, generator)
            elif position == 1 and len(shape) > 1:
                fan_in = shape[0] if _is_transposed(node) else math.prod(shape[1:])
                factor = last_factor if node == last else math.sqrt(2.0)
                values = generator.normal(0.0, factor / math.sqrt(fan_in), shape)
            elif name in factors:
                values = generator.uniform(0.8, 1.2, shape)
            else:
                values = generator.normal(0.0, 0.05, shape)
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), name))


def _added_and_factors(graph: onnx.GraphProto, stored: set[str]) -> tuple[set[str], set[str]]:
    """Return the tensors of branches that are added up, and the constants that `Mul` scales by."""
    fixed = set(stored)
    for node in graph.node:
        if fixed.issuperset(node.input):
            fixed.update(node.output)
    sums = [node for node in graph.node if node.op_type in ("Add", "Sum")]
    added = {name for node in sums if fixed.isdisjoint(node.input) for name in node.input}
    factors = {name for node in graph.node if node.op_type == "Mul" for name in node.input}
    for node in graph.node:
        if node.op_type == "Unsqueeze" and node.output[0] in factors:
            factors.add(node.input[0])
    return added, factors


def _normalisation(
    position: int, shape: tuple[int, ...], damping: float, generator: np.random.Generator
) -> np.ndarray:
    """Return scale, bias, mean or variance of a batch normalisation (inputs 1 to 4)."""
    if position == 1:
        return damping * generator.uniform(0.8, 1.2, shape)
    if position == 4:
        return generator.uniform(0.5, 1.5, shape)
    return generator.normal(0.0, 0.1, shape)


def _is_transposed(node: onnx.NodeProto) -> bool:
    """Whether the weight's first axis is the one summed over (all but `Gemm` with `transB`)."""
    if node.op_type == "Gemm":
        return not any(entry.name == "transB" and entry.i for entry in node.attribute)
    return node.op_type == "MatMul"


def _free_batch(model: onnx.ModelProto) -> None:
    """Make the first axis of inputs and outputs symbolic, and reshapes keep theirs."""
    graph = model.graph
    _replace(graph.value_info, [])
    for value in (*graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        if dims:
            dims[0].dim_param = BATCH
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = node.attribute[0].t
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in constants:
            tensor = constants[node.input[1]]
            target = numpy_helper.to_array(tensor).copy()
            if target[0] == 1:
                target[0] = 0  # "as in the input"
                tensor.CopyFrom(numpy_helper.from_array(target, tensor.name))


def _replace(field: object, items: list) -> None:
    del field[:]
    field.extend(items)
