"""What a model has to do and to hold, by its static shapes: MACs, parameters, activations.

Independent of any configuration. A length that is not fixed (a symbolic batch) counts as 1; nodes
inside the graphs of `If`, `Loop` and `Scan` are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from quantsim_viz.resolve.params import MINOR_PARAMS, PARAM_INPUTS, WEIGHTED_PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.model import Graph, Model, Node, Tensor

FLOAT_BYTES: Mapping[str | None, int] = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
"""Bytes of an element of the types that count as data."""

SHAPE_READERS = frozenset({"Shape", "Size"})
"""Operator types that read no element of their input."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A model's amounts, and how its nodes hang together.

    Attributes:
        macs: Multiply-accumulates by node, of `Conv`, `ConvTranspose`, `Gemm` and `MatMul`.
        parameters: Elements by constant, of the floating-point constants that nodes read.
        activations: Bytes by tensor as the file declares them, of floating-point model inputs and
            computed tensors.
        operands: By node the floating-point tensors it computes on: activations, and its main
            parameters (no bias, also not one that an `Add` behind a `MatMul` adds, and no running
            statistics). Nodes that compute on no floating-point
            tensor and give none are left out, and so are `Constant` nodes.
        constants: Operands that the file fixes.
        results: By node its floating-point outputs.
        producers: By tensor the node that computes it, where that node is in `operands`.
        unknown: Nodes and tensors whose amount the shapes do not tell.
    """

    macs: Mapping[str, int]
    parameters: Mapping[str, int]
    activations: Mapping[str, int]
    operands: Mapping[str, tuple[str, ...]]
    constants: frozenset[str]
    results: Mapping[str, tuple[str, ...]]
    producers: Mapping[str, str]
    unknown: tuple[str, ...]


def measure_workload(model: Model) -> Workload:
    """Count what a model has to do and to hold.

    Source: the operators' definitions in the ONNX specification.
    """
    graph = model.graph
    tensors = graph.tensors
    unknown: list[str] = []
    macs: dict[str, int] = {}
    operands: dict[str, tuple[str, ...]] = {}
    results: dict[str, tuple[str, ...]] = {}
    read = {name for node in graph.nodes for name in node.inputs if name}
    fixed = {name for name in read if model.constant(name) is not None}
    activations: dict[str, int] = {}
    for tensor in tensors.values():
        size = FLOAT_BYTES.get(tensor.dtype)
        is_computed = tensor.producer is not None and tensor.name not in fixed
        if size is None or not (is_computed or (tensor.is_input and not tensor.is_initializer)):
            continue
        count = elements(tensor)
        if count is None:
            unknown.append(tensor.name)
        else:
            activations[tensor.name] = size * count
    for node in graph.nodes:
        if node.op_type == "Constant" and node.domain == "":
            continue
        reads = tuple(_operands(node, graph, fixed))
        gives = tuple(name for name in node.outputs if name in activations or name in unknown)
        if reads or gives:
            operands[node.name], results[node.name] = reads, gives
        if node.op_type in WEIGHTED_PRODUCTS and node.domain == "":
            work = _macs(node, tensors)
            if work is None:
                unknown.append(node.name)
            else:
                macs[node.name] = work
    return Workload(
        macs=macs,
        parameters=_parameters(model, fixed),
        activations=activations,
        operands=operands,
        constants=frozenset(fixed),
        results=results,
        producers={name: node for node, names in results.items() for name in names},
        unknown=tuple(unknown),
    )


def elements(tensor: Tensor) -> int | None:
    """Return how many elements a tensor has, free lengths counted as 1; None without a rank."""
    if tensor.shape is None:
        return None
    return prod(length if isinstance(length, int) else 1 for length in tensor.shape)


def _parameters(model: Model, fixed: set[str]) -> dict[str, int]:
    found = {}
    for name in sorted(fixed):
        constant = model.constant(name)
        if constant is not None and constant.dtype in FLOAT_BYTES:
            found[name] = prod(constant.shape)
    return found


def _operands(node: Node, graph: Graph, fixed: set[str]) -> Iterator[str]:
    """Yield the floating-point tensors that decide what a node computes in."""
    tensors = graph.tensors
    if node.op_type in SHAPE_READERS and node.domain == "":
        return
    kinds = dict(PARAM_INPUTS.get(node.op_type, ()))
    for position, name in enumerate(node.inputs):
        if not name or tensors[name].dtype not in FLOAT_BYTES:
            continue
        if kinds.get(position) in MINOR_PARAMS:
            continue
        if name in fixed and _is_bias_of_product(name, node, graph):
            continue
        yield name


def _is_bias_of_product(constant: str, node: Node, graph: Graph) -> bool:
    """Whether a node adds a vector to what a `MatMul` gives: the product's bias."""
    shape = graph.tensors[constant].shape
    if node.op_type != "Add" or node.domain != "" or shape is None or len(shape) != 1:
        return False
    producers = (graph.tensors[name].producer for name in node.inputs if name != constant)
    return any(index is not None and graph.nodes[index].op_type == "MatMul" for index in producers)


def _macs(node: Node, tensors: Mapping[str, Tensor]) -> int | None:
    """Return a product's multiply-accumulates.

    1. `Conv`: output elements × (input channels of a group × kernel).
    2. `ConvTranspose`: input elements × (output channels of a group × kernel).
    3. `Gemm`: output elements × the inner length, the first axis of A when it is transposed.
    4. `MatMul`: output elements × the last length of A.
    """
    source, weight = (tensors[name] for name in node.inputs[:2])
    if node.op_type in ("Conv", "ConvTranspose"):
        outer = elements(source if node.op_type == "ConvTranspose" else tensors[node.outputs[0]])
        inner = _product(weight, 1)
    else:
        outer = elements(tensors[node.outputs[0]])
        transposed = node.op_type == "Gemm" and node.attributes.get("transA", 0)
        inner = _length(source, 0 if transposed else -1)
    return None if outer is None or inner is None else outer * inner


def _product(tensor: Tensor, first: int) -> int | None:
    if tensor.shape is None:
        return None
    return prod(length if isinstance(length, int) else 1 for length in tensor.shape[first:])


def _length(tensor: Tensor, axis: int) -> int | None:
    if not tensor.shape:
        return None
    length = tensor.shape[axis]
    return length if isinstance(length, int) else 1
