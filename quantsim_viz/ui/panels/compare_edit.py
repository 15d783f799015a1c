"""Editing a side of a comparison where it stands, and bringing further configurations in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from quantsim_viz.config import schema
from quantsim_viz.ui import documents
from quantsim_viz.ui.components.assets import publish
from quantsim_viz.ui.components.editor import EditorView, mount_editor
from quantsim_viz.ui.panels.bottom import PARAM_TYPES
from quantsim_viz.ui.panels.history import draw_history
from quantsim_viz.ui.runs import start_simulation
from quantsim_viz.ui.state import on_widget
from quantsim_viz.ui.views.navigator import finding_id, reach_rows
from quantsim_viz.ui.views.table import op_type_counts

if TYPE_CHECKING:
    from quantsim_viz.ui.compare.sides import Side
    from quantsim_viz.ui.components.channel import Act
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState


def draw_editing(state: AppState, letter: str) -> None:
    """Draw the editor of a side; the workbench's document is edited as it is there."""
    session = state.session
    side = session.comparing.sides[letter]
    with st.container(key="compare-edit-bar", horizontal=True, vertical_alignment="center"):
        draw_history(
            side.workspace.history,
            lambda step: _act(state, side, {"type": step}),
            prefix="compare_",
        )
        st.space("stretch")
        st.download_button(
            "Download",
            side.text,
            file_name=f"{side.workspace.source.name.removesuffix('.json')}.json",
            mime="application/json",
            key="compare_download",
            on_click="ignore",
        )
        if not side.is_document:
            st.button(
                "To the workbench",
                key="compare_adopt",
                on_click=lambda: session.comparing.adopt(letter),
            )
    key = f"compare_editor_{letter.lower()}"
    channel = state.channels.of(key)
    on_act = state.channels.listen(key, lambda act: _act(state, side, act))
    view = _editor_view(session, side, letter, channel.seq)
    mount_editor(view, key=key, ack=channel.ack, on_act=on_act)


def _editor_view(session: Session, side: Side, letter: str, seq: int) -> EditorView:
    workspace = side.workspace
    history = workspace.history
    picture = workspace.picture()
    return EditorView(
        document=session.document_key if side.is_document else "",
        opening=f"{session.id}:{session.openings if side.is_document else side.reference}",
        fresh=False,
        base=workspace.source.base,
        pristine=history.is_pristine,
        text=workspace.text,
        version=history.version,
        seq=seq,
        diagnostics=workspace.findings(),
        reach=reach_rows(picture),
        marked=_marked_lines(session, letter),
        jump=side.jump,
        jump_focuses=True,
        schema=publish(json.dumps(schema()).encode(), "schema"),
        op_types=op_type_counts(workspace.model),
        param_types=PARAM_TYPES,
    )


def _marked_lines(session: Session, letter: str) -> list[int]:
    """Return the lines of a side where the rule stands that is looked at."""
    comparing = session.comparing
    number = 0 if letter == "A" else 1
    found = (cause.change for cause in comparing.causes if cause.id == comparing.cause)
    return [line for change in found if change and (line := change.lines[number]) is not None]


def _act(state: AppState, side: Side, act: Act) -> None:
    """Do what was done in an editor: to the session's document, or to the side's own."""
    session, history = state.session, side.workspace.history
    if act["type"] == "simulate":
        start_simulation(session, state.worker)
    elif side.is_document:
        session.act(act)
    elif act["type"] == "edit" and act.get("ver") == history.version:
        side.type_text(str(act["text"]))
    elif act["type"] in ("undo", "redo"):
        getattr(history, act["type"])()
    elif act["type"] == "fix":
        findings = side.workspace.findings()
        fix = next((d.fix for d in findings if d.fix and finding_id(d) == act["id"]), None)
        if fix is not None:
            side.workspace.patch(fix.patch, fix.title)


def draw_adding(session: Session) -> None:
    """Draw what brings in a configuration that is no preset: an upload, or a path."""
    with st.popover("Add a file", key="compare_add", width="stretch"):
        st.caption("An upload stays private to this page and never appears in its address.")
        st.file_uploader(
            "Configuration (.json)",
            type=["json"],
            key="compare_upload",
            on_change=on_widget("compare_upload", lambda upload: _add_upload(session, upload)),
        )
        st.text_input(
            "Path",
            key="compare_path",
            placeholder="rules/mine.json",
            on_change=on_widget("compare_path", lambda path: _add_path(session, str(path or ""))),
        )


def _add_upload(session: Session, upload: Any) -> None:
    def add() -> None:
        session.comparing.add(documents.uploaded_config(upload.name, upload.getvalue()))

    if upload is not None:
        session.attempt("compare-side", add)


def _add_path(session: Session, path: str) -> None:
    def add() -> None:
        session.comparing.add(documents.config_source(path, session.roots))

    if path:
        session.attempt("compare-side", add)
