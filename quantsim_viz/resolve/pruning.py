"""Drop what nothing uses, as AIMET does once the pass list has fused anything (§5.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.resolve.view import GraphView, ViewNode, iter_views

if TYPE_CHECKING:
    from collections.abc import Sequence


def prune(view: GraphView, opset: int | None) -> GraphView:
    """Return a graph without unused nodes, and without unused optional outputs of the others.

    1. From the last node to the first: a node none of whose outputs is used or a graph output goes.
    2. Of a node that stays, optional outputs that nothing uses lose their name; trailing ones go.
    3. Graphs inside nodes that stay are pruned in the same way.

    Args:
        view: The graph.
        opset: Version of the standard operator set, to know which outputs are optional.
    """
    uses = Counter(
        name for inner in iter_views(view) for node in inner.nodes for name in node.inputs if name
    )
    return _prune_graph(view, uses, opset)


def _prune_graph(view: GraphView, uses: Counter[str], opset: int | None) -> GraphView:
    outputs = frozenset(view.outputs)
    kept: list[ViewNode] = []
    for node in reversed(view.nodes):
        if not any(name in outputs or uses[name] for name in node.outputs if name):
            uses.subtract(name for name in node.inputs if name)
            continue
        kept.append(_prune_node(node, uses, outputs, opset))
    return replace(view, nodes=tuple(reversed(kept)))


def _prune_node(
    node: ViewNode, uses: Counter[str], graph_outputs: frozenset[str], opset: int | None
) -> ViewNode:
    if node.bodies:
        bodies = tuple(_prune_graph(body, uses, opset) for body in reversed(node.bodies))
        node = node._replace(bodies=bodies[::-1])
    unused = [
        position
        for position, name in enumerate(node.outputs)
        if name and name not in graph_outputs and not uses[name]
    ]
    if not unused or opset is None or node.domain:
        return node
    optional = _optional_outputs(node, opset)
    names = [
        "" if position in unused and position < len(optional) and optional[position] else name
        for position, name in enumerate(node.outputs)
    ]
    while names and not names[-1]:
        names.pop()
    return node._replace(outputs=tuple(names))


def _optional_outputs(node: ViewNode, opset: int) -> Sequence[bool]:
    """Tell of each output of a standard operator whether it may be left out."""
    from onnx import defs

    try:
        schema = defs.get_schema(node.op_type, opset, node.domain)
    except defs.SchemaError:
        return ()
    if node.op_type == "BatchNormalization" and (
        "training_mode" not in schema.attributes or node.attributes.get("training_mode", 0) != 0
    ):
        return ()
    options = [output.option for output in schema.outputs]
    kinds = defs.OpSchema.FormalParameterOption
    if kinds.Variadic in options:
        return ()
    return [option == kinds.Optional for option in options]
