"""The graph in the middle: the session's picture as the graph component takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.ui.components.graph import GraphView, mount_graph
from quantsim_viz.ui.session import MODES
from quantsim_viz.ui.views.comparison import base_cascade
from quantsim_viz.ui.views.coverage import spot_nodes
from quantsim_viz.ui.views.gestures import MENU
from quantsim_viz.viz import layout_model
from quantsim_viz.viz.figures import Figures, figures_of, status_of

if TYPE_CHECKING:
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.components.channel import Act
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState
    from quantsim_viz.viz import Layout


def draw_graph(state: AppState) -> None:
    """Draw the graph."""
    on_act = state.channels.listen("graph", lambda act: _act(state.session, act))
    ack = state.channels.of("graph").ack
    mount_graph(graph_view(state.session), key="graph", ack=ack, on_act=on_act)


def graph_view(session: Session) -> GraphView:
    """Return what the graph shows of a session."""
    layout = layout_model(session.workspace.model, session.collapsed)
    cascade = session.workspace.shown().cascade
    base = base_cascade(session)
    return GraphView(
        layout=layout,
        figures=Figures() if cascade is None else figures_of(layout, cascade),
        selected=[session.selected] if session.selected else [],
        mode=shown_mode(session, base),
        sqnr=node_sqnr(session),
        stale="of an earlier state" if session.is_stale(session.result) else "",
        base="" if base is None else status_of(layout, base),
        preview=_preview_status(session, layout),
        preview_words=session.preview_words,
        highlight=_touched(session),
        rules=_rule_nodes(session),
        menu=MENU,
    )


def _act(session: Session, act: Act) -> None:
    if act["type"] == "collapse":
        session.collapsed = frozenset(map(str, act.get("paths", ())))
    elif act["type"] == "mode":
        session.mode = act["mode"] if act.get("mode") in MODES else session.mode
    elif act["type"] == "rules":
        session.searched_rule = str(act.get("pointer") or "")
    else:
        session.act(act)


def shown_mode(session: Session, base: Cascade | None) -> str:
    """Return the colour mode: the chosen one, once there is something to show in it."""
    if session.mode == "sqnr" and session.result is None:
        return "status"
    if session.mode == "diff" and base is None:
        return "status"
    return session.mode


def node_sqnr(session: Session) -> dict[str, float | None] | None:
    """Return each node's SQNR in dB, the lowest of its outputs; None while nothing was measured."""
    if session.result is None:
        return None
    rows = session.result.figures["layers"]
    found: dict[str, float | None] = {}
    for node in session.workspace.model.graph.nodes:
        figures = (rows[name]["f"][0] for name in node.outputs if rows.get(name, {}).get("f"))
        known = [decibels for decibels in figures if decibels is not None]
        if known:
            found[node.name] = min(known)
    return found


def _preview_status(session: Session, layout: Layout) -> str:
    cascade = None if session.preview is None else session.preview.cascade
    return "" if cascade is None else figures_of(layout, cascade).status


def _touched(session: Session) -> list[str] | None:
    spot = spot_nodes(session)
    if spot:
        return list(spot)
    cascade = session.workspace.shown().cascade
    if session.rule is None or cascade is None or session.rule not in cascade.rules:
        return None
    return list(cascade.rule_nodes(session.rule))


def _rule_nodes(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the nodes of the rules at and below the pointer that somebody searched for."""
    cascade = session.workspace.shown().cascade
    asked = session.searched_rule
    if cascade is None or not asked:
        return {}
    return {
        pointer: cascade.rule_nodes(pointer)
        for pointer in cascade.rules
        if pointer == asked or pointer.startswith(f"{asked.rstrip('/')}/")
    }
