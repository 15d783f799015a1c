"""What the engine can execute of a model, and the error that says what it cannot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quantsim_viz.errors import UnsupportedOperator
from quantsim_viz.model.graph import Graph
from quantsim_viz.sim.operators import functions as function_bodies
from quantsim_viz.sim.operators import reference
from quantsim_viz.sim.operators.registry import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from quantsim_viz.model.graph import Function, Model, Node

UNKNOWN_OPERATOR = "unsupported-operator"


def subgraphs(node: Node) -> Iterator[Graph]:
    """Yield the graphs among a node's attributes."""
    for value in node.attributes.values():
        if isinstance(value, Graph):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Graph))


def unsupported(model: Model) -> tuple[Node, ...]:
    """Return the nodes of a model, its subgraphs and its functions that nobody can execute."""
    found = list(_iter_unsupported(model.graph.nodes, model.opset, model.functions))
    for function in model.functions.values():
        found += _iter_unsupported(function.graph.nodes, function.opset, model.functions)
    return tuple(found)


def _iter_unsupported(
    nodes: Iterable[Node],
    opset: Mapping[str, int],
    functions: Mapping[tuple[str, str], Function],
) -> Iterator[Node]:
    for node in nodes:
        version = opset.get(node.domain, 1)
        known = (
            (node.domain, node.op_type) in functions
            or find(node.domain, node.op_type, version) is not None
            or function_bodies.has_schema_function(node, version)
            or reference.knows(node, version)
        )
        if not known:
            yield node
        for graph in subgraphs(node):
            yield from _iter_unsupported(graph.nodes, opset, functions)


def unsupported_error(nodes: Sequence[Node]) -> UnsupportedOperator:
    """Return the error that counts operators and names nodes that nobody can execute."""
    counts = Counter(
        f"{node.domain}.{node.op_type}" if node.domain else node.op_type for node in nodes
    )
    what = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    shown = ", ".join(node.name for node in nodes[:5])
    more = f" and {len(nodes) - 5} more" if len(nodes) > 5 else ""
    return UnsupportedOperator(
        f"the engine cannot execute {what}: node{'s' * (len(nodes) > 1)} {shown}{more}",
        code=UNKNOWN_OPERATOR,
        hint="replace them, or define them as functions inside the model; resolving and linting"
        " work all the same",
    )
