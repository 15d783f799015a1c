"""The configuration that the workbench's graph and its changes are set beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.session import Session


def base_cascade(session: Session) -> Cascade | None:
    """Return what the configuration compared with makes of the model, None without one."""
    other = session.compare_source
    return None if other is None else session.workspace.picture_of(other.text).cascade
