"""The configuration that the workbench's graph and its changes are set beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.session import Session


def base_cascade(session: Session) -> Cascade | None:
    """Return what the configuration set beside the document makes of the model.

    The one chosen on the Compare page, else the one that the changes are held against, else what
    an edited document was; None for a document that is as it was opened.
    """
    other = session.compare_source or session.against or session.compared
    return None if other is None else session.workspace.picture_of(other.text).cascade
