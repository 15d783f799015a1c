"""What the inspector shows while nothing is selected: the model, and where to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Status
from quantsim_viz.ui.views.table import op_type_counts, shape_text, shown_nodes
from quantsim_viz.ui.views.words import status_look

if TYPE_CHECKING:
    from quantsim_viz.ui.workspace import Workspace

STARTS = (Status.CONFLICT, Status.FLOAT, Status.WEIGHT_ONLY, Status.INPUT_WEIGHT, Status.FUSED)
"""Statuses that one asks about first, the most pressing first."""

MOST_STARTS = 6
MOST_TYPES = 8


def model_overview(workspace: Workspace) -> dict[str, Any]:
    """Return the model in a few facts, and nodes whose status one may wonder about."""
    model = workspace.model
    tensors = model.graph.tensors
    counts = op_type_counts(model)
    types = ", ".join(f"{count}\u00a0{name}" for name, count in counts[:MOST_TYPES])
    more = f" and {len(counts) - MOST_TYPES} more types" if len(counts) > MOST_TYPES else ""
    facts = [["nodes", str(len(shown_nodes(model)))], ["operators", f"{types}{more}"]]
    for word, names in (("input", model.graph.inputs), ("output", model.graph.outputs)):
        facts += [
            [word, f"{name}: {tensors[name].dtype or '?'} {shape_text(tensors[name])}"]
            for name in names
            if not tensors[name].is_initializer
        ]
    facts.append(["opset", str(model.opset.get("", "none of the standard domain"))])
    return {"name": model.name, "facts": facts, "starts": _starts(workspace)}


def _starts(workspace: Workspace) -> list[dict[str, Any]]:
    cascade = workspace.shown().cascade
    if cascade is None:
        return []
    found = [
        {"node": node.name, "op_type": node.op_type, "status": status_look(status)}
        for status in STARTS
        for node in shown_nodes(workspace.model)
        if cascade.nodes[node.name].status is status
    ]
    return found[:MOST_STARTS]
