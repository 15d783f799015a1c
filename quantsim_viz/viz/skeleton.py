"""What of a model is drawn: its operators, their parameters, its inputs and outputs, the wires.

Constants are not operators to a reader of the graph: stored ones and those made by `Constant`
nodes become parts of the node that reads them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.viz.measure import card_box, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.model.graph import Dimension, Graph, Model, Node, Shape, Tensor
    from quantsim_viz.viz.engines import Box

NAME_LIMIT = 12
"""A symbolic length with a longer name than this is shown as `?`."""

HIDDEN_OP_TYPES = frozenset({"Constant"})
"""Operators that only hold a value; not drawn, not counted among the nodes of the view."""

PART_LABELS: Mapping[str, tuple[str, ...]] = {
    "Conv": ("", "W", "b"),
    "ConvTranspose": ("", "W", "b"),
    "ConvInteger": ("", "W"),
    "Gemm": ("A", "W", "b"),
    "MatMul": ("A", "W"),
    "BatchNormalization": ("", "γ", "β", "μ", "σ²"),
    "InstanceNormalization": ("", "γ", "β"),
    "LayerNormalization": ("", "γ", "β"),
    "GroupNormalization": ("", "γ", "β"),
    "PRelu": ("", "slope"),
    "LSTM": ("", "W", "R", "b"),
    "GRU": ("", "W", "R", "b"),
    "RNN": ("", "W", "R", "b"),
    "Gather": ("table", "index"),
    "Clip": ("", "min", "max"),
}
"""Short name of a constant operand by its place among an operator's inputs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A constant operand, shown inside the node that reads it.

    Attributes:
        tensor: The file's name of it.
        label: `W`, `b`, `γ`, … or the end of its name.
        detail: Element type and shape for a tooltip.
        is_float: Floating point, so a possible parameter; others are listed, not drawn.
    """

    tensor: str
    label: str
    detail: str
    is_float: bool


@dataclass(frozen=True, slots=True)
class Vertex:
    """An operator as it is drawn.

    Attributes:
        index: Its place among the drawn ones.
        node: Its place in the graph.
        name: The file's name of it.
        op_type: Operator name.
        scope: Enclosing module scopes, outermost first.
        module: Dotted module path, where known.
        parts: Its constant operands.
        outputs: Names of what it computes.
        carriers: Tensors whose quantizers make its precision: outputs and float parts.
        size: Of its card.
    """

    index: int
    node: int
    name: str
    op_type: str
    scope: tuple[str, ...]
    module: str | None
    parts: tuple[Part, ...]
    outputs: tuple[str, ...]
    carriers: tuple[str, ...]
    size: Box

    @property
    def float_parts(self) -> tuple[str, ...]:
        """Tensor names of the parts that may be quantized."""
        return tuple(part.tensor for part in self.parts if part.is_float)


@dataclass(frozen=True, slots=True)
class Terminal:
    """An input or output of the whole graph."""

    name: str
    is_input: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Wire:
    """A tensor from where it is made to one reader; ends number vertices, then terminals."""

    tensor: str
    source: int
    target: int


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """All that is drawn of one model, before anybody says where.

    Attributes:
        vertices: Operators in file order, but for those that nothing leads to: they stand before
            their first reader.
        terminals: Inputs, then outputs.
        wires: Every connection, in order of its reader.
        details: Element type and shape of each wired tensor, such as `float32 1×64×56×56`.
        key: Hash of all of this; equal keys are drawn alike.
    """

    vertices: tuple[Vertex, ...]
    terminals: tuple[Terminal, ...]
    wires: tuple[Wire, ...]
    details: Mapping[str, str]
    key: str


def skeleton_of(model: Model) -> Skeleton:
    """Return what is drawn of `model`; its weights are not read."""
    graph = model.graph
    vertices = tuple(_iter_vertices(graph))
    terminals = tuple(_iter_terminals(graph))
    wires = tuple(_iter_wires(graph, vertices, terminals))
    details = {
        wire.tensor: describe_tensor(graph.tensors[wire.tensor])
        for wire in wires
        if wire.tensor in graph.tensors
    }
    digest = hashlib.sha256(repr((vertices, terminals, wires, sorted(details.items()))).encode())
    return Skeleton(vertices, terminals, wires, details, digest.hexdigest())


def describe_tensor(tensor: Tensor) -> str:
    """Return element type and shape in a few characters, `?` where the file does not say."""
    return f"{tensor.dtype or '?'} {format_shape(tensor.shape)}"


def format_shape(shape: Shape | None) -> str:
    """Return a shape as people write it; names that tell nothing, made up by tools, become `?`.

    >>> format_shape((1, "N", None)), format_shape(()), format_shape(None)
    ('1×N×?', 'scalar', '?')
    """
    if shape is None:
        return "?"
    return "×".join(_format_dimension(dimension) for dimension in shape) or "scalar"


def _format_dimension(dimension: Dimension) -> str:
    if isinstance(dimension, str):
        return "?" if dimension.startswith("unk__") or len(dimension) > NAME_LIMIT else dimension
    return "?" if dimension is None else str(dimension)


def _iter_vertices(graph: Graph) -> Iterator[Vertex]:
    for index, (number, scope) in enumerate(_reading_order(graph)):
        node = graph.nodes[number]
        parts = tuple(_iter_parts(graph, node))
        outputs = tuple(filter(None, node.outputs))
        yield Vertex(
            index=index,
            node=number,
            name=node.name,
            op_type=node.op_type,
            scope=scope,
            module=node.module,
            parts=parts,
            outputs=outputs,
            carriers=(*outputs, *(part.tensor for part in parts if part.is_float)),
            size=card_box(node.op_type, node.name, parts),
        )


def _reading_order(graph: Graph) -> list[tuple[int, tuple[str, ...]]]:
    """Return the drawn nodes with their scopes, each that nothing leads to before its first reader.

    Files may list what only makes values (weights filled in by `ConstantOfShape`) far from where it
    is used. Such a node without a scope counts to that of its reader.
    """
    keyed: list[tuple[float, int, tuple[str, ...]]] = []
    for node in graph.nodes:
        if node.op_type in HIDDEN_OP_TYPES:
            continue
        place, scope = float(node.index), node.scope
        if not any(_leads_somewhere(graph, name) for name in (*node.inputs, *_iter_captured(node))):
            uses = (use.node for name in node.outputs if name for use in graph.tensors[name].uses)
            reader = min(uses, default=node.index)
            place = reader - 0.5 if reader != node.index else place
            scope = scope or graph.nodes[reader].scope
        keyed.append((place, node.index, scope))
    return [(number, scope) for _, number, scope in sorted(keyed)]


def _leads_somewhere(graph: Graph, name: str) -> bool:
    tensor = graph.tensors.get(name) if name else None
    return tensor is not None and not _is_constant(graph, tensor)


def _iter_parts(graph: Graph, node: Node) -> Iterator[Part]:
    labels = PART_LABELS.get(node.op_type, ())
    for place, name in enumerate(node.inputs):
        tensor = graph.tensors.get(name) if name else None
        if tensor is None or not _is_constant(graph, tensor):
            continue
        label = labels[place] if place < len(labels) else ""
        yield Part(
            name,
            label or shorten(name.replace("/", ".").rsplit(".", 1)[-1], 10),
            describe_tensor(tensor),
            tensor.dtype is None or "float" in tensor.dtype or tensor.dtype == "double",
        )


def _is_constant(graph: Graph, tensor: Tensor) -> bool:
    if tensor.is_initializer:
        return True
    return tensor.producer is not None and graph.nodes[tensor.producer].op_type in HIDDEN_OP_TYPES


def _iter_terminals(graph: Graph) -> Iterator[Terminal]:
    for name in graph.inputs:
        if not graph.tensors[name].is_initializer:
            yield Terminal(name, True, describe_tensor(graph.tensors[name]))
    for name in graph.outputs:
        tensor = graph.tensors.get(name)
        yield Terminal(name, False, describe_tensor(tensor) if tensor else "?")


def _iter_wires(
    graph: Graph, vertices: tuple[Vertex, ...], terminals: tuple[Terminal, ...]
) -> Iterator[Wire]:
    source: dict[str, int] = {}
    for number, terminal in enumerate(terminals):
        if terminal.is_input:
            source[terminal.name] = len(vertices) + number
    for vertex in vertices:
        for name in graph.nodes[vertex.node].outputs:
            if name:
                source[name] = vertex.index
    for vertex in vertices:
        node = graph.nodes[vertex.node]
        for name in dict.fromkeys((*node.inputs, *_iter_captured(node))):
            if name in source and source[name] != vertex.index:
                yield Wire(name, source[name], vertex.index)
    for number, terminal in enumerate(terminals):
        if not terminal.is_input and terminal.name in source:
            yield Wire(terminal.name, source[terminal.name], len(vertices) + number)


def _iter_captured(node: Node) -> Iterator[str]:
    """Yield the names that a node's subgraphs read from around them."""
    for value in node.attributes.values():
        graphs = value if isinstance(value, tuple) else (value,)
        for graph in graphs:
            if not hasattr(graph, "tensors"):
                continue
            yield from _captured_by(graph)


def _captured_by(graph: Graph) -> list[str]:
    captured: dict[str, None] = {}
    made: set[str] = set()
    for node in graph.nodes:
        for name in (*node.inputs, *_iter_captured(node)):
            tensor = graph.tensors.get(name)
            own = tensor is not None and (tensor.is_initializer or tensor.is_input)
            if name and not own and name not in made:
                captured[name] = None
        for name in node.outputs:
            made.add(name)
    for name in graph.outputs:
        if name and name not in made and name not in graph.inputs:
            captured[name] = None
    return list(captured)
