"""Nodes of operator sets so old that they mean something else than what the engine does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import defs

from quantsim_viz.sim.operators.support import subgraphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quantsim_viz.model.graph import Model, Node

OLDEST_OPSET = 7
"""The first operator set whose operators broadcast and run as they do today."""

LEGACY_ATTRIBUTES = frozenset({"broadcast", "consumed_inputs", "is_test"})
"""Attributes by which nodes of older operator sets ask for what the engine does not do."""

SAME_BEFORE = frozenset(
    {
        *("Abs", "Ceil", "Clip", "Elu", "Exp", "Floor", "HardSigmoid", "LeakyRelu", "Log", "Neg"),
        *("Reciprocal", "Relu", "Sigmoid", "Sqrt", "Tanh", "InstanceNormalization"),
        *("Add", "And", "Div", "Equal", "Gemm", "Greater", "Less", "Max", "Mean", "Min", "Mul"),
        *("Or", "Pow", "Sub", "Sum", "Xor"),
        *("AveragePool", "Concat", "GlobalLpPool", "LpPool", "Reshape"),
    }
)
"""Operators that were defined anew up to set 7 and, without `LEGACY_ATTRIBUTES`, mean the same
before. In the first two lines types are new, in the next two broadcasting; then follow a default
that says what was before, a type, or an input in place of an attribute, which the kernel reads too.
"""


def iter_outdated(model: Model) -> Iterator[tuple[Node, int]]:
    """Yield the nodes that mean something else than in set 7, each with its operator set.

    Subgraphs and functions are looked into; the model's own functions mean what they say.
    """
    graphs = [(model.graph, model.opset)]
    graphs += [(function.graph, function.opset) for function in model.functions.values()]
    for graph, opset in graphs:
        version = opset.get("", OLDEST_OPSET)
        if version < OLDEST_OPSET:
            for node in _iter_nodes(graph.nodes):
                is_own = (node.domain, node.op_type) in model.functions
                if node.domain == "" and not is_own and _is_outdated(node, version):
                    yield node, version


def _iter_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for graph in subgraphs(node):
            yield from _iter_nodes(graph.nodes)


def _is_outdated(node: Node, version: int) -> bool:
    if node.op_type in SAME_BEFORE or not defs.has(node.op_type, version):
        return bool(LEGACY_ATTRIBUTES & node.attributes.keys())
    defined, later = (defs.get_schema(node.op_type, v) for v in (version, OLDEST_OPSET))
    return defined.since_version != later.since_version
