"""One document, one history: whatever surface an edit came from, one Undo takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.trail import MOST_CHARACTERS, MOST_STEPS, apply_change, change_between

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def trail(self) -> dict[str, list[Any]]:
        """Return the steps around the present one as changes, for a draft to come back with.

        `undo` leads back from the present text, `redo` forward: each entry has title and origin of
        a step and the change of text that leads to the one before or to itself.
        """
        back = [
            [now.title, now.origin, change_between(now.text, before.text)]
            for now, before in zip(
                self._steps[self._at : 0 : -1], self._steps[self._at - 1 :: -1], strict=False
            )
        ]
        forth = [
            [after.title, after.origin, change_between(now.text, after.text)]
            for now, after in zip(
                self._steps[self._at :], self._steps[self._at + 1 :], strict=False
            )
        ]
        return {"undo": _capped(back), "redo": _capped(forth)}

    def revive(self, text: str, trail: Mapping[str, Any], *, time: float) -> None:
        """Take up a draft with the steps that led to it and those that were undone.

        A trail that does not fit the text, which the browser may have damaged, is left out.
        """
        back, forth = _steps_along(text, trail, "undo"), _steps_along(text, trail, "redo")
        first = self._steps[0]
        steps = [Step(earlier, "earlier edits", "draft", time) for _, _, earlier in reversed(back)]
        steps.append(Step(text, "draft restored", "draft", time))
        for place, (title, origin, _) in enumerate(back):
            at = len(steps) - 1 - place
            steps[at] = Step(steps[at].text, title, origin, time)
        if steps[0].text == first.text:
            steps[0] = first
        else:
            steps.insert(0, first)
        self._at = len(steps) - 1
        steps += [Step(later, title, origin, time) for title, origin, later in forth]
        self._steps = steps
        self.version += 1

    def _go(self, position: int) -> bool:
        if not 0 <= position < len(self._steps):
            return False
        self._at = position
        self.version += 1
        return True


def _capped(entries: list[list[Any]]) -> list[list[Any]]:
    """Return the nearest of some steps, few and short enough to travel with every answer."""
    kept, characters = [], 0
    for entry in entries[:MOST_STEPS]:
        characters += len(entry[2][2])
        if characters > MOST_CHARACTERS:
            break
        kept.append(entry)
    return kept


def _steps_along(text: str, trail: Mapping[str, Any], way: str) -> list[tuple[str, str, str]]:
    """Return (title, origin, text) of the steps one way, as far as they can be followed."""
    found = []
    entries = trail.get(way)
    for entry in entries if isinstance(entries, list) else ():
        try:
            title, origin, change = entry
            text = apply_change(text, change)
        except (TypeError, ValueError):
            break
        found.append((str(title), str(origin), text))
    return found
