"""The configurations of a comparison, each a document that can be edited where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.ui.workspace import Workspace

if TYPE_CHECKING:
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.documents import ConfigSource
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.workspace import Picture

LETTERS = "ABCDEF"
"""What the sides are called; more than six nobody reads."""

DOCUMENT = "document"
"""Names the workbench's document, where a configuration to compare is asked for."""


class Side:
    """One configuration of a comparison: the workbench's document, or one of its own.

    Attributes:
        reference: What it was chosen by: `document`, `as opened`, a preset, a path, a file name.
        own: Its document and history; None for the workbench's.
        jump: (line, n): where its editor last had to go.
    """

    def __init__(self, session: Session, reference: str, own: Workspace | None) -> None:
        self._session = session
        self.reference = reference
        self.own = own
        self.jump = (0, 0)

    @property
    def is_document(self) -> bool:
        """Whether it is what the workbench edits."""
        return self.own is None

    @property
    def workspace(self) -> Workspace:
        """Its document, on the model."""
        return self._session.workspace if self.own is None else self.own

    @property
    def text(self) -> str:
        """Its document's text."""
        return self.workspace.text

    @property
    def source(self) -> ConfigSource:
        """It as a configuration that could be opened."""
        return replace(self.workspace.source, text=self.text)

    @property
    def name(self) -> str:
        """What to call it."""
        if self.own is None:
            return self._session.document_name
        edited = "" if self.own.history.is_pristine else ", edited"
        return f"{self.own.source.name}{edited}"

    @property
    def picture(self) -> Picture:
        """What it means on the model, or what it last meant while it is not valid."""
        return self.workspace.shown()

    @property
    def cascade(self) -> Cascade | None:
        """What is in effect, None while nothing was ever valid."""
        return self.picture.cascade

    @property
    def problem(self) -> str:
        """Why it cannot be simulated, `""` when it can."""
        picture = self.workspace.picture()
        if picture.cascade is None:
            errors = [d.message for d in picture.diagnostics if d.severity.value == "error"]
            return f"Not valid: {errors[0] if errors else 'no rule can be read from it'}"
        error = picture.cascade.error
        return "" if error is None else f"AIMET refuses it: {error.message}"

    @property
    def is_for_another_model(self) -> bool:
        """Whether it has rules for operator types and supergroups, and none applies to a node."""
        cascade = self.cascade
        counts = {} if cascade is None else cascade.rules
        own = [p for p in counts if p.startswith(("/op_type/", "/supergroups/"))]
        return bool(own) and not any(counts[pointer].nodes for pointer in own)

    def follow(self) -> None:
        """Take over the model and the bit widths that the session has now."""
        if self.own is None:
            return
        main = self._session.workspace
        if self.own.model is not main.model:
            self.own = Workspace(main.model, self.own.source, history=self.own.history)
        self.own.param_bits, self.own.act_bits = main.param_bits, main.act_bits

    def type_text(self, text: str) -> None:
        """Take over what was typed in its editor."""
        self.workspace.type_text(text)

    def go_to(self, line: int) -> None:
        """Show a line of it in its editor."""
        self.jump = (line, self.jump[1] + 1)


def own_side(session: Session, reference: str, source: ConfigSource) -> Side:
    """Return a side with a document of its own."""
    side = Side(session, reference, Workspace(session.workspace.model, source))
    side.follow()
    return side
