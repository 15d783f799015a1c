"""A copy of a model without its weights: what checking and shape inference work on.

Both need types and shapes, and the values of small constants (a `Reshape`'s target, a `Slice`'s
bounds), never the weights. Copying those would make a large model slow to open, and a model whose
weight file is absent could not be opened at all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from onnx import AttributeProto, ModelProto, TensorProto, ValueInfoProto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnx import GraphProto, NodeProto

KEPT_ELEMENTS = 1024
"""Constants of at most so many elements keep their values."""


def strip_weights(proto: ModelProto) -> ModelProto:
    """Return a copy of `proto` in which large and external tensors are inputs of the top graph.

    Names, types and shapes stay; the operator domain `ai.onnx` is written as `""`. Tensors of the
    same name in different subgraphs share one input, of the shape they agree on.
    """
    copy = ModelProto(ir_version=proto.ir_version)
    copy.opset_import.extend(proto.opset_import)
    copy.functions.extend(proto.functions)
    for entry in copy.opset_import:
        if entry.domain == "ai.onnx":
            entry.domain = ""
    moved: dict[str, ValueInfoProto] = {}
    _strip_graph(proto.graph, copy.graph, moved)
    present = {value.name for value in copy.graph.input}
    copy.graph.input.extend(value for name, value in moved.items() if name not in present)
    return copy


def iter_nodes(graph: GraphProto) -> Iterator[NodeProto]:
    """Yield the nodes of a graph and of all graphs inside it."""
    for node in graph.node:
        yield node
        for body in iter_bodies(node):
            yield from iter_nodes(body)


def iter_bodies(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the graphs that are attributes of a node."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH or attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def constant_tensor(node: NodeProto) -> TensorProto | None:
    """Return the tensor a `Constant` node holds, None for other nodes and other kinds of value."""
    if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
        for attribute in node.attribute:
            if attribute.name == "value" and not attribute.ref_attr_name:
                tensor: TensorProto = attribute.t
                return tensor
    return None


def guess_kind(attribute: AttributeProto) -> int:
    """Return the kind of an attribute from a file so old that it does not say."""
    fields: dict[str, int] = {
        "f": AttributeProto.FLOAT,
        "i": AttributeProto.INT,
        "s": AttributeProto.STRING,
        "t": AttributeProto.TENSOR,
        "g": AttributeProto.GRAPH,
    }
    lists: dict[str, int] = {
        "floats": AttributeProto.FLOATS,
        "ints": AttributeProto.INTS,
        "strings": AttributeProto.STRINGS,
        "tensors": AttributeProto.TENSORS,
        "graphs": AttributeProto.GRAPHS,
    }
    for name, kind in fields.items():
        if attribute.HasField(name):
            return kind
    return next((kind for name, kind in lists.items() if getattr(attribute, name)), 0)


def _strip_graph(source: GraphProto, target: GraphProto, moved: dict[str, ValueInfoProto]) -> None:
    target.name = source.name or "graph"
    target.input.extend(source.input)
    target.output.extend(source.output)
    target.value_info.extend(source.value_info)
    for tensor in source.initializer:
        if _is_kept(tensor):
            target.initializer.append(tensor)
        else:
            _move(tensor, tensor.name, moved)
    for sparse in source.sparse_initializer:
        dense = TensorProto(data_type=sparse.values.data_type, dims=sparse.dims)
        _move(dense, sparse.values.name, moved)
    for node in source.node:
        tensor = constant_tensor(node)
        if tensor is not None and not _is_kept(tensor):
            _move(tensor, node.output[0], moved)
        elif any(True for _ in iter_bodies(node)):
            _strip_bodies(node, target.node.add(), moved)
        else:
            target.node.append(node)
        if target.node and target.node[-1].domain == "ai.onnx":
            target.node[-1].domain = ""


def _strip_bodies(source: NodeProto, target: NodeProto, moved: dict[str, ValueInfoProto]) -> None:
    target.name, target.op_type, target.domain = source.name, source.op_type, source.domain
    target.input.extend(source.input)
    target.output.extend(source.output)
    for attribute in source.attribute:
        if not (attribute.HasField("g") or attribute.graphs):
            target.attribute.append(attribute)
            continue
        copy = target.attribute.add(name=attribute.name, type=attribute.type)
        if attribute.HasField("g"):
            _strip_graph(attribute.g, copy.g, moved)
        for body in attribute.graphs:
            _strip_graph(body, copy.graphs.add(), moved)


def _is_kept(tensor: TensorProto) -> bool:
    external = tensor.data_location == TensorProto.EXTERNAL
    return not external and math.prod(tensor.dims) <= KEPT_ELEMENTS


def _move(tensor: TensorProto, name: str, moved: dict[str, ValueInfoProto]) -> None:
    value = ValueInfoProto(name=name)
    value.type.tensor_type.elem_type = tensor.data_type
    shape = value.type.tensor_type.shape
    shape.SetInParent()
    for length in tensor.dims:
        shape.dim.add(dim_value=length)
    known = moved.setdefault(name, value)
    if known.type.tensor_type.shape != shape:
        known.type.tensor_type.ClearField("shape")
