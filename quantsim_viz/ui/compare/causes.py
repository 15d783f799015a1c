"""The causes of a difference (`resolve.find_causes`) as the Compare page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.causes import what_changes
from quantsim_viz.ui.views.words import rule_label, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve import CausedChanges
    from quantsim_viz.resolve.difference import ChangeGroup
    from quantsim_viz.resolve.rule_changes import RuleChange
    from quantsim_viz.ui.compare.sides import Side


def cause_rows(
    causes: Sequence[CausedChanges], pair: tuple[Side, Side], letters: tuple[str, str]
) -> list[dict[str, Any]]:
    """Return causes as the page shows them."""
    data = [side.picture.config.document.data if side.picture.config else {} for side in pair]
    return [_row(cause, data, letters) for cause in causes]


def _row(cause: CausedChanges, data: Sequence[Any], letters: tuple[str, str]) -> dict[str, Any]:
    change = cause.change
    row: dict[str, Any] = {
        "id": cause.id,
        "quantizers": len(cause.tensors),
        "nodes": list(cause.nodes),
        "effects": [effect_text(group) for group in cause.groups],
        "text": cause.summary if cause.groups else "changes nothing on this model",
    }
    if change is None:
        row["label"] = "No changed rule: " + _builtin_words(cause.groups)
        return row
    side = 1 if change.pointers[1] is not None else 0
    pointer = change.pointers[side]
    assert pointer is not None
    row |= {
        "label": rule_label(pointer, data[side]),
        "pointer": pointer,
        "what": change_words(change, letters),
        "places": [
            {"letter": letter, "line": line}
            for letter, line in zip(letters, change.lines, strict=True)
            if line is not None
        ],
    }
    return row


def change_words(change: RuleChange, letters: tuple[str, str]) -> str:
    """Return what happened to a rule between A and B: `only in B: True`."""
    first, second = letters
    old, new = map(_words, change.values)
    if old == new:
        old, new = (_words(value, digits=6) for value in change.values)
    if change.kind == "added":
        return f"only in {second}: {new}" if new else f"only in {second}"
    if change.kind == "removed":
        return f"only in {first}: {old}" if old else f"only in {first}"
    if change.kind == "moved":
        return f"elsewhere in the list of {second}"
    return f"{old} in {first}, {new} in {second}"


def _words(value: Any, *, digits: int = 3) -> str:
    """Return a rule's value for reading, `""` for what its label says already.

    >>> _words({"min": 0.0, "max": 0.99609375}), _words({"op_list": ["Conv"]}), _words("True")
    ('[0, 0.996]', '', 'True')
    """
    if isinstance(value, dict) and "min" in value:
        ends = (value["min"], value.get("max"))
        low, high = ("…" if end is None else f"{end:.{digits}g}" for end in ends)
        return f"[{low}, {high}]"
    return "" if value is None or isinstance(value, dict) else value_text(value)


def effect_text(group: ChangeGroup) -> dict[str, Any]:
    """Return one group of equal changes: what, and on which tensors."""
    return {
        "what": what_changes(group),
        "count": len(group.tensors),
        "tensors": list(group.tensors[:6]),
    }


def _builtin_words(groups: Sequence[ChangeGroup]) -> str:
    names: Mapping[str, None] = dict.fromkeys(
        cause.builtin
        for group in groups
        for cause in reversed(group.causes)
        if cause is not None and cause.builtin is not None
    )
    return ", ".join(names) if names else "a consequence of the others"
