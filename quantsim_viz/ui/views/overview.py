"""What the inspector shows while nothing is selected: the model, and where to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Status
from quantsim_viz.ui.views.table import op_type_counts, shape_text, shown_nodes
from quantsim_viz.ui.views.words import status_look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.ui.workspace import Workspace

STARTS = (Status.CONFLICT, Status.FLOAT, Status.WEIGHT_ONLY, Status.INPUT_WEIGHT, Status.FUSED)
"""Statuses that one asks about first, the most pressing first."""

MOST_STARTS = 6
MOST_TYPES = 8

ORDINARY = (
    "Nothing stands out: every node is quantized or carries its input's grid. Simulate to see which"
    " layers cost most."
)


def model_overview(
    workspace: Workspace, figures: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the model in a few facts, and nodes that one may wonder about.

    Args:
        workspace: Model and document.
        figures: Figures of the last simulation by tensor (`views.table.layer_figures`).
    """
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
    starts, worst = _starts(workspace), _worst(workspace, figures or {})
    return {
        "name": model.name,
        "facts": facts,
        "starts": starts,
        "worst": worst,
        "calm": "" if starts or worst or workspace.shown().cascade is None else ORDINARY,
    }


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


def _worst(workspace: Workspace, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of the lowest SQNR, each once."""
    cascade, graph = workspace.shown().cascade, workspace.model.graph
    if cascade is None:
        return []
    measured = sorted(
        (row["f"][0], tensor)
        for tensor, row in figures.get("layers", {}).items()
        if row.get("f") and row["f"][0] is not None
    )
    found: dict[str, dict[str, Any]] = {}
    for decibels, tensor in measured:
        producer = graph.tensors[tensor].producer if tensor in graph.tensors else None
        if producer is None:
            continue
        node = graph.nodes[producer]
        found.setdefault(
            node.name,
            {
                "node": node.name,
                "op_type": node.op_type,
                "status": status_look(cascade.nodes[node.name].status),
                "figure": f"{decibels:.1f} dB",
            },
        )
        if len(found) == MOST_STARTS:
            break
    return list(found.values())
