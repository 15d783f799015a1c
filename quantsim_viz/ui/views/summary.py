"""The line under the top bar: coverage, the worst layer, and what there is to tell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Status
from quantsim_viz.ui.session import UPLOAD
from quantsim_viz.ui.views.coverage import share_facts, spot_ribbon
from quantsim_viz.ui.views.figures import worst_layer
from quantsim_viz.ui.views.navigator import finding_id
from quantsim_viz.ui.views.presets import limit_facts
from quantsim_viz.ui.views.table import shown_nodes
from quantsim_viz.ui.views.words import SEMANTICS, status_look
from quantsim_viz.viz.palette import PALETTE

if TYPE_CHECKING:
    from quantsim_viz.resolve.settings import Refusal
    from quantsim_viz.ui.session import Session

REFUSED = "refused-on-model"
"""The advice about a refusal, which brings a fix where there is one."""


def coverage_facts(session: Session, *, patient: bool = True) -> list[dict[str, Any]]:
    """Return the facts of the coverage line, each with a hint and, where one helps, a node.

    Args:
        session: What is open.
        patient: Wait for the shares of a large model; otherwise the last ones stand, greyed.
    """
    workspace = session.workspace
    cascade = workspace.shown().cascade
    facts: list[dict[str, Any]] = []
    coverage = workspace.coverage(patient=patient)
    if coverage is not None:
        facts += share_facts(coverage, stale=workspace.coverage_due)
    if session.result is not None and not session.is_stale(session.result):
        facts += _result_facts(session)
    if cascade is not None:
        facts += _status_facts(session)
        enabled = sum(on for on, _, _ in cascade.precisions().values())
        facts.append(
            {
                "value": f"{enabled} of {len(cascade.quantizers)}",
                "label": "quantizers on",
                "hint": "Tensors that are quantized, of those that could be",
            }
        )
    if not workspace.history.is_pristine:
        hint = f"The document differs from {workspace.source.name} as it was opened"
        facts.append({"value": "edited", "label": "", "hint": hint, "tone": "edited"})
    facts += limit_facts(workspace.source)
    facts.append({"value": "", "label": SEMANTICS, "hint": "Whose rules these are"})
    return facts


def _status_facts(session: Session) -> list[dict[str, Any]]:
    workspace = session.workspace
    cascade = workspace.shown().cascade
    assert cascade is not None
    listed = shown_nodes(workspace.model)
    states = {node.name: cascade.nodes[node.name].status for node in listed}
    counts = Counter(states.values())
    facts = []
    for paint in PALETTE:
        if not counts[paint.status] or paint.status is Status.UNQUANTIZABLE:
            continue
        first = next(name for name, status in states.items() if status is paint.status)
        facts.append(
            {
                "status": status_look(paint.status),
                "value": str(counts[paint.status]),
                "label": paint.word,
                "hint": f"{paint.sense} Go to the first.",
                "node": first,
            }
        )
    return facts


def _result_facts(session: Session) -> list[dict[str, Any]]:
    assert session.result is not None
    facts = []
    worst = worst_layer(session.result.figures)
    if worst is not None:
        tensor, decibels = worst
        producer = session.workspace.model.graph.tensors[tensor].producer
        node = None if producer is None else session.workspace.model.graph.nodes[producer].name
        facts.append(
            {
                "value": f"{decibels:.1f} dB",
                "label": "worst layer",
                "hint": f"{tensor}: the lowest SQNR of all layers. Go to it.",
                "node": node,
            }
        )
    metric = session.result.report.get("metric")
    if metric and session.result is session.results.get("simulate"):
        facts.append(
            {
                "value": f"{metric['simulated']:.2%}",
                "label": f"{metric['name']}, float {metric['float']:.2%}",
                "hint": f"On {metric['samples']} labelled samples of {session.result.data.title}",
            }
        )
    return facts


def ribbons(session: Session) -> list[dict[str, Any]]:
    """Return what there is to tell, the most pressing first.

    Nothing that comes and goes by hovering: a ribbon pushes the page down under the pointer.
    """
    workspace = session.workspace
    found: list[dict[str, Any]] = []
    if workspace.picture().cascade is None:
        found.append(_invalid_ribbon(session))
    else:
        refusal = workspace.shown().cascade.error  # type: ignore[union-attr]  # a valid picture has a cascade
        if refusal is not None:
            found.append(_refused_ribbon(session, refusal))
    spot = spot_ribbon(session)
    if spot is not None:
        found.append(spot)
    return found + notice_ribbons(session)


def notice_ribbons(session: Session) -> list[dict[str, Any]]:
    """Return the notices, each with what can be done about it, at least to dismiss it.

    What is wrong with an upload is told where it was brought.
    """
    return [
        {
            "id": notice.id,
            "tone": notice.tone,
            "text": notice.text,
            "actions": [list(action) for action in notice.actions]
            or [["dismiss", "Dismiss", notice.id]],
        }
        for notice in session.notices.values()
        if not notice.id.startswith(UPLOAD)
    ]


def _refused_ribbon(session: Session, refusal: Refusal) -> dict[str, Any]:
    """Return what AIMET refuses, with the way to its rule and nodes, and a fix where one is known.

    The advice that holds the fix may be due still (`Workspace.findings`).
    """
    findings = session.workspace.findings(patient=False)
    about = [d for d in findings if d.code in (REFUSED, refusal.code)]
    return {
        "id": "refused",
        "tone": "error",
        "text": f"AIMET refuses this configuration on this model: {refusal.message}",
        "line": next((d.line for d in about if d.line is not None), None),
        "rule": refusal.rule or "",
        "node": next(iter(refusal.nodes), None),
        "actions": [["fix", d.fix.title, finding_id(d)] for d in about if d.fix is not None],
    }


def _invalid_ribbon(session: Session) -> dict[str, Any]:
    errors = [d for d in session.workspace.picture().diagnostics if d.severity.value == "error"]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    first = errors[0] if errors else None
    text = first.message if first is not None else "no rule can be read from it."
    stands = session.workspace.shown().cascade is not None
    lead = "Stale: the last valid state is shown." if stands else "This configuration is not valid:"
    return {
        "id": "invalid",
        "tone": "error",
        "text": f"{lead} {text}{more}",
        "line": first.line if first is not None else None,
        "rule": first.rule if first is not None else "",
    }
