"""A difference as text: ten lines, not ten thousand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quantsim_viz.resolve.causes import what_changes
from quantsim_viz.resolve.settings import Property

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.resolve.causes import CausedChanges
    from quantsim_viz.resolve.difference import ChangeGroup, Difference

_SHOWN = 4
"""Tensors or nodes named in a line."""


def format_difference(difference: Difference, causes: Sequence[CausedChanges] | None = None) -> str:
    """Write a difference for a terminal or a review.

    Args:
        difference: What differs.
        causes: The same by changed rule (`find_causes`); by deciding rule alone without it.
    """
    return "\n".join(_iter_lines(difference, causes))


def _iter_lines(difference: Difference, causes: Sequence[CausedChanges] | None) -> Iterator[str]:
    first, second = difference.names
    if difference.is_empty:
        yield f"{first} and {second} settle every quantizer of this model alike."
        return
    for name, error in zip(difference.names, difference.errors, strict=True):
        if error is not None:
            yield f"AIMET refuses {name}: {error}"
    if difference.changes:
        acting = [cause for cause in causes or () if cause.groups]
        quantizers = len({change.tensor for change in difference.changes})
        count = len(acting) or len(difference.groups)
        yield (
            f"{quantizers} quantizer{'s differ' if quantizers > 1 else ' differs'} between"
            f" {first} and {second}, for {count} reason{'s' if count > 1 else ''}:"
        )
        for cause in acting:
            yield from _cause_lines(difference, cause)
        if not acting:
            for group in difference.groups:
                yield from _group_lines(difference, group)
        idle = sum(not cause.groups for cause in causes or ())
        if idle:
            rules = "rule decides" if idle == 1 else "rules decide"
            yield f"{idle} further changed {rules} none of these."
    if difference.statuses:
        moves = Counter(difference.statuses.values())
        yield f"{len(difference.statuses)} nodes change status:"
        for (old, new), number in moves.most_common():
            yield f"  {number:>5}  {old} → {new}"


def _cause_lines(difference: Difference, cause: CausedChanges) -> Iterator[str]:
    yield f"  {cause.headline(difference.names)}"
    yield f"           nodes: {_listed(cause.nodes)}"
    for group in cause.groups:
        yield from _group_lines(difference, group)


def _group_lines(difference: Difference, group: ChangeGroup) -> Iterator[str]:
    what = what_changes(group)
    if group.property is Property.ENABLED:
        what = f"switched {what}"
    yield f"  {len(group.tensors):>5}  {what}: {_listed(group.tensors)}"
    for name, cause in zip(difference.names, group.causes, strict=True):
        yield f"           {name}: {'no quantizer here' if cause is None else cause}"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
