"""The page: workbench or comparison, one fragment, every pane a view of one session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui.compare.runs import keep_compared
from quantsim_viz.ui.examine import keep_examined
from quantsim_viz.ui.panels.bottom import draw_below, draw_editor
from quantsim_viz.ui.panels.compare import draw_compare
from quantsim_viz.ui.panels.middle import draw_beside, draw_middle, draw_strip, draw_summary
from quantsim_viz.ui.panels.progress import draw_progress
from quantsim_viz.ui.panels.topbar import fill_topbar, place_topbar
from quantsim_viz.ui.runs import check_data, collect, keep_live, stop_outdated
from quantsim_viz.ui.state import app_state, write_address

if TYPE_CHECKING:
    from quantsim_viz.ui.state import AppState

SENDING_SECONDS = 0.004
"""What the thread that sends to the browser is left to itself once the graph is drawn.

It would otherwise wait for this one's turn to end, and the graph with it for the other panes."""


@st.fragment
def draw_workbench() -> None:
    """Draw everything. One fragment: an edit redraws graph, editor and inspector together."""
    state = app_state()
    state.worker.poll()
    collect(state.session)
    check_data(state.session, state.worker)
    state.session.comparing.follow()
    if state.session.comparing.is_open:
        _keep_up(state)
        draw_compare(state)
    else:
        _draw_panes(state)
    state.settling, state.drawn = False, time.monotonic()
    draw_progress(state)
    _warm_up(state)
    write_address(state)


def _draw_panes(state: AppState) -> None:
    """Draw the workbench: the graph first, the editor, then what is looked at later."""
    with st.container(key="workbench", gap=None):
        bar = place_topbar()
        summary = st.container(key="summary-box", gap=None)
        beside = draw_middle(state)
        time.sleep(SENDING_SECONDS)
        strip = st.container(key="strip-box", gap=None)
        below = draw_editor(state)
        _keep_up(state)
        fill_topbar(state, bar)
        draw_beside(state, beside)
        with summary:
            draw_summary(state)
        with strip:
            draw_strip(state)
        draw_below(state, below)


def _keep_up(state: AppState) -> None:
    """Have measured in the background what an edit or a choice asks for."""
    stop_outdated(state.session, state.worker)
    keep_live(state.session, state.worker)
    keep_examined(state.session, state.worker)
    keep_compared(state.session, state.worker)


def _warm_up(state: AppState) -> None:
    """Start the simulating process while the person looks at the first picture."""
    source = state.session.model_source
    if state.warmed != source.key:
        state.warmed = source.key
        state.worker.warm(source)
