"""The document against another text, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui import documents
from quantsim_viz.ui.views.effects import count_changes

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session

AS_OPENED = ""
"""Names the document as it was opened, among what it can be held against."""

CONTEXT = 3
"""Unchanged lines that are shown around a change."""


def change_view(session: Session) -> dict[str, Any]:
    """Return what the document changes against the chosen text: as opened, or a preset."""
    other = session.against
    old = session.workspace.history.opened if other is None else other.text
    rows = change_rows(old, session.workspace.text)
    taken = sum(row["kind"] == "gone" for row in rows)
    added = sum(row["kind"] == "new" for row in rows)
    words = (
        f"{added} line{'' if added == 1 else 's'} added, {taken} taken out"
        if rows
        else "nothing is different"
    )
    return {
        "rows": rows,
        "caption": f"{words}{_effect_words(session, old) if rows else ''}.".capitalize(),
        "against": AS_OPENED if other is None else other.reference,
        "choices": _choices(session),
    }


def _choices(session: Session) -> list[tuple[str, str]]:
    """Return (reference, title) of what the document can be held against."""
    found = {AS_OPENED: f"{session.workspace.source.name} as it was opened"}
    for source in (session.compare_source, session.against):
        if source is not None:
            found.setdefault(source.reference, source.name)
    return list((found | dict(documents.preset_references())).items())


def _effect_words(session: Session, old: str) -> str:
    """Return what the change does to this model's quantizers."""
    workspace = session.workspace
    before, after = workspace.picture_of(old), workspace.shown()
    if before.cascade is None or after.cascade is None:
        return ""
    return f"; on this model: {count_changes(before.cascade, after).words}"


def change_rows(old: str, new: str) -> list[dict[str, Any]]:
    r"""Return the changed lines of a text with a few around them, `[]` where nothing changed.

    Each row has a `kind` (`same`, `gone`, `new`; `gap` before every stretch but the first), the
    line numbers `a` in the old and `b` in the new text, and its `text`.

    >>> [(row["kind"], row["text"]) for row in change_rows("a\nb", "a\nc")]
    [('same', 'a'), ('gone', 'b'), ('new', 'c')]
    """
    before, after = old.splitlines(), new.splitlines()
    rows: list[dict[str, Any]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if rows:
            rows.append({"kind": "gap", "a": None, "b": None, "text": ""})
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                rows += [
                    {"kind": "same", "a": a + 1, "b": b + 1, "text": before[a]}
                    for a, b in zip(range(a1, a2), range(b1, b2), strict=True)
                ]
                continue
            rows += [
                {"kind": "gone", "a": a + 1, "b": None, "text": before[a]} for a in range(a1, a2)
            ]
            rows += [
                {"kind": "new", "a": None, "b": b + 1, "text": after[b]} for b in range(b1, b2)
            ]
    return rows
