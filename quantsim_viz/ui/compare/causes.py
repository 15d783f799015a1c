"""How two sides differ in effect, grouped by the changed rule that causes it, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.resolve import RuleChanges, diff_cascades, resolve_edit
from quantsim_viz.resolve.settings import Property
from quantsim_viz.ui.views.words import rule_label, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.difference import ChangeGroup, Difference
    from quantsim_viz.resolve.rule_changes import RuleChange
    from quantsim_viz.ui.compare.sides import Side

NO_RULE = "no rule"
"""Identity of the cause of what no changed rule explains: a built-in behaviour, another match."""

MOST_TRIALS = 40
"""Changed rules that are tried alone to find out what they cause."""

_WORDS = {
    Property.SYMMETRIC: ("symmetric", "asymmetric"),
    Property.STRICT_SYMMETRIC: ("strict symmetric", "not strict symmetric"),
    Property.UNSIGNED_SYMMETRIC: ("unsigned symmetric", "not unsigned symmetric"),
    Property.PER_CHANNEL: ("per channel", "per tensor"),
    Property.ENABLED: ("on", "off"),
}


@dataclass
class CauseOfChange:
    """A rule that differs between two documents, and what it changes on the model.

    Attributes:
        id: Its `RuleChange.id`, or `no rule`.
        change: The rule's change, None for what no changed rule explains.
        groups: The effective changes it decides.
    """

    id: str
    change: RuleChange | None
    groups: list[ChangeGroup] = field(default_factory=list)

    @property
    def nodes(self) -> list[str]:
        """The nodes it reaches."""
        return list(dict.fromkeys(name for group in self.groups for name in group.nodes))

    @property
    def tensors(self) -> list[str]:
        """The tensors whose quantizers it changes."""
        return list(dict.fromkeys(name for group in self.groups for name in group.tensors))


def find_causes(first: Cascade, second: Cascade, difference: Difference) -> list[CauseOfChange]:
    """Group the effective changes by the changed rule that causes them, the widest first.

    A group of changes belongs to

    1. the changed rule that decides it in the second document;
    2. else the one that decided it in the first and is gone;
    3. else the first one that, made alone, moves these quantizers: a fused pair of nodes, say, has
       other parameters than its nodes had;
    4. else none.

    Changed rules that change nothing on this model come last.
    """
    documents = first.config.document, second.config.document
    changes = RuleChanges(*documents) if first.config.rules and second.config.rules else None
    found = {change.id: CauseOfChange(change.id, change) for change in changes or ()}
    rest = CauseOfChange(NO_RULE, None)
    for group in difference.groups:
        change = _deciding(group, tuple(changes or ()))
        (rest if change is None else found[change.id]).groups.append(group)
    if rest.groups and changes is not None and len(changes) <= MOST_TRIALS:
        _assign_by_trial(rest, found, first, changes)
    causes = [*found.values(), *([rest] if rest.groups else [])]
    return sorted(causes, key=lambda cause: -len(cause.tensors))


def _assign_by_trial(
    rest: CauseOfChange,
    found: Mapping[str, CauseOfChange],
    first: Cascade,
    changes: RuleChanges,
) -> None:
    """Give what no rule decides to the first changed rule that moves it when it is made alone."""
    for change in changes:
        text = changes.alone(change).text
        trial = resolve_edit(first, load_config(text=text, name=first.config.name))
        if not rest.groups or trial.error is not None:
            continue
        moved = {each.tensor for each in diff_cascades(first, trial).changes}
        taken = [group for group in rest.groups if moved.issuperset(group.tensors)]
        found[change.id].groups += taken
        rest.groups = [group for group in rest.groups if group not in taken]


def _deciding(group: ChangeGroup, changes: Sequence[RuleChange]) -> RuleChange | None:
    for side in (1, 0):
        cause = group.causes[side]
        if cause is None or cause.rule is None:
            continue
        for change in changes:
            pointer = change.pointers[side]
            if pointer is not None and f"{cause.rule}/".startswith(f"{pointer}/"):
                return change
    return None


def cause_rows(
    causes: Sequence[CauseOfChange], pair: tuple[Side, Side], letters: tuple[str, str]
) -> list[dict[str, Any]]:
    """Return causes as the page shows them."""
    data = [side.picture.config.document.data if side.picture.config else {} for side in pair]
    return [_row(cause, data, letters) for cause in causes]


def _row(cause: CauseOfChange, data: Sequence[Any], letters: tuple[str, str]) -> dict[str, Any]:
    change = cause.change
    row: dict[str, Any] = {
        "id": cause.id,
        "quantizers": len(cause.tensors),
        "nodes": cause.nodes,
        "effects": [effect_text(group) for group in cause.groups],
        "text": effects_text(cause.groups),
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
    old, new = (
        "" if value is None or isinstance(value, dict) else value_text(value)
        for value in change.values
    )
    if change.kind == "added":
        return f"only in {second}: {new}" if new else f"only in {second}"
    if change.kind == "removed":
        return f"only in {first}: {old}" if old else f"only in {first}"
    if change.kind == "moved":
        return f"elsewhere in the list of {second}"
    return f"{old} in {first}, {new} in {second}"


def effects_text(groups: Sequence[ChangeGroup]) -> str:
    """Return what changes from A to B in a line: `12 quantizers off, 3 per channel`."""
    if not groups:
        return "changes nothing on this model"
    counts: dict[str, set[str]] = {}
    for group in groups:
        counts.setdefault(_what(group), set()).update(group.tensors)
    parts = [f"{len(tensors)} {words}" for words, tensors in counts.items()]
    lead, *others = parts
    number, _, words = lead.partition(" ")
    plural = "" if number == "1" else "s"
    return ", ".join([f"{number} quantizer{plural} {words}", *others])


def effect_text(group: ChangeGroup) -> dict[str, Any]:
    """Return one group of equal changes: what, and on which tensors."""
    return {"what": _what(group), "count": len(group.tensors), "tensors": list(group.tensors[:6])}


def _what(group: ChangeGroup) -> str:
    old, new = group.values
    words = _WORDS.get(group.property)
    if words is not None:
        return words[0] if new else words[1]
    if group.property is Property.TIED_TO:
        return "tied to others"
    if group.property is Property.BITWIDTH:
        return f"with {new} bits, not {old}"
    if group.property is Property.FIXED_RANGE:
        return "with the range observed" if new is None else f"on the fixed range {value_text(new)}"
    if group.property is Property.CHANNEL_AXIS:
        return f"with channel axis {new}, not {old}"
    return f"{group.property.value} {value_text(new)}, not {value_text(old)}"


def _builtin_words(groups: Sequence[ChangeGroup]) -> str:
    names: Mapping[str, None] = dict.fromkeys(
        cause.builtin
        for group in groups
        for cause in reversed(group.causes)
        if cause is not None and cause.builtin is not None
    )
    return ", ".join(names) if names else "a consequence of the others"
