"""What the graphs of the Compare page show: one a side, or the difference in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.compare.comparing import LAYOUTS
from quantsim_viz.ui.compare.figures import shown_measured
from quantsim_viz.ui.components.graph import GraphView
from quantsim_viz.viz import layout_model
from quantsim_viz.viz.figures import Figures, figures_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.compare.sides import Side
    from quantsim_viz.ui.session import Session
    from quantsim_viz.viz.layout import Layout

LINK = "compare"

OTHER_SETTINGS = "~"
"""Stands for A's status of a node that has the same on both sides, but not the same quantizers."""


def graph_views(session: Session) -> list[tuple[str, GraphView]]:
    """Return what each graph shows, by the letter of its side; `diff` for the difference."""
    comparing = session.comparing
    layout = layout_model(session.workspace.model, session.collapsed)
    measured = shown_measured(session)
    highlight = comparing.marked_nodes or None
    letters = [letter for letter in ("A", comparing.other) if letter in comparing.sides]
    shared: dict[str, Any] = {
        "layout": layout,
        "selected": [session.selected] if session.selected else [],
        "highlight": highlight,
    }
    if comparing.layout != LAYOUTS[0] and len(letters) == 2:
        sides = [comparing.sides[letter] for letter in letters]
        figures = [_figures(layout, side) for side in sides]
        title = f"{letters[1]} · {sides[1].name}, where it differs from A · {sides[0].name}"
        view = GraphView(
            figures=figures[1],
            base=_marked(layout, figures, comparing.touched_nodes),
            mode="diff",
            title=title,
            **shared,
        )
        return [("diff", view)]
    return [
        (letter, _view(comparing.sides[letter], letter, measured, shared, session))
        for letter in letters
    ]


def _marked(layout: Layout, figures: Sequence[Figures], touched: Set[str]) -> str:
    """Return A's statuses, with a mark where only the settings of a node's quantizers differ."""
    first, other = (each.status for each in figures)
    codes = [
        OTHER_SETTINGS if vertex.name in touched and before == now else before
        for vertex, before, now in zip(layout.skeleton.vertices, first, other, strict=False)
    ]
    return "".join(codes)


def _view(
    side: Side,
    letter: str,
    measured: Measured | None,
    shared: Mapping[str, Any],
    session: Session,
) -> GraphView:
    mode = session.comparing.mode
    sqnr = None if measured is None else node_sqnr(session, measured, letter)
    fresh = measured is not None and measured.is_of(session, letter)
    return GraphView(
        figures=_figures(shared["layout"], side),
        mode="status" if mode == "sqnr" and sqnr is None else mode,
        sqnr=sqnr,
        stale="" if fresh or sqnr is None else "of an earlier state",
        link=LINK,
        title=f"{letter} · {side.name}",
        **shared,
    )


def _figures(layout: Layout, side: Side) -> Figures:
    return Figures() if side.cascade is None else figures_of(layout, side.cascade)


def node_sqnr(session: Session, measured: Measured, letter: str) -> dict[str, float | None] | None:
    """Return each node's SQNR in dB on one side, the lowest of its outputs."""
    column = measured.column(letter)
    if column is None or measured.model_key != session.model_source.key:
        return None
    found: dict[str, float | None] = {}
    for row in measured.report["layers"]:
        decibels = row["sqnr_db"][column]
        if decibels is not None:
            before = found.get(row["node"])
            found[row["node"]] = decibels if before is None else min(before, decibels)
    return found
