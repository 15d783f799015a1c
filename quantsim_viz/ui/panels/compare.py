"""The Compare tab: the document beside a second configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui import documents
from quantsim_viz.ui.components.assets import publish
from quantsim_viz.ui.panels.middle import draw_pane, selected_index, table_url
from quantsim_viz.ui.runs import start_comparison
from quantsim_viz.ui.session import AS_OPENED
from quantsim_viz.ui.state import on_widget, put_widget
from quantsim_viz.ui.views.comparison import (
    accuracy_figures,
    differing_nodes,
    verdict_lines,
)
from quantsim_viz.ui.views.figures import result_caption

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState


def draw_compare(state: AppState) -> None:
    """Draw the choice of the second configuration and, after a run, both side by side."""
    session = state.session
    with st.container(key="compare-box", gap=None):
        with st.container(key="compare-bar", horizontal=True, vertical_alignment="center"):
            _draw_choice(session)
            running = session.is_running("compare")
            st.button(
                "Comparing" if running else "Compare",
                key="run_compare",
                disabled=running or session.compared is None,
                on_click=lambda: start_comparison(session, state.worker),
            )
            _draw_sentence(session)
        _draw_result(state)


def _draw_choice(session: Session) -> None:
    chosen = session.compared
    titles = {AS_OPENED: f"{session.workspace.source.name}, as opened"}
    titles |= dict(documents.preset_references())
    current = chosen.reference if chosen is not None else None
    if current is not None:
        titles.setdefault(current, current)
    put_widget("compare", current)
    st.selectbox(
        "Compare with",
        list(titles),
        key="compare",
        index=None,
        placeholder="Compare with: a preset, a path, or the document as opened",
        format_func=lambda reference: titles.get(reference, reference),
        on_change=on_widget("compare", lambda value: _choose(session, value)),
        accept_new_options=True,
        label_visibility="collapsed",
        width=380,
    )


def _choose(session: Session, value: object) -> None:
    def do() -> None:
        session.compare_with(None if value is None else str(value))

    session.attempt("compare", do)


def _draw_sentence(session: Session) -> None:
    other = session.compared
    if other is None:
        st.caption("Both are simulated on the same data; each distinct value is computed once.")
        return
    count = len(differing_nodes(session))
    nodes = "no node" if count == 0 else "1 node" if count == 1 else f"{count} nodes"
    st.caption(f"A is {other.name}, B {session.document_name}: {nodes} of another status.")


def _draw_result(state: AppState) -> None:
    session = state.session
    comparison = session.comparison
    if comparison is None:
        return
    stale = " They are of an earlier state." if session.is_stale(comparison) else ""
    outcome = {
        "figures": list(accuracy_figures(comparison.report)),
        "lines": list(verdict_lines(comparison.report)),
        "caption": f"{result_caption(comparison)}.{stale}",
    }
    draw_pane(state, "report", "compare_report", outcome, height="content")
    content = json.dumps(comparison.report, separators=(",", ":")).encode()
    data = {
        "table": table_url(state),
        "results": publish(content, "comparison"),
        "selected": selected_index(state),
    }
    draw_pane(state, "comparison", "comparison", data)
