"""Names and reads of a graph that is being rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import AttributeProto

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onnx import GraphProto, NodeProto


class Names:
    """Gives names that nothing in a graph, or in a graph inside it, has yet."""

    def __init__(self, graph: GraphProto) -> None:
        self._taken = set(_names(graph))

    def new(self, wanted: str) -> str:
        """Return a new name, the wanted one where it is free."""
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name


def bodies(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the graphs that are attributes of a node."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        elif attribute.type == AttributeProto.GRAPHS:
            yield from attribute.graphs


def outer_reads(node: NodeProto) -> set[str]:
    """Return what the graphs inside a node read of the graph around it."""
    found: set[str] = set()
    for body in bodies(node):
        found |= set(_reads(body)) - _defined(body)
    return found


def rename_reads(node: NodeProto, names: Mapping[str, str]) -> None:
    """Let a node read other tensors."""
    for position, name in enumerate(node.input):
        if name in names:
            node.input[position] = names[name]


def rename_outer_reads(node: NodeProto, names: Mapping[str, str]) -> None:
    """Let the graphs inside a node read other tensors of the graph around it."""
    for body in bodies(node):
        own = _defined(body)
        visible = {name: new for name, new in names.items() if name not in own}
        for inner in body.node:
            rename_reads(inner, visible)
            rename_outer_reads(inner, visible)
        for output in body.output:
            output.name = visible.get(output.name, output.name)


def _reads(graph: GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        yield from outer_reads(node)
    yield from (output.name for output in graph.output)


def _defined(graph: GraphProto) -> set[str]:
    names = {value.name for value in graph.input}
    names.update(tensor.name for tensor in graph.initializer)
    names.update(tensor.values.name for tensor in graph.sparse_initializer)
    names.update(name for node in graph.node for name in node.output)
    return names


def _names(graph: GraphProto) -> Iterator[str]:
    yield from _defined(graph)
    for node in graph.node:
        yield node.name
        yield from node.input
        for body in bodies(node):
            yield from _names(body)
