"""The document against another text, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui import documents
from quantsim_viz.ui.views.effects import count_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.ui.session import Session

AS_OPENED = ""
"""Names the document as it was opened, among what it can be held against."""

CONTEXT = 3
"""Unchanged lines that are shown around a change."""

LONG = 3000
"""Lines from which on lines that occur often are not matched, which would take minutes."""

MOST_ROWS = 2000
"""Lines that are shown."""


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
    if len(rows) > MOST_ROWS:
        words += f", the first {MOST_ROWS:,} lines shown"
    return {
        "rows": rows[:MOST_ROWS],
        "caption": f"{words}{_effect_words(session, old) if rows else ''}.".capitalize(),
        "against": AS_OPENED if other is None else other.reference,
        "choices": _choices(session),
    }


def _choices(session: Session) -> list[tuple[str, str]]:
    """Return (reference, title) of what the document can be held against."""
    found = {AS_OPENED: f"{session.workspace.source.name} as it was opened"}
    for source in (session.compare_source, session.against):
        if source is not None:
            own = source.path is not None and source.path == session.workspace.source.path
            found.setdefault(
                source.reference, f"{source.name} as it is on disk" if own else source.name
            )
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
    start, end = _alike(before, after)
    start, end = max(start - CONTEXT, 0), max(end - CONTEXT, 0)
    inner = (before[start : len(before) - end], after[start : len(after) - end])
    is_long = min(map(len, inner)) > LONG
    rows: list[dict[str, Any]] = []
    matcher = SequenceMatcher(None, *inner, autojunk=is_long)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if rows:
            rows.append({"kind": "gap", "a": None, "b": None, "text": ""})
        for tag, a1, a2, b1, b2 in group:
            rows += _rows(tag, (a1 + start, a2 + start), (b1 + start, b2 + start), before, after)
    return rows


def _alike(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many lines two texts have in common at the start and, besides, at the end."""
    most = min(len(before), len(after))
    start = next((k for k in range(most) if before[k] != after[k]), most)
    most -= start
    end = next((k for k in range(most) if before[-1 - k] != after[-1 - k]), most)
    return start, end


def _rows(
    tag: str, a: tuple[int, int], b: tuple[int, int], before: Sequence[str], after: Sequence[str]
) -> Iterator[dict[str, Any]]:
    if tag == "equal":
        for old, new in zip(range(*a), range(*b), strict=True):
            yield {"kind": "same", "a": old + 1, "b": new + 1, "text": before[old]}
        return
    for old in range(*a):
        yield {"kind": "gone", "a": old + 1, "b": None, "text": before[old]}
    for new in range(*b):
        yield {"kind": "new", "a": None, "b": new + 1, "text": after[new]}
