"""What can be compared: the document, what it was, the presets, files; and what is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config import list_presets
from quantsim_viz.ui.compare.comparing import AS_OPENED
from quantsim_viz.ui.compare.sides import DOCUMENT, LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config import Preset
    from quantsim_viz.ui.compare.sides import Side
    from quantsim_viz.ui.session import Session


def catalogue(session: Session) -> dict[str, Any]:
    """Return the left column of the page: the sides, and everything that could be one."""
    comparing = session.comparing
    letters: dict[str, list[str]] = {}
    for letter, side in comparing.sides.items():
        letters.setdefault(side.reference, []).append(letter)
    rows = [row | {"letters": letters.get(row["reference"], [])} for row in _rows(session)]
    free = next((letter for letter in LETTERS[2:] if letter not in comparing.sides), "")
    return {
        "rows": rows,
        "sides": [_side(letter, side) for letter, side in comparing.sides.items()],
        "other": comparing.other,
        "next": free,
    }


def _rows(session: Session) -> Iterator[dict[str, Any]]:
    workspace = session.workspace
    yield _row(DOCUMENT, f"Document: {session.document_name}", "What the workbench edits")
    if not workspace.history.is_pristine:
        hint = "The workbench's document before it was edited"
        yield _row(AS_OPENED, f"{workspace.source.name}, as opened", hint)
    files = session.comparing.files
    known = {*files, DOCUMENT, AS_OPENED}
    presets = list_presets(include_aimet=True)
    known |= {preset.name for preset in presets}
    named = {
        side.reference: side
        for side in session.comparing.sides.values()
        if side.reference not in known
    }
    if files or named:
        yield _heading("Files")
        for reference, source in files.items():
            yield _row(reference, source.name, "Private to this page")
        for reference, side in named.items():
            yield _row(reference, side.workspace.source.name, reference)
    for heading, origin in (("Presets", "shipped"), ("Installed AIMET", "aimet")):
        listed = [preset for preset in presets if preset.origin == origin]
        if listed:
            yield _heading(heading)
        for preset in listed:
            yield _row(preset.name, preset.title, _hint(preset))


def _hint(preset: Preset) -> str:
    parts = [preset.description]
    if preset.target:
        parts.append(f"For {preset.target}; {preset.bit_widths}.")
    if preset.checked:
        parts.append(f"Sources looked at on {preset.checked}.")
    if preset.cannot_express:
        parts.append("It cannot express: " + " ".join(preset.cannot_express))
    return "\n".join(parts)


def _row(reference: str, title: str, hint: str) -> dict[str, Any]:
    return {"kind": "row", "reference": reference, "title": title, "hint": hint}


def _heading(title: str) -> dict[str, Any]:
    return {"kind": "heading", "reference": f"#{title}", "title": title, "hint": ""}


def _side(letter: str, side: Side) -> dict[str, Any]:
    return {
        "letter": letter,
        "name": side.name,
        "problem": side.problem,
        "note": _note(side),
    }


def _note(side: Side) -> str:
    """Return what to know of a side: whose document it is, and whether it is for this model."""
    words = ["the workbench's document"] if side.is_document else []
    if side.is_for_another_model:
        words.append("none of its operator types is in this model; its defaults alone act")
    return "; ".join(words)
