"""One document, one history: whatever surface an edit came from, one Undo takes it back."""

from __future__ import annotations

from dataclasses import dataclass

TYPING_PAUSE = 1.5
"""Seconds. Keystrokes that follow each other faster are one step of the history."""

LONGEST = 500
"""Steps that are kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """One state of the document.

    Attributes:
        text: The document.
        title: What made it, for the Undo button: `Conv outputs off`.
        origin: Which surface it came from: `opened`, `editor`, `form`, `graph`, `fix`, `draft`.
        time: When, in seconds.
    """

    text: str
    title: str
    origin: str
    time: float


class History:
    """The states of one document, and which of them is the present one.

    Attributes:
        version: Rises whenever the text changes by anything but typing in the editor, which then
            has to take the text over.
    """

    def __init__(self, text: str, *, time: float = 0.0) -> None:
        self._steps = [Step(text, "as opened", "opened", time)]
        self._at = 0
        self._opened = text
        self.version = 1

    @property
    def text(self) -> str:
        """The document as it is now."""
        return self._steps[self._at].text

    @property
    def opened(self) -> str:
        """The document as it was opened, or saved since."""
        return self._opened

    @property
    def is_pristine(self) -> bool:
        """Whether there is nothing to save."""
        return self.text == self._opened

    @property
    def undo_title(self) -> str | None:
        """What Undo would take back, None when there is nothing."""
        return self._steps[self._at].title if self._at > 0 else None

    @property
    def redo_title(self) -> str | None:
        """What Redo would do again, None when there is nothing."""
        return self._steps[self._at + 1].title if self._at + 1 < len(self._steps) else None

    def push(self, text: str, title: str, origin: str, *, time: float) -> None:
        """Make `text` the present state; what was undone before is forgotten.

        Typing that follows typing within `TYPING_PAUSE` joins it in one step.
        """
        if text == self.text:
            return
        now = self._steps[self._at]
        joins = origin == now.origin == "editor" and time - now.time < TYPING_PAUSE
        del self._steps[self._at + (0 if joins else 1) :]
        self._steps.append(Step(text, title, origin, time))
        if len(self._steps) > LONGEST:
            del self._steps[0]
        self._at = len(self._steps) - 1
        if origin != "editor":
            self.version += 1

    def undo(self) -> bool:
        """Go one step back; whether there was one."""
        return self._go(self._at - 1)

    def redo(self) -> bool:
        """Go one step forward; whether there was one."""
        return self._go(self._at + 1)

    def note_saved(self) -> None:
        """Take the present text for the one on disk."""
        self._opened = self.text

    def _go(self, position: int) -> bool:
        if not 0 <= position < len(self._steps):
            return False
        self._at = position
        self.version += 1
        return True
