"""Patterns of nodes, matched backwards from an anchor node.

Alternatives are tried in order and the first that fits stands: a later failure elsewhere does not
bring the matcher back to try another. A pattern object that occurs twice must meet the same tensor
and node both times. This is how the rules of the pass list are matched in AIMET, which uses
`onnxscript.rewriter`; the semantics matter where a graph fits more than one alternative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from quantsim_viz.resolve.view import ViewNode

_RELATIVE, _ABSOLUTE = 1e-5, 1e-8


@dataclass(frozen=True, eq=False)
class Var:
    """Any tensor; the same name means the same tensor everywhere."""

    name: str


@dataclass(frozen=True, eq=False)
class Const:
    """A constant scalar, or a constant vector of one element, near a value."""

    value: float
    as_vector: bool = False


@dataclass(frozen=True, eq=False)
class OneOf:
    """The first alternative that fits."""

    alternatives: tuple[Pattern, ...]


@dataclass(frozen=True, eq=False)
class Attribute:
    """An attribute whose value is bound to a variable."""

    name: str
    variable: str
    optional: bool = False


@dataclass(frozen=True, eq=False)
class Apply:
    """The first output of a node of a type, with given inputs and attributes."""

    op_type: str
    inputs: tuple[Pattern, ...]
    attributes: tuple[Attribute, ...] = ()
    domain: str = ""


Pattern = Var | Const | OneOf | Apply


class GraphReader(Protocol):
    """What the matcher asks of a graph."""

    def producer(self, tensor: str) -> tuple[ViewNode, int] | None:
        """Return the node of this graph that computes a tensor, and which of its outputs it is."""

    def is_local(self, tensor: str) -> bool:
        """Whether a tensor belongs to this graph rather than to an enclosing one."""

    def marked_constant(self, tensor: str) -> np.ndarray[Any, Any] | None:
        """Return the value of a small constant that patterns may compare, None if it is not one."""


@dataclass(slots=True)
class Match:
    """What a match has bound so far.

    Attributes:
        bindings: Tensors and attribute values by variable; None for what a node leaves out.
        nodes: Nodes matched, by name, in the order they were met.
    """

    bindings: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, ViewNode] = field(default_factory=dict)
    _values: dict[int, str | None] = field(default_factory=dict)
    _node_of: dict[int, ViewNode] = field(default_factory=dict)

    def _save(self) -> tuple[dict[Any, Any], ...]:
        return self.bindings.copy(), self.nodes.copy(), self._values.copy(), self._node_of.copy()

    def _restore(self, saved: tuple[dict[Any, Any], ...]) -> None:
        self.bindings, self.nodes, self._values, self._node_of = saved


def match_at(pattern: Apply, node: ViewNode, graph: GraphReader) -> Match | None:
    """Match a pattern with its last operation at a node.

    Args:
        pattern: What to look for.
        node: The node that must be the pattern's last operation.
        graph: The graph around it.
    """
    if node.op_type != pattern.op_type or node.domain != pattern.domain:
        return None
    matcher = _Matcher(graph)
    return matcher.match if matcher.node(pattern, node) else None


class _Matcher:
    """One attempt to match; collects bindings in `match`."""

    def __init__(self, graph: GraphReader) -> None:
        self.match = Match()
        self._graph = graph

    def node(self, pattern: Apply, node: ViewNode) -> bool:
        earlier = self.match._node_of.get(id(pattern))
        if earlier is not None:
            return earlier is node
        if node.op_type != pattern.op_type or node.domain != pattern.domain:
            return False
        if not self._attributes(pattern, node.attributes):
            return False
        self.match._node_of[id(pattern)] = node
        self.match.nodes[node.name] = node
        if len(node.inputs) > len(pattern.inputs):
            return False
        missing = len(pattern.inputs) - len(node.inputs)
        tensors = [*(name or None for name in node.inputs), *([None] * missing)]
        return all(self.value(p, t) for p, t in zip(pattern.inputs, tensors, strict=True))

    def value(self, pattern: Pattern, tensor: str | None) -> bool:
        if isinstance(pattern, Var):
            return self._bind(pattern.name, tensor) and tensor is not None
        values = self.match._values
        if id(pattern) in values:
            if values[id(pattern)] != tensor:
                return False
        else:
            values[id(pattern)] = tensor
        if tensor is None:
            return False
        if isinstance(pattern, Const):
            return self._constant(pattern, tensor)
        if not self._graph.is_local(tensor):
            return False
        if isinstance(pattern, OneOf):
            return self._one_of(pattern, tensor)
        produced = self._graph.producer(tensor)
        return produced is not None and produced[1] == 0 and self.node(pattern, produced[0])

    def _one_of(self, pattern: OneOf, tensor: str) -> bool:
        for alternative in pattern.alternatives:
            saved = self.match._save()
            if self.value(alternative, tensor):
                return True
            self.match._restore(saved)
        return False

    def _attributes(self, pattern: Apply, attributes: Mapping[str, Any]) -> bool:
        for wanted in pattern.attributes:
            value = attributes.get(wanted.name)
            if value is None and not wanted.optional:
                return False
            if not self._bind(wanted.variable, value):
                return False
        return True

    def _bind(self, variable: str, value: Any) -> bool:
        bindings = self.match.bindings
        if variable in bindings:
            return bool(bindings[variable] == value)
        bindings[variable] = value
        return True

    def _constant(self, pattern: Const, tensor: str) -> bool:
        value = self._graph.marked_constant(tensor)
        if value is None or value.shape != ((1,) if pattern.as_vector else ()):
            return False
        try:
            number = float(value.reshape(-1)[0])
        except (TypeError, ValueError):
            return False
        return math.isclose(number, pattern.value, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
