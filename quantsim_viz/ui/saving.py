"""Saving the document to its file, and the ways on where that is not what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.errors import ConfigError
from quantsim_viz.ui import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.documents import ConfigSource
    from quantsim_viz.ui.session import Action, Session

NOTICE = "save"

DISMISS: Action = ("dismiss", "Dismiss", NOTICE)

WAYS_ON: dict[str | None, tuple[Action, ...]] = {
    "changed-on-disk": (
        ("against_file", "Compare with the file", ""),
        ("overwrite", "Overwrite it", ""),
        DISMISS,
    ),
    "gone": (("overwrite", "Write it again", ""), DISMISS),
}
"""What can be done where a file was not written, by why it was not."""


def save(session: Session) -> None:
    """Write the document back to its file; a file that changed on disk is never overwritten."""
    _write(session, documents.save_back)


def overwrite(session: Session) -> None:
    """Write the document to its file although that changed or is gone, as the person asks for."""
    _write(session, documents.overwrite)


def compare_with_file(session: Session) -> None:
    """Show what the document changes against its file as it is on disk."""
    source = session.workspace.source
    text = None if source.path is None else documents.on_disk(source)
    if text is None:
        session.tell(NOTICE, f"{source.path} can no longer be read.", "error")
        return
    session.against = replace(source, text=text)
    session.tab, session.view = "Configuration", "Changes"


def _write(session: Session, write: Callable[[ConfigSource, str], ConfigSource]) -> None:
    workspace = session.workspace
    try:
        workspace.saved(write(workspace.source, workspace.text))
    except ConfigError as error:
        session.tell(NOTICE, str(error), "error", actions=WAYS_ON.get(error.code, ()))
        return
    if session.against is not None and session.against.path == workspace.source.path:
        session.against = None
    session.tell(NOTICE, f"Saved to {workspace.source.path}.", is_passing=True)
