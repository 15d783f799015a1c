"""A difference as text: ten lines, not ten thousand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Property

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.resolve.difference import ChangeGroup, Difference

_SHOWN = 4
"""Tensors named in a group."""

_WORDS = {
    Property.BITWIDTH: "bit width",
    Property.DTYPE: "data type",
    Property.SYMMETRIC: "symmetric",
    Property.STRICT_SYMMETRIC: "strict symmetric",
    Property.UNSIGNED_SYMMETRIC: "unsigned symmetric",
    Property.PER_CHANNEL: "per channel",
    Property.CHANNEL_AXIS: "channel axis",
    Property.FIXED_RANGE: "fixed range",
}


def format_difference(difference: Difference) -> str:
    """Write a difference for a terminal or a review."""
    return "\n".join(_iter_lines(difference))


def _iter_lines(difference: Difference) -> Iterator[str]:
    first, second = difference.names
    if difference.is_empty:
        yield f"{first} and {second} settle every quantizer of this model alike."
        return
    for name, error in zip(difference.names, difference.errors, strict=True):
        if error is not None:
            yield f"AIMET refuses {name}: {error}"
    if difference.changes:
        quantizers = len({change.tensor for change in difference.changes})
        yield (
            f"{quantizers} quantizer{'s differ' if quantizers > 1 else ' differs'} between"
            f" {first} and {second}, for {len(difference.groups)}"
            f" reason{'s' if len(difference.groups) > 1 else ''}:"
        )
        for group in difference.groups:
            yield from _group_lines(difference, group)
    if difference.statuses:
        moves = Counter(difference.statuses.values())
        yield f"{len(difference.statuses)} nodes change status:"
        for (old, new), number in moves.most_common():
            yield f"  {number:>5}  {old} → {new}"


def _group_lines(difference: Difference, group: ChangeGroup) -> Iterator[str]:
    yield f"  {len(group.tensors):>5}  {_what(group)}: {_listed(group.tensors)}"
    for name, cause in zip(difference.names, group.causes, strict=True):
        yield f"           {name}: {'no quantizer here' if cause is None else cause}"


def _what(group: ChangeGroup) -> str:
    old, new = group.values
    if group.property is Property.ENABLED:
        return "switched on" if new else "switched off"
    if group.property is Property.TIED_TO:
        return "tied to other tensors"
    return f"{_WORDS[group.property]} {_written(old)} → {_written(new)}"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        low, high = value
        return f"[{low:g}, {'…' if high is None else format(high, 'g')}]"
    return "none" if value is None else str(value)


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
