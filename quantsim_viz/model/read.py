"""The immutable view of a model, read from its protocol buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onnx import AttributeProto

from quantsim_viz.errors import ModelError
from quantsim_viz.model.constants import read_sparse_tensor, read_tensor
from quantsim_viz.model.graph import AttributeReference, Function, Graph, Node, Tensor, Use
from quantsim_viz.model.inference import TOP, TensorType, Types, body_key, read_type
from quantsim_viz.model.scopes import locate
from quantsim_viz.model.stripped import guess_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto

    from quantsim_viz.model.graph import Constant

_UNKNOWN = TensorType(None, None)


class Reader:
    """Reads the graphs of one model.

    Args:
        types: What inference found.
        folder: The model's folder, for external data; None when there is none.
    """

    def __init__(self, types: Types, folder: str | None) -> None:
        self._types = types.graphs
        self._folder = folder

    def read_graph(
        self,
        graph: GraphProto,
        key: str = TOP,
        outer: Mapping[str, TensorType] | None = None,
    ) -> Graph:
        """Return the view of a graph and of the graphs inside it.

        Args:
            graph: The stored graph, node names filled.
            key: Its key among the inferred types.
            outer: Types of what the enclosing graphs define, for a body.

        Raises:
            ModelError: A tensor or attribute cannot be read (`invalid-model`), or external data
                lie outside the folder (`external-data-outside`).
        """
        initializers = self._read_initializers(graph)
        types = dict(outer or {})
        types.update(self._types.get(key) or _declared_types(graph))
        types.update(
            (name, TensorType(value.dtype, value.shape)) for name, value in initializers.items()
        )
        nodes = self._read_nodes(graph.node, key, types)
        inputs = tuple(value.name for value in graph.input)
        outputs = tuple(value.name for value in graph.output)
        tensors = _collect_tensors(nodes, inputs, outputs, initializers, types)
        return Graph(graph.name, nodes, tensors, inputs, outputs, initializers)

    def read_function(self, function: FunctionProto) -> Function:
        """Return the view of a model-local function; as `read_graph`."""
        nodes = self._read_nodes(function.node, f"{function.domain}.{function.name}", {})
        inputs, outputs = tuple(function.input), tuple(function.output)
        tensors = _collect_tensors(nodes, inputs, outputs, {}, {})
        return Function(
            name=function.name,
            domain=_plain_domain(function.domain),
            graph=Graph(function.name, nodes, tensors, inputs, outputs, {}),
            attribute_names=tuple(function.attribute),
            attribute_defaults=self._read_attributes(function.attribute_proto, function.name, {}),
            opset={_plain_domain(entry.domain): entry.version for entry in function.opset_import},
        )

    def _read_initializers(self, graph: GraphProto) -> dict[str, Constant]:
        found: dict[str, Constant] = {
            tensor.name: read_tensor(tensor, tensor.name, self._folder)
            for tensor in graph.initializer
        }
        for sparse in graph.sparse_initializer:
            name = sparse.values.name
            found[name] = read_sparse_tensor(sparse, name, self._folder)
        return found

    def _read_nodes(
        self, nodes: Iterable[NodeProto], key: str, types: Mapping[str, TensorType]
    ) -> tuple[Node, ...]:
        found = []
        for index, node in enumerate(nodes):
            scope, module = locate(node)
            found.append(
                Node(
                    index,
                    node.name,
                    node.op_type,
                    _plain_domain(node.domain),
                    tuple(node.input),
                    tuple(node.output),
                    self._read_attributes(node.attribute, node.name, types),
                    scope,
                    module,
                )
            )
        return tuple(found)

    def _read_attributes(
        self, attributes: Iterable[AttributeProto], owner: str, types: Mapping[str, TensorType]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for attribute in attributes:
            read = _PLAIN_KINDS.get(attribute.type)
            if attribute.ref_attr_name:
                values[attribute.name] = AttributeReference(attribute.ref_attr_name)
            elif read is not None:
                values[attribute.name] = read(attribute)
            else:
                values[attribute.name] = self._read_rich(attribute, owner, types)
        return values

    def _read_rich(
        self, attribute: AttributeProto, owner: str, types: Mapping[str, TensorType]
    ) -> Any:
        """Read an attribute that holds tensors, graphs or types, or that lacks its type."""
        kind = attribute.type or guess_kind(attribute)
        name = f"{owner}.{attribute.name}"
        if kind == AttributeProto.TENSOR:
            return read_tensor(attribute.t, attribute.t.name or name, self._folder)
        if kind == AttributeProto.TENSORS:
            return tuple(read_tensor(tensor, name, self._folder) for tensor in attribute.tensors)
        if kind == AttributeProto.SPARSE_TENSOR:
            return read_sparse_tensor(attribute.sparse_tensor, name, self._folder)
        if kind == AttributeProto.GRAPH:
            return self.read_graph(attribute.g, body_key(owner, attribute.name), types)
        if kind == AttributeProto.GRAPHS:
            return tuple(
                self.read_graph(graph, body_key(owner, attribute.name, position), types)
                for position, graph in enumerate(attribute.graphs)
            )
        if kind == AttributeProto.TYPE_PROTO:
            return attribute.tp
        if kind in _PLAIN_KINDS:
            return _PLAIN_KINDS[kind](attribute)
        raise ModelError(
            f"Attribute `{attribute.name}` of node `{owner}` is of kind {kind}, which is unknown",
            code="invalid-model",
            hint="export the model again with a released version of ONNX",
        )


def opset_of(proto: ModelProto) -> dict[str, int]:
    """Return the operator-set version by domain."""
    return {_plain_domain(entry.domain): entry.version for entry in proto.opset_import}


def _plain_domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _declared_types(graph: GraphProto) -> dict[str, TensorType]:
    values = (*graph.value_info, *graph.input, *graph.output)
    return {value.name: read_type(value.type) for value in values}


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


_PLAIN_KINDS: Mapping[int, Callable[[AttributeProto], Any]] = {
    AttributeProto.FLOAT: lambda attribute: attribute.f,
    AttributeProto.INT: lambda attribute: attribute.i,
    AttributeProto.STRING: lambda attribute: _text(attribute.s),
    AttributeProto.FLOATS: lambda attribute: tuple(attribute.floats),
    AttributeProto.INTS: lambda attribute: tuple(attribute.ints),
    AttributeProto.STRINGS: lambda attribute: tuple(map(_text, attribute.strings)),
}


def _collect_tensors(
    nodes: tuple[Node, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    initializers: Mapping[str, Constant],
    types: Mapping[str, TensorType],
) -> dict[str, Tensor]:
    """Return every tensor the graph names: inputs, initializers, then as the nodes name them."""
    uses: dict[str, list[Use]] = {name: [] for name in (*inputs, *initializers)}
    producers: dict[str, int] = {}
    for node in nodes:
        for position, name in enumerate(node.inputs):
            if name:
                uses.setdefault(name, []).append(Use(node.index, position))
        for name in node.outputs:
            if name:
                uses.setdefault(name, [])
                producers[name] = node.index
    for name in outputs:
        uses.setdefault(name, [])
    among_inputs, among_outputs = frozenset(inputs), frozenset(outputs)
    return {
        name: Tensor(
            name,
            *types.get(name, _UNKNOWN),
            producers.get(name),
            tuple(used),
            name in among_inputs,
            name in among_outputs,
            name in initializers,
        )
        for name, used in uses.items()
    }
