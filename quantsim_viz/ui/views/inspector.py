"""The inspector: what is in effect at a node, and every rule that had a say, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.params import PARAM_INPUTS
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.ui.views.facts import attribute_rows, tensor_rows
from quantsim_viz.ui.views.offers import Offer, Target, iter_offers
from quantsim_viz.ui.views.quantizer import Card
from quantsim_viz.ui.views.reasons import why
from quantsim_viz.ui.views.words import status_look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from quantsim_viz.model import Model, Node
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.workspace import Workspace


def inspect_node(
    workspace: Workspace,
    name: str,
    figures: Mapping[str, Any] | None = None,
    considered: Set[tuple[str, str]] = frozenset(),
    *,
    patient: bool = True,
) -> dict[str, Any] | None:
    """Return what the inspector shows of a node, None if there is no such node.

    Args:
        workspace: Model and document.
        name: The node.
        figures: Figures of the last simulation by tensor (`views.table.layer_figures`).
        considered: (tensor, property) pairs whose offers somebody looks at.
        patient: Whether there is time to find out what every offer would do; otherwise what takes
            long is left out and due (`Workspace.counts_due`).
    """
    model = workspace.model
    node = node_named(model, name)
    picture = workspace.shown()
    if node is None or picture.cascade is None or name not in picture.cascade.nodes:
        return None
    cascade = picture.cascade
    data = picture.config.document.data if picture.config is not None else None
    measured = (figures or {}).get("layers", {})
    card = Card(workspace, cascade, considered, patient=patient)
    quantizers = [
        card.of(target, measured.get(target.tensor))
        for target in iter_targets(model, cascade, node)
    ]
    return {
        "name": node.name,
        "op_type": node.op_type,
        "domain": node.domain,
        "module": node.module,
        "status": status_look(cascade.nodes[name].status),
        "why": why(cascade, node, data),
        "quantizers": quantizers,
        "limits": _limits(model, node, quantizers),
        "tensors": list(tensor_rows(model, node)),
        "attributes": attribute_rows(node),
    }


def node_named(model: Model, name: str | None) -> Node | None:
    """Return the node of that name in the top graph, None if there is none."""
    return next((node for node in model.graph.nodes if node.name == name), None)


def iter_targets(model: Model, cascade: Cascade, node: Node) -> Iterator[Target]:
    """Yield the quantizers that belong to a node: outputs, parameters, then inputs of its own.

    An input that another node computes belongs to that node.
    """
    quantizers = cascade.quantizers
    is_last = not any(model.graph.tensors[name].uses for name in node.outputs if name)
    for tensor in node.outputs:
        if tensor in quantizers:
            users = _users(model, tensor)
            yield Target(tensor, node.name, node.op_type, None, users, is_last)
    inputs = dict.fromkeys(node.inputs)
    for tensor in inputs:
        if tensor in quantizers and quantizers[tensor].kind is Kind.PARAM:
            yield Target(tensor, node.name, node.op_type, param_type(node, tensor))
    for tensor in inputs:
        if tensor in quantizers and quantizers[tensor].kind in (Kind.INPUT, Kind.CONSTANT):
            yield Target(tensor, node.name, node.op_type, None, _users(model, tensor))


def _users(model: Model, tensor: str) -> tuple[str, ...]:
    nodes = model.graph.nodes
    types = (nodes[use.node].op_type for use in model.graph.tensors[tensor].uses)
    return tuple(dict.fromkeys(types))


def find_offer(workspace: Workspace, node_name: str | None, offer_id: str) -> Offer | None:
    """Return the offer of that id at a node, None when it is no longer made."""
    cascade = workspace.shown().cascade
    node = node_named(workspace.model, node_name)
    if cascade is None or node is None:
        return None
    for target in iter_targets(workspace.model, cascade, node):
        for offer in iter_offers(target, cascade.quantizers[target.tensor], cascade):
            if offer.id == offer_id:
                return offer
    return None


def param_type(node: Node, tensor: str) -> str:
    """Return what a node calls one of its parameters: `weight`, `bias`, … (§2)."""
    index = node.inputs.index(tensor)
    return dict(PARAM_INPUTS.get(node.op_type, ())).get(index, "weight")


def _limits(model: Model, node: Node, quantizers: Sequence[Mapping[str, Any]]) -> str:
    same = sum(other.op_type == node.op_type for other in model.graph.nodes)
    if same < 2 or not quantizers:
        return ""
    return (
        f"Only this one {node.op_type}: the configuration has no rule for single nodes. It can be"
        f" done for all {same} {node.op_type} nodes, for a type of parameter, or by default."
    )
