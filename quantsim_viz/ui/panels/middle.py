"""The middle of the workbench: navigator, graph and inspector, and the strip below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from quantsim_viz.ui.components.assets import publish
from quantsim_viz.ui.components.panes import mount_pane
from quantsim_viz.ui.loading import table_of
from quantsim_viz.ui.panels.drawing import draw_graph
from quantsim_viz.ui.views.figures import are_stale, figures_caption, published_figures
from quantsim_viz.ui.views.histogram import values_view
from quantsim_viz.ui.views.inspector import inspect_node
from quantsim_viz.ui.views.navigator import problem_rows, rule_rows
from quantsim_viz.ui.views.overview import model_overview
from quantsim_viz.ui.views.summary import coverage_facts, ribbons
from quantsim_viz.ui.views.table import shown_nodes, status_letters

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from quantsim_viz.ui.components.panes import Kind
    from quantsim_viz.ui.state import AppState


def draw_summary(state: AppState) -> None:
    """Draw the coverage line and what there is to tell."""
    session = state.session
    data = {"facts": coverage_facts(session, patient=state.settling), "ribbons": ribbons(session)}
    draw_pane(state, "summary", "summary", data, height="content")


class Beside(NamedTuple):
    """Room on both sides of the graph."""

    navigator: DeltaGenerator
    inspector: DeltaGenerator


def draw_middle(state: AppState) -> Beside:
    """Draw the graph, and make room for what stands beside it."""
    with st.container(key="middle", horizontal=True, gap=None):
        navigator = st.container(key="navigator-box", gap=None)
        with st.container(key="graph-box", gap=None):
            draw_graph(state)
        return Beside(navigator, st.container(key="inspector-box", gap=None))


def draw_beside(state: AppState, beside: Beside) -> None:
    """Draw navigator and inspector."""
    with beside.inspector:
        _draw_inspector(state)
    with beside.navigator:
        _draw_navigator(state)


def draw_strip(state: AppState) -> None:
    """Draw SQNR along depth."""
    session = state.session
    data = {
        "table": table_url(state),
        "selected": selected_index(state),
        "stale": are_stale(session),
        "caption": figures_caption(session),
    }
    figures = published_figures(session, publish)
    data |= figures
    draw_pane(state, "strip", "strip", data | {"empty": not figures})


def _draw_navigator(state: AppState) -> None:
    workspace = state.session.workspace
    picture = workspace.shown()
    data = {
        "table": table_url(state),
        "status": status_letters(workspace.model, picture.cascade),
        "selected": selected_index(state),
        "rules": rule_rows(picture),
        "selected_rule": state.session.rule,
        "problems": problem_rows(workspace.findings(patient=state.settling)),
    }
    draw_pane(state, "navigator", "navigator", data)


def _draw_inspector(state: AppState) -> None:
    session = state.session
    data: dict[str, Any] = {"stale": session.is_stale(session.result)}
    figures = session.result.figures if session.result is not None else None
    if session.selected is not None:
        data["view"] = inspect_node(
            session.workspace,
            session.selected,
            figures,
            session.considered,
            patient=state.settling,
        )
        data["values"] = values_view(session)
    else:
        session.workspace.counts_due = False
        data["overview"] = model_overview(session.workspace, figures)
    draw_pane(state, "inspector", "inspector", data)


def draw_pane(
    state: AppState, kind: Kind, key: str, data: dict[str, Any], *, height: str = "stretch"
) -> None:
    """Draw one of the panes; what is done in it is done to the session."""
    channels = state.channels
    on_act = channels.listen(key, state.session.act)
    mount_pane(kind, data, key=key, ack=channels.of(key).ack, on_act=on_act, height=height)


def table_url(state: AppState) -> str:
    """Return where the browser fetches the table of nodes."""
    return publish(table_of(state.session.workspace.model), "table")


def selected_index(state: AppState) -> int | None:
    """Return the selected node's row in the table of nodes."""
    session = state.session
    if session.selected is None:
        return None
    names = [node.name for node in shown_nodes(session.workspace.model)]
    return names.index(session.selected) if session.selected in names else None
