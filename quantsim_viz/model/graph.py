"""The canonical graph: an immutable view over an ONNX file, with the file's own names.

The view is read from the protocol buffer itself, because importing `onnx_ir` costs several times
what a whole `resolve` costs (`docs/decisions/001-protobuf-view.md`); `Model.ir` gives the same
model as an `onnx_ir.Model` to whoever rewrites or exports it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np

    from quantsim_viz.diagnostics import Diagnostic

_T = TypeVar("_T")

Dimension = int | str | None
"""A length, the name of a symbolic length, or None for one that is not known."""

Shape = tuple[Dimension, ...]


class Constant(Protocol):
    """A tensor value in the file, read only when asked for."""

    @property
    def name(self) -> str:
        """What the graph calls it."""

    @property
    def dtype(self) -> str:
        """Element type in lower case."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the value; external data are memory-mapped.

        Raises:
            ModelError: The file with the data is missing, too short or outside the model's folder.
        """
        ...


AttributeValue = (
    "int | float | str | bytes | Constant | Graph | tuple[int, ...] | tuple[float, ...]"
    " | tuple[str, ...] | tuple[bytes, ...] | tuple[Constant, ...] | tuple[Graph, ...]"
)


@dataclass(frozen=True, slots=True)
class Use:
    """One consumption of a tensor: input number `input_index` of node number `node`."""

    node: int
    input_index: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named value of one graph.

    Attributes:
        name: The file's name of it.
        dtype: ONNX element type in lower case (`float32`, `int64`, `bfloat16`, …), or None.
        shape: Its dimensions, or None when even the rank is unknown.
        producer: Index of the node that computes it, None for inputs, initializers and outer
            values.
        uses: One entry a use, in graph order; being a graph output is not a use.
        is_input: Listed among the graph's inputs.
        is_output: Listed among the graph's outputs.
        is_initializer: A constant stored with the graph (it may be listed as an input as well).
    """

    name: str
    dtype: str | None
    shape: Shape | None
    producer: int | None
    uses: tuple[Use, ...]
    is_input: bool = False
    is_output: bool = False
    is_initializer: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of one graph.

    Attributes:
        index: Its position in `Graph.nodes`.
        name: Stable and unique in its model (missing and repeated names are filled,
            `docs/semantics.md` §1.2).
        op_type: Operator name.
        domain: Operator domain; the default one is `""` (`ai.onnx` is written as `""` too).
        inputs: Tensor names, `""` where an optional input is left out.
        outputs: Tensor names, `""` where an optional output is left out.
        attributes: Decoded values; tensors as `Constant`, subgraphs as `Graph`. Strings are `str`.
        scope: Enclosing module scopes, outermost first, `()` where the exporter left none.
        module: Dotted module path (`features.0.conv`) where the exporter left one.
    """

    index: int
    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    scope: tuple[str, ...] = ()
    module: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A graph of nodes in file order (which ONNX requires to be topological).

    Attributes:
        name: The file's name of it.
        nodes: All nodes, `Constant` ones too.
        tensors: Every tensor named in this graph by inputs, outputs, initializers or nodes; a name
            of an outer graph that a subgraph reads is there too, without a producer.
        inputs: Graph inputs in order, also those that are initializers.
        outputs: Graph outputs in order.
        initializers: Stored constants by name.
    """

    name: str
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    initializers: Mapping[str, Constant]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A model-local function: a graph whose attributes may refer to the calling node's.

    Attributes:
        name: Operator name under which nodes call it.
        domain: Its domain.
        graph: The body; `inputs` and `outputs` are the formal ones.
        attribute_names: Attributes without a default.
        attribute_defaults: Attributes with one.
        opset: Operator-set versions inside the body.
    """

    name: str
    domain: str
    graph: Graph
    attribute_names: tuple[str, ...]
    attribute_defaults: Mapping[str, Any]
    opset: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AttributeReference:
    """An attribute inside a function body that takes the calling node's attribute `name`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Model:
    """A loaded model: the graph and what surrounds it. Immutable; compare by `sha256`.

    Attributes:
        graph: The top graph.
        opset: Operator-set version by domain (`""` for the standard one).
        ir_version: ONNX IR version of the file.
        functions: Model-local functions by (domain, name).
        name: What to call it on screen: the file's or module's name.
        path: The file it came from, when it came from one.
        sha256: Hash of the model's content (weights in the file included, external data by
            location, offset and length), a key for caches.
        proto: The `onnx.ModelProto` with node names filled; treat it as read-only.
        warnings: Findings of loading that did not stop it (a missing weight file, …).
        strict_types: ONNX's strict inference gives every tensor its element type; where it does
            not, AIMET runs the model to learn them, and `dtype` is inferred as far as it goes.
    """

    graph: Graph
    opset: Mapping[str, int]
    ir_version: int
    functions: Mapping[tuple[str, str], Function]
    name: str
    path: str | None
    sha256: str
    proto: Any = field(repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    strict_types: bool = True
    _cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel as the protocol buffer: the view is cheaper to read again than to send."""
        from quantsim_viz.model.load import restore

        data = self.proto.SerializeToString()
        return (restore, (data, self.name, self.path, self.sha256))

    def node(self, name: str) -> Node:
        """Return the node called `name`, in whatever graph of the model it is.

        Raises:
            KeyError: There is none.
        """
        return self._once("nodes", self._nodes_by_name)[name]

    def constant(self, name: str) -> Constant | None:
        """Return the value of a tensor of the top graph that the file fixes, None for others.

        That is an initializer or the output of a `Constant` node, in whichever attribute it holds
        its value.
        """
        stored = self.graph.initializers.get(name)
        if stored is not None:
            return stored
        return self._once("constants", self._constants_of_nodes).get(name)

    @property
    def folder(self) -> str | None:
        """Folder of the file, where external data lie; None for a model that came without one."""
        return os.path.dirname(os.path.abspath(self.path)) if self.path is not None else None

    @property
    def ir(self) -> Any:
        """The same model as an `onnx_ir.Model`, made on first use; treat it as read-only.

        Whoever rewrites takes `model.ir.clone()`. External data stay external.
        """
        return self._once("ir", self._make_ir)

    def _once(self, key: str, make: Callable[[], _T]) -> _T:
        if key not in self._cache:
            self._cache[key] = make()
        value: _T = self._cache[key]
        return value

    def _nodes_by_name(self) -> dict[str, Node]:
        return {node.name: node for graph in iter_graphs(self) for node in graph.nodes}

    def _constants_of_nodes(self) -> dict[str, Constant]:
        from quantsim_viz.model.constants import constant_of

        found = {}
        for node in self.graph.nodes:
            if node.op_type == "Constant" and node.domain == "":
                value = constant_of(node)
                if value is not None:
                    found[node.outputs[0]] = value
        return found

    def _make_ir(self) -> Any:
        import onnx_ir

        ir = onnx_ir.from_proto(self.proto)
        if self.folder is not None:
            onnx_ir.external_data.set_base_dir(ir.graph, self.folder)
        return ir


def iter_graphs(model: Model) -> Iterator[Graph]:
    """Yield the top graph, all graphs inside its nodes, and the bodies of functions."""
    yield from _iter_nested(model.graph)
    for function in model.functions.values():
        yield from _iter_nested(function.graph)


def iter_bodies(node: Node) -> Iterator[tuple[str, Graph]]:
    """Yield the graphs that are attributes of a node, with the attributes' names."""
    for name, value in node.attributes.items():
        if isinstance(value, Graph):
            yield name, value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Graph):
                    yield name, item


def _iter_nested(graph: Graph) -> Iterator[Graph]:
    yield graph
    for node in graph.nodes:
        for _, body in iter_bodies(node):
            yield from _iter_nested(body)
