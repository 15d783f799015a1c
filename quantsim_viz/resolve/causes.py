"""The effective difference of two configurations, grouped by the changed rule that causes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.resolve.difference import diff_cascades
from quantsim_viz.resolve.engine import resolve_edit
from quantsim_viz.resolve.rule_changes import RuleChanges
from quantsim_viz.resolve.settings import Property

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.resolve.cascade import Cascade
    from quantsim_viz.resolve.difference import ChangeGroup, Difference
    from quantsim_viz.resolve.rule_changes import RuleChange

MOST_TRIALS = 64
"""Changed rules that are tried alone to find out what they cause."""

NO_RULE = "no rule"
"""Identity of the cause of what no changed rule explains: a built-in behaviour, another match."""

_ON_OFF = {
    Property.SYMMETRIC: ("symmetric", "asymmetric"),
    Property.STRICT_SYMMETRIC: ("strict symmetric", "not strict symmetric"),
    Property.UNSIGNED_SYMMETRIC: ("unsigned symmetric", "not unsigned symmetric"),
    Property.PER_CHANNEL: ("per channel", "per tensor"),
    Property.ENABLED: ("on", "off"),
}


_DETAILS = (Property.STRICT_SYMMETRIC, Property.UNSIGNED_SYMMETRIC)


@dataclass(frozen=True, slots=True)
class CausedChanges:
    """What one changed rule does to a model.

    Attributes:
        change: The rule, and what happened to it; None for what no changed rule explains.
        groups: The changes of quantizers that it causes, the largest first.
    """

    change: RuleChange | None
    groups: tuple[ChangeGroup, ...]

    @property
    def id(self) -> str:
        """What tells it from the other causes of a difference: `RuleChange.id`, or `NO_RULE`."""
        return NO_RULE if self.change is None else self.change.id

    @property
    def tensors(self) -> tuple[str, ...]:
        """The tensors whose quantizers it changes."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group.tensors))

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that those belong to."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group.nodes))

    @property
    def is_detail(self) -> bool:
        """Whether it only says of which kind symmetric quantizers are."""
        return bool(self.groups) and all(group.property in _DETAILS for group in self.groups)

    @property
    def summary(self) -> str:
        """What it does in a few words: `12 quantizers off, 3 per channel`."""
        if not self.groups:
            return "no quantizer of this model"
        counts: dict[str, set[str]] = {}
        for group in self.groups:
            counts.setdefault(what_changes(group), set()).update(group.tensors)
        (first, tensors), *others = counts.items()
        lead = f"{len(tensors)} quantizer{'s' if len(tensors) > 1 else ''} {first}"
        return ", ".join([lead, *(f"{len(found)} {words}" for words, found in others)])

    def headline(self, names: tuple[str, str]) -> str:
        """Return the rule, the side that has it, and the summary.

        Args:
            names: What to call the two sides.
        """
        if self.change is None:
            return f"no changed rule by itself: {self.summary}"
        return f"{_place(self.change, names)}: {self.summary}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as in `diff --json`."""
        return {
            "change": None if self.change is None else self.change.to_dict(),
            "summary": self.summary,
            "quantizers": len(self.tensors),
            "tensors": list(self.tensors),
            "nodes": list(self.nodes),
            "groups": [group.to_dict() for group in self.groups],
        }


def find_causes(first: Cascade, second: Cascade, difference: Difference) -> list[CausedChanges]:
    """Group a difference by the changed rules that cause it, the widest first.

    Of equally wide ones those that say of which kind symmetric quantizers are come last.

    A group of equal changes belongs to

    1. the changed rule that decides it on the second side;
    2. else the changed rule that decided it on the first side;
    3. else the first changed rule that, made alone, makes these very changes: a fused pair of
       nodes, say, has other parameters than its nodes had;
    4. else to none.

    Changed rules that move no quantizer of the model come last.

    Args:
        first: The configuration to start from, resolved.
        second: The other one, on the same model.
        difference: What `diff_cascades` found between them.
    """
    if first.config.rules is None or second.config.rules is None:
        return []
    changes = RuleChanges(first.config.document, second.config.document)
    found: list[list[ChangeGroup]] = [[] for _ in changes]
    rest: list[ChangeGroup] = []
    for group in difference.groups:
        number = _deciding(group, changes.changes)
        (rest if number is None else found[number]).append(group)
    if rest and len(changes) <= MOST_TRIALS:
        rest = _assign_by_trial(rest, found, first, changes)
    causes = [
        CausedChanges(change, tuple(groups)) for change, groups in zip(changes, found, strict=True)
    ]
    if rest:
        causes.append(CausedChanges(None, tuple(rest)))
    return sorted(causes, key=lambda cause: (-len(cause.tensors), cause.is_detail))


def what_changes(group: ChangeGroup) -> str:
    """Return what becomes of the quantizers of a group, in a few words."""
    old, new = group.values
    words = _ON_OFF.get(group.property)
    if words is not None:
        return words[0] if new else words[1]
    if group.property is Property.TIED_TO:
        return "tied to other tensors"
    if group.property is Property.FIXED_RANGE:
        return "without a fixed range" if new is None else f"on the fixed range {_range(new)}"
    name = {Property.BITWIDTH: "bit width", Property.CHANNEL_AXIS: "channel axis"}
    return f"{name.get(group.property, 'data type')} {old} → {new}"


def _range(value: tuple[float, float | None]) -> str:
    low, high = value
    return f"[{low:g}, {'…' if high is None else format(high, 'g')}]"


def _place(change: RuleChange, names: tuple[str, str]) -> str:
    if change.kind == "removed":
        return f"{change.pointer} not in {names[1]}"
    if change.kind == "moved":
        return f"{change.pointers[0]} moved to {change.pointers[1]} in {names[1]}"
    return f"{change.pointer} in {names[1]}"


def _deciding(group: ChangeGroup, changes: Sequence[RuleChange]) -> int | None:
    for side in (1, 0):
        cause = group.causes[side]
        if cause is None or cause.rule is None:
            continue
        for number, change in enumerate(changes):
            pointer = change.pointers[side]
            if pointer is not None and f"{cause.rule}/".startswith(f"{pointer}/"):
                return number
    return None


def _assign_by_trial(
    rest: list[ChangeGroup],
    found: list[list[ChangeGroup]],
    first: Cascade,
    changes: RuleChanges,
) -> list[ChangeGroup]:
    """Give what no changed rule decides to the first one that does it alone; return the others."""
    for number, moved in _iter_trials(first, changes):
        taken = [g for g in rest if moved >= {(name, g.property) for name in g.tensors}]
        found[number] += taken
        rest = [group for group in rest if group not in taken]
        if not rest:
            break
    return rest


def _iter_trials(
    first: Cascade, changes: RuleChanges
) -> Iterator[tuple[int, set[tuple[str, Property]]]]:
    """Yield for each change that AIMET accepts alone what it changes."""
    for number, change in enumerate(changes):
        config = load_config(text=changes.alone(change).text, name=first.config.name)
        trial = resolve_edit(first, config)
        if trial.error is None:
            difference = diff_cascades(first, trial)
            yield number, {(each.tensor, each.property) for each in difference.changes}
