"""Element types and shapes of a model's tensors.

AIMET decides what to quantize by the element types of ONNX's strict shape inference
(`docs/semantics.md` §2), so that is asked first. Where it fails, or where a model holds operators
that ONNX does not know, inference goes on as far as it can instead of stopping there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import onnx
from onnx import ModelProto, defs, shape_inference

from quantsim_viz.model.constants import DTYPE_NAMES
from quantsim_viz.model.stripped import iter_bodies, iter_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onnx import GraphProto, NodeProto, TensorShapeProto, TypeProto

    from quantsim_viz.model.graph import Dimension, Shape

TOP = ""
"""Key of the top graph in `Types.graphs`."""


class TensorType(NamedTuple):
    """Element type in lower case and shape; None for what is not known."""

    dtype: str | None
    shape: Shape | None


class Types(NamedTuple):
    """What inference found.

    Attributes:
        graphs: Types by tensor name, for each graph by `body_key`.
        strict: Strict inference, or else the file, gives every tensor an element type.
    """

    graphs: Mapping[str, Mapping[str, TensorType]]
    strict: bool


def body_key(node_name: str, attribute: str, position: int = 0) -> str:
    """Return the key of a body by its owner's (unique) name."""
    return f"{node_name}\0{attribute}\0{position}"


def infer_types(stripped: ModelProto) -> Types:
    """Infer the types of all tensors of a model without weights.

    1. Strict inference with data propagation (it finds more shapes), or without.
    2. Where strict inference fails, or leaves a tensor without an element type: lenient inference.
       Before it, operators that ONNX does not know are replaced by stand-ins of the same element
       type, so that what follows them can be inferred; what still lacks an element type takes that
       of its first typed input, or the one its operator always has.
    3. What the file declares, where even lenient inference fails.

    Args:
        stripped: The model without weights, node names filled; used up.
    """
    inferred = _infer_first(stripped, strict=True)
    if inferred is not None and _is_complete(inferred.graph):
        return Types(_types_by_key(inferred), strict=True)
    # AIMET looks at what the file declares when its inference has failed.
    strict = inferred is None and _is_complete(stripped.graph)
    _replace_unknown_operators(stripped)
    result = _infer_first(stripped, strict=False) or inferred or stripped
    types = _types_by_key(result)
    for key, graph in _iter_keyed(result.graph):
        _propagate_dtypes(graph, types[key])
    return Types(types, strict)


def _infer_first(model: ModelProto, *, strict: bool) -> ModelProto | None:
    """Return the first of ONNX's answers, the most informative asked for first."""
    for check_type, data_prop in ((True, True), (True, False), (False, True), (False, False)):
        if strict and not check_type:
            return None
        with suppress(shape_inference.InferenceError, ValueError, RuntimeError):
            return shape_inference.infer_shapes(
                model, check_type=check_type, strict_mode=strict, data_prop=data_prop
            )
    return None


def _types_by_key(model: ModelProto) -> dict[str, dict[str, TensorType]]:
    return {key: _graph_types(graph) for key, graph in _iter_keyed(model.graph)}


def _iter_keyed(graph: GraphProto, key: str = TOP) -> Iterator[tuple[str, GraphProto]]:
    yield key, graph
    for node in graph.node:
        for attribute in node.attribute:
            bodies = [attribute.g] if attribute.HasField("g") else attribute.graphs
            for position, body in enumerate(bodies):
                yield from _iter_keyed(body, body_key(node.name, attribute.name, position))


def _graph_types(graph: GraphProto) -> dict[str, TensorType]:
    types: dict[str, TensorType] = {}
    for values in (graph.value_info, graph.output, graph.input):
        for value in values:
            found = read_type(value.type)
            known = types.get(value.name)
            types[value.name] = found if known is None else _merge(known, found)
    for tensor in graph.initializer:
        types[tensor.name] = TensorType(DTYPE_NAMES.get(tensor.data_type), tuple(tensor.dims))
    return types


def read_type(proto: TypeProto) -> TensorType:
    """Return the element type and shape of a declared tensor; sequences and maps have neither."""
    if not proto.HasField("tensor_type"):
        return TensorType(None, None)
    tensor = proto.tensor_type
    dtype = DTYPE_NAMES.get(tensor.elem_type)
    if not tensor.HasField("shape"):
        return TensorType(dtype, None)
    return TensorType(
        dtype,
        tuple(_dimension(dim) for dim in tensor.shape.dim),
    )


def _dimension(dim: TensorShapeProto.Dimension) -> Dimension:
    """Return a dimension; some exporters write −1 for a length that is not known."""
    if dim.HasField("dim_value"):
        return dim.dim_value if dim.dim_value >= 0 else None
    return dim.dim_param or None


def _merge(known: TensorType, found: TensorType) -> TensorType:
    return TensorType(
        known.dtype or found.dtype, known.shape if known.shape is not None else found.shape
    )


def _is_complete(graph: GraphProto) -> bool:
    """Whether every value of the graph and of the graphs inside it has an element type."""
    typed: set[str] = set()
    needed: set[str] = set()
    for _, body in _iter_keyed(graph):
        typed.update(tensor.name for tensor in body.initializer)
        for values in (body.value_info, body.output, body.input):
            typed.update(value.name for value in values if _has_element_type(value.type))
        needed.update(value.name for value in body.input)
        needed.update(name for node in body.node for name in node.output)
    return needed - {""} <= typed


def _has_element_type(proto: TypeProto) -> bool:
    kind = proto.WhichOneof("value")
    if kind in ("sequence_type", "optional_type"):
        return _has_element_type(getattr(proto, kind).elem_type)
    if kind in ("tensor_type", "sparse_tensor_type"):
        return bool(getattr(proto, kind).elem_type)
    return kind is not None


_SAME_SHAPE = frozenset(
    [
        "BiasDropout",
        "BiasGelu",
        "BiasSoftmax",
        "FastGelu",
        "Gelu",
        "GroupNorm",
        "Inverse",
        "LayerNormalization",
        "MultiHeadAttention",
        "QuickGelu",
        "RotaryEmbedding",
        "SimplifiedLayerNormalization",
        "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization",
    ]
)
"""Operators outside the ONNX domains whose first output is like their first input."""

_STAND_INS: Mapping[str, tuple[str, frozenset[str]]] = {
    "FusedConv": (
        "Conv",
        frozenset(["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"]),
    ),
    "FusedGemm": ("Gemm", frozenset(["alpha", "beta", "transA", "transB"])),
}
"""Operators outside the ONNX domains that are an ONNX operator and something after it."""

_TYPED_BY: Mapping[str, int] = {"EmbedLayerNormalization": 2, "GatherBlockQuantized": 2}
"""The input that decides the output's element type, where it is not the first one."""


def _replace_unknown_operators(model: ModelProto) -> None:
    """Put stand-ins, in place, for operators without a schema and without a function body."""
    functions = {(function.domain, function.name) for function in model.functions}
    counter = 0
    for graph in [graph for _, graph in _iter_keyed(model.graph)]:
        nodes: list[NodeProto] = []
        before = counter
        for node in graph.node:
            known = defs.has(node.op_type, node.domain) or (node.domain, node.op_type) in functions
            if known or not any(node.input) or any(True for _ in iter_bodies(node)):
                nodes.append(node)
                continue
            for stand_in in _iter_stand_ins(node, counter):
                nodes.append(stand_in)
                counter += 1
        if counter > before:
            del graph.node[:]
            graph.node.extend(nodes)
    if counter:
        for domain in {node.domain for node in iter_nodes(model.graph)}:
            if all(entry.domain != domain for entry in model.opset_import):
                model.opset_import.add(domain=domain, version=1)


def _iter_stand_ins(node: NodeProto, counter: int) -> Iterator[NodeProto]:
    """Yield nodes that give `node`'s outputs the type they probably have.

    A `Reshape` to a shape nobody knows has its input's element type and any shape.
    """
    inputs = list(node.input)
    decisive = inputs[_TYPED_BY.get(node.op_type, 0) :]
    source = next(name for name in (*decisive, *inputs) if name)
    for position, output in enumerate(node.output):
        if not output:
            continue
        name = f"{node.name}\0{counter}\0{position}"
        if position == 0 and node.op_type in _STAND_INS:
            op_type, kept = _STAND_INS[node.op_type]
            attributes = [entry for entry in node.attribute if entry.name in kept]
            stand_in = onnx.NodeProto(op_type=op_type, name=name, attribute=attributes)
            stand_in.input.extend(list(node.input)[:3])
        elif position == 0 and node.op_type in _SAME_SHAPE:
            stand_in = onnx.NodeProto(op_type="Identity", name=name, input=[source])
        else:
            stand_in = onnx.NodeProto(
                op_type="Reshape", name=name, input=[source, f"{name}\0shape"]
            )
        stand_in.output.append(output)
        yield stand_in


_FIXED_DTYPES: Mapping[str, str] = dict.fromkeys(
    [
        "And",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "IsInf",
        "IsNaN",
        "Less",
        "LessOrEqual",
        "Not",
        "Or",
        "Xor",
    ],
    "bool",
) | dict.fromkeys(["ArgMax", "ArgMin", "NonMaxSuppression", "NonZero", "Shape", "Size"], "int64")
"""Operators whose output has the same element type whatever goes in."""


def _propagate_dtypes(graph: GraphProto, types: dict[str, TensorType]) -> None:
    """Give outputs without an element type the one of the first typed input, in place."""
    unknown = TensorType(None, None)
    for node in graph.node:
        missing = [name for name in node.output if name and types.get(name, unknown).dtype is None]
        if not missing:
            continue
        dtype = _FIXED_DTYPES.get(node.op_type) or _cast_target(node)
        if dtype is None:
            candidates = node.input[1:] if node.op_type == "Where" else node.input
            inputs = (types.get(name, unknown).dtype for name in candidates if name)
            dtype = next((found for found in inputs if found is not None), None)
        for name in missing:
            types[name] = TensorType(dtype, types.get(name, unknown).shape)


def _cast_target(node: NodeProto) -> str | None:
    if node.op_type != "Cast":
        return None
    number: Any = next((entry.i for entry in node.attribute if entry.name == "to"), 0)
    return DTYPE_NAMES.get(number)
