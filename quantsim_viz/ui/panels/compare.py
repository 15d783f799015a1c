"""The Compare page: configurations side by side, which is better, and what caused it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from quantsim_viz.ui.compare.attributed import attributed_view, explanation_of, interacting_rows
from quantsim_viz.ui.compare.catalogue import catalogue
from quantsim_viz.ui.compare.causes import cause_rows
from quantsim_viz.ui.compare.comparing import LAYOUTS
from quantsim_viz.ui.compare.figures import shown_measured
from quantsim_viz.ui.compare.pictures import graph_views
from quantsim_viz.ui.compare.runs import start_attribution, stop_comparing
from quantsim_viz.ui.compare.verdict import verdict_view
from quantsim_viz.ui.components.assets import publish
from quantsim_viz.ui.components.compare import mount_compare
from quantsim_viz.ui.components.graph import mount_graph
from quantsim_viz.ui.panels.compare_edit import draw_adding, draw_editing
from quantsim_viz.ui.panels.middle import draw_pane, selected_index, table_url
from quantsim_viz.ui.panels.topbar import draw_topbar
from quantsim_viz.ui.session import MODES
from quantsim_viz.ui.state import on_widget, put_widget
from quantsim_viz.ui.views.summary import notice_ribbons

if TYPE_CHECKING:
    from quantsim_viz.ui.components.channel import Act
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState

STYLE = Path(__file__).parents[1] / "static" / "compare.css"


def draw_compare(state: AppState) -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="compare-page", gap=None):
        draw_topbar(state)
        with st.container(key="compare-sides", gap=None):
            _draw_pane(state, "sides", catalogue(state.session))
            draw_adding(state.session)
        with st.container(key="compare-head", gap=None):
            _draw_pane(state, "verdict", verdict_view(state.session))
        with st.container(key="compare-graphs", gap=None):
            _draw_graphs(state)
        with st.container(key="compare-right", gap=None):
            _draw_right(state)
        with st.container(key="compare-evidence", gap=None):
            _draw_pane(state, "evidence", _evidence(state))
        if state.session.notices:
            _draw_notices(state)


def _draw_notices(state: AppState) -> None:
    """Draw what there is to tell over the graphs, so that nothing is pushed about."""
    with st.container(key="compare-notices", gap=None):
        data = {"facts": [], "ribbons": notice_ribbons(state.session)}
        draw_pane(state, "summary", "compare_notices", data, height="content")


def _draw_pane(state: AppState, kind: str, data: dict[str, Any]) -> None:
    key = f"compare_{kind}"
    on_act = state.channels.listen(key, lambda act: _act(state, act))
    mount_compare(kind, data, key=key, ack=state.channels.of(key).ack, on_act=on_act)


def _act(state: AppState, act: Act) -> None:
    comparing = state.session.comparing
    if act["type"] == "attribute":
        start_attribution(state.session, state.worker)
    elif act["type"] == "stop":
        stop_comparing(state.session, state.worker)
    elif act["type"] == "edit_side":
        letter = str(act["letter"])
        comparing.panel = "causes" if comparing.panel == letter else letter
    else:
        comparing.act(act)


def _draw_graphs(state: AppState) -> None:
    session = state.session
    comparing = session.comparing
    with st.container(key="compare-graph-bar", horizontal=True, vertical_alignment="center"):
        put_widget("compare_layout", comparing.layout)
        st.segmented_control(
            "Graphs",
            LAYOUTS,
            key="compare_layout",
            required=True,
            label_visibility="collapsed",
            on_change=on_widget(
                "compare_layout", lambda value: setattr(comparing, "layout", value)
            ),
        )
        st.caption(_graph_words(session))
    with st.container(key="compare-canvases", horizontal=True, gap=None):
        for letter, view in graph_views(session):
            key = f"compare_graph_{letter.lower()}"
            on_act = state.channels.listen(key, lambda act: _act_in_graph(session, act))
            with st.container(key=f"compare-canvas-{letter.lower()}", gap=None):
                mount_graph(view, key=key, ack=state.channels.of(key).ack, on_act=on_act)


def _graph_words(session: Session) -> str:
    """Return what the graphs show."""
    comparing = session.comparing
    if comparing.marked_nodes:
        count = len(comparing.marked_nodes)
        return f"Lit: the {count} node{'s' if count > 1 else ''} that this cause reaches."
    difference = comparing.difference
    if difference is None:
        return ""
    if difference.errors != (None, None):
        return "They pan, zoom and select together." if comparing.layout == LAYOUTS[0] else ""
    count = len(difference.statuses)
    others = len(comparing.touched_nodes - difference.statuses.keys())
    found = f"{count or 'no'} node{'' if count == 1 else 's'} of another status"
    if others:
        found += f", {others} of the same with other settings"
    if comparing.layout == LAYOUTS[0]:
        return f"They pan, zoom and select together; {found}."
    return f"{found[0].upper()}{found[1:]}."


def _act_in_graph(session: Session, act: Act) -> None:
    if act["type"] == "collapse":
        session.collapsed = frozenset(map(str, act.get("paths", ())))
    elif act["type"] == "mode":
        comparing = session.comparing
        comparing.mode = act["mode"] if act.get("mode") in MODES else comparing.mode
    elif act["type"] == "select":
        session.act(act)


def _draw_right(state: AppState) -> None:
    comparing = state.session.comparing
    panels = ["causes", *comparing.sides]
    if comparing.panel not in panels:
        comparing.panel = "causes"
    put_widget("compare_panel", comparing.panel)
    st.segmented_control(
        "At the right",
        panels,
        key="compare_panel",
        required=True,
        label_visibility="collapsed",
        format_func=lambda panel: "What differs" if panel == "causes" else f"Edit {panel}",
        on_change=on_widget("compare_panel", lambda value: setattr(comparing, "panel", value)),
    )
    if comparing.panel == "causes":
        _draw_pane(state, "causes", _causes(state.session))
    else:
        draw_editing(state, comparing.panel)


def _causes(session: Session) -> dict[str, Any]:
    comparing = session.comparing
    difference, pair = comparing.difference, comparing.pair
    if difference is None or pair is None:
        return {"lead": "Two sides are needed.", "causes": [], "idle": [], "selected": None}
    letters = ("A", comparing.other)
    rows = cause_rows(comparing.causes, pair, letters)
    acting = [row for row in rows if row["quantizers"]]
    count = len({change.tensor for change in difference.changes})
    lead = f"{count} quantizers, for {len(acting)} reason{'' if len(acting) == 1 else 's'}"
    if difference.errors != (None, None):
        lead = "AIMET refuses a side; what these rules change is seen once it does not."
        acting = [row | {"text": ""} for row in rows]
    else:
        lead = lead if acting else "No quantizer"
        others = interacting_rows(session, rows)
        acting += others
        lead += f"; {len(others)} more act among the others" if others else ""
    listed = {row["id"] for row in acting}
    return {
        "lead": lead,
        "causes": acting,
        "idle": [row for row in rows if row["id"] not in listed],
        "selected": comparing.cause,
        "letters": letters,
        **attributed_view(session, acting),
    }


def _evidence(state: AppState) -> dict[str, Any]:
    session = state.session
    comparing = session.comparing
    data: dict[str, Any] = {
        "table": table_url(state),
        "selected": selected_index(state),
        "letters": ["A", comparing.other],
        "marked": comparing.marked_nodes,
        "empty": "Figures come as soon as one batch is measured of two sides.",
        "no_samples": _no_samples(session),
    }
    measured = shown_measured(session)
    if measured is None:
        return data
    columns = [measured.column("A"), measured.column(comparing.other)]
    data["results"] = publish(measured.content, "comparison")
    data["stale"] = not measured.is_current(session)
    data["columns"] = None if columns == [None, None] else columns
    found = explanation_of(session, measured)
    if found is not None:
        data["explaining"] = publish(json.dumps(found).encode(), "explaining")
    return data


def _no_samples(session: Session) -> str:
    measured = shown_measured(session)
    if measured is None or measured.report.get("metric") is None:
        if measured is not None and measured.report["failures"]:
            return "No accuracy is measured, so no sample is right for one and wrong for the other."
        return "The data have no labels, so no sample is right for one and wrong for the other."
    return "They agree on every sample that was measured."
