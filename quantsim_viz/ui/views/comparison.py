"""Two configurations side by side, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.views.table import shown_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.session import Session

CHANCE = 0.05
"""Below this p-value the difference is called more than chance."""


def base_cascade(session: Session) -> Cascade | None:
    """Return what the configuration compared with makes of the model, None without one."""
    other = session.compare_source
    return None if other is None else session.workspace.picture_of(other.text).cascade


def differing_nodes(session: Session) -> list[str]:
    """Return the nodes whose status differs between the document and the one compared with."""
    mine, theirs = session.workspace.shown().cascade, base_cascade(session)
    if mine is None or theirs is None:
        return []
    return [
        node.name
        for node in shown_nodes(session.workspace.model)
        if mine.nodes[node.name].status is not theirs.nodes[node.name].status
    ]


def accuracy_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield both accuracies and what their difference means, if the data have labels."""
    metric = report.get("metric")
    if not metric:
        yield "The data have no labels, so there is no accuracy to compare."
        return
    first, second = metric["values"][:2]
    yield (
        f"**{metric['name']}** A {first:.2%} · B {second:.2%} · float {metric['float']:.2%}"
        f" ({metric['samples']} labelled samples). {_verdict(metric)}"
    )


def _verdict(metric: Mapping[str, Any]) -> str:
    p_value = metric["p_value"][1]
    disagreements = metric["disagreements"][1]
    if p_value is None:
        return ""
    if disagreements is None:
        return f"Exact McNemar test: p = {p_value:.3g}."
    gained, lost = disagreements
    if gained == lost == 0:
        return "They agree on every sample."
    verdict = "more than chance" if p_value < CHANCE else "within chance"
    return (
        f"B alone is right on {gained}, A alone on {lost}: {verdict}"
        f" (exact McNemar test, p = {p_value:.3g})."
    )
