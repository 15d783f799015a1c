"""The bottom of the workbench: layers, the configuration as text and as forms, runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from quantsim_viz.config import Document, schema
from quantsim_viz.lint.vocabulary import onnx_op_types
from quantsim_viz.resolve.params import PARAM_INPUTS
from quantsim_viz.ui.components.assets import publish
from quantsim_viz.ui.components.editor import EditorView, mount_editor
from quantsim_viz.ui.panels.middle import draw_pane, selected_index, table_url
from quantsim_viz.ui.panels.run import draw_run
from quantsim_viz.ui.runs import start_simulation
from quantsim_viz.ui.session import TABS, VIEWS
from quantsim_viz.ui.state import on_widget, put_widget
from quantsim_viz.ui.views.changes import change_view
from quantsim_viz.ui.views.figures import (
    are_stale,
    figures_caption,
    published_figures,
    result_note,
    run_under_way,
)
from quantsim_viz.ui.views.navigator import reach_rows
from quantsim_viz.ui.views.presets import presets_bytes
from quantsim_viz.ui.views.table import op_type_counts, output_precisions, status_letters

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from quantsim_viz.ui.components.channel import Act
    from quantsim_viz.ui.state import AppState

PARAM_TYPES = sorted({name for inputs in PARAM_INPUTS.values() for _, name in inputs})


class Below(NamedTuple):
    """Room under the graph."""

    layers: DeltaGenerator
    forms: DeltaGenerator
    changes: DeltaGenerator
    presets: DeltaGenerator
    runs: DeltaGenerator


def draw_editor(state: AppState) -> Below:
    """Draw the tabs with the editor in them, and make room for what else they hold.

    The editor keeps the draft in the browser, so it is drawn before what may take its time.
    All panels stay mounted, so that switching loses nothing.
    """
    session = state.session
    with st.container(key="bottom", gap=None):
        put_widget("tab", session.tab)
        layers, configuration, runs = st.tabs(
            list(TABS), key="tab", on_change=on_widget("tab", lambda tab: _show(state, str(tab)))
        )
        put_widget("view", session.view)
        with configuration, st.container(key="config-box", gap=None):
            st.segmented_control(
                "View",
                VIEWS,
                key="view",
                required=True,
                label_visibility="collapsed",
                on_change=on_widget("view", lambda view: setattr(session, "view", str(view))),
            )
            forms = st.container(key="forms-box", gap=None)
            changes = st.container(key="changes-box", gap=None)
            presets = st.container(key="presets-box", gap=None)
            with st.container(key="editor-box", gap=None):
                _draw_editor(state)
    return Below(layers, forms, changes, presets, runs)


def draw_below(state: AppState, below: Below) -> None:
    """Draw layers, forms, changes, presets and runs."""
    with below.layers:
        _draw_layers(state)
    with below.forms:
        _draw_forms(state)
    with below.changes:
        _draw_changes(state)
    with below.presets:
        _draw_presets(state)
    with below.runs:
        draw_run(state)


def _show(state: AppState, tab: str) -> None:
    if tab in TABS:
        state.session.tab = tab


def _draw_layers(state: AppState) -> None:
    session = state.session
    workspace = session.workspace
    picture = workspace.shown()
    note = "" if run_under_way(session) else result_note(session, session.result)
    data = {
        "table": table_url(state),
        "status": status_letters(workspace.model, picture.cascade),
        "bits": output_precisions(picture.cascade),
        "selected": selected_index(state),
        "stale": are_stale(session),
        "note": note,
        "caption": figures_caption(session),
        **published_figures(session, publish),
    }
    draw_pane(state, "layers", "layers", data)


def _draw_forms(state: AppState) -> None:
    workspace = state.session.workspace
    if state.session.view != "Forms":
        draw_pane(state, "forms", "forms", {"hidden": True})
        return
    data = {
        "schema": _schema_url(),
        "vocabulary": _vocabulary_url(),
        "value": Document(workspace.text).data,
        "op_types": [list(pair) for pair in op_type_counts(workspace.model)],
    }
    draw_pane(state, "forms", "forms", data)


def _draw_changes(state: AppState) -> None:
    shown = state.session.view == "Changes"
    data = change_view(state.session) if shown else {"hidden": True}
    draw_pane(state, "changes", "changes", data)


def _draw_presets(state: AppState) -> None:
    session = state.session
    data: dict[str, Any] = {"hidden": True}
    if session.view == "Presets":
        data = {
            "presets": publish(presets_bytes(), "presets"),
            "current": session.workspace.source.reference,
            "pristine": session.workspace.history.is_pristine,
            "asked": session.limits_asked,
        }
    draw_pane(state, "presets", "presets", data)


def _draw_editor(state: AppState) -> None:
    session, workspace = state.session, state.session.workspace
    history = workspace.history
    picture = workspace.picture()
    channel = state.channels.of("editor")
    view = EditorView(
        document=session.document_key,
        opening=f"{session.id}:{session.openings}",
        fresh=session.fresh,
        base=workspace.source.base,
        pristine=history.is_pristine,
        trail=history.trail(),
        draft_answer=session.draft_answer,
        text=workspace.text,
        version=history.version,
        seq=channel.seq,
        diagnostics=workspace.findings(patient=state.settling),
        reach=reach_rows(picture),
        marked=_marked_lines(state),
        jump=session.jump,
        jump_focuses=session.jump_focuses,
        schema=_schema_url(),
        op_types=op_type_counts(workspace.model),
        param_types=PARAM_TYPES,
    )
    on_act = state.channels.listen("editor", lambda act: _act_in_editor(state, act))
    extra = {"hidden": session.view != "JSON", "vocabulary": _vocabulary_url()}
    mount_editor(view, key="editor", ack=channel.ack, on_act=on_act, extra=extra)


def _act_in_editor(state: AppState, act: Act) -> None:
    if act["type"] == "simulate":
        start_simulation(state.session, state.worker)
    else:
        state.session.act(act)


def _marked_lines(state: AppState) -> list[int]:
    """Return the lines of the rules that had a say at the selected node."""
    session = state.session
    cascade = session.workspace.picture().cascade
    if cascade is None:
        return []
    if session.rule is not None:
        count = cascade.rules.get(session.rule)
        return [count.line] if count is not None and count.line is not None else []
    if session.selected is None or session.selected not in cascade.nodes:
        return []
    node = next(n for n in session.workspace.model.graph.nodes if n.name == session.selected)
    tensors = [name for name in (*node.outputs, *node.inputs[1:]) if name in cascade.quantizers]
    return sorted({d.line for name in tensors for d in cascade.trace(name) if d.line is not None})


def _schema_url() -> str:
    return publish(json.dumps(schema()).encode(), "schema")


def _vocabulary_url() -> str:
    """Return where the browser fetches the operator types of the ONNX standard."""
    return publish(json.dumps(sorted(onnx_op_types())).encode(), "vocabulary")
