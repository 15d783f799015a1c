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
    mine, other = session.workspace.shown().cascade, session.compared
    theirs = None if other is None else session.workspace.picture_of(other.text).cascade
    if mine is None or theirs is None:
        return []
    return [
        node.name
        for node in shown_nodes(session.workspace.model)
        if mine.nodes[node.name].status is not theirs.nodes[node.name].status
    ]


def accuracy_figures(report: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield both accuracies, the float model's, and the p-value, if the data have labels."""
    metric = report.get("metric")
    if not metric:
        return
    name = metric["name"]
    hint = f"On {metric['samples']} labelled samples"
    for letter, value in zip("AB", metric["values"], strict=False):
        yield {"label": f"{name}, {letter}", "value": f"{value:.2%}", "hint": hint}
    yield {"label": f"{name}, float", "value": f"{metric['float']:.2%}", "hint": hint}
    p_value = metric["p_value"][1]
    if p_value is not None:
        yield {
            "label": "McNemar p",
            "value": f"{p_value:.3g}",
            "hint": "How often chance alone would make a difference as large, in an exact test",
        }


def verdict_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what the difference in accuracy means."""
    metric = report.get("metric")
    if not metric:
        yield "The data have no labels, so there is no accuracy to compare."
        return
    p_value, disagreements = metric["p_value"][1], metric["disagreements"][1]
    if p_value is None or disagreements is None:
        return
    gained, lost = disagreements
    if gained == lost == 0:
        yield f"They agree on every one of {metric['samples']} samples."
        return
    verdict = "more than chance" if p_value < CHANCE else "within chance"
    yield (
        f"B alone is right on {gained}, A alone on {lost} of {metric['samples']} samples: the"
        f" difference is {verdict}."
    )
