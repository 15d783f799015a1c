"""The two buttons that go along a document's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.history import History


def draw_history(history: History, step: Callable[[str], None], *, prefix: str = "") -> None:
    """Draw undo and redo.

    Args:
        history: Whose steps they are.
        step: Called with `undo` or `redo`.
        prefix: Of the widgets' keys.
    """
    st.button(
        "Undo",
        key=f"{prefix}undo",
        icon=":material/undo:",
        disabled=history.undo_title is None,
        shortcut="Ctrl+Z",
        on_click=step,
        args=("undo",),
    )
    st.button(
        "Redo",
        key=f"{prefix}redo",
        icon=":material/redo:",
        disabled=history.redo_title is None,
        shortcut="Ctrl+Shift+Z",
        on_click=step,
        args=("redo",),
    )
