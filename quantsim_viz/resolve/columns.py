"""Declarations as columns: the rows that stages yield, and the fold that makes settings of them.

A stage is a pure function from the settings so far to a list of rows. Folding copies only the
columns that the rows touch, so that the settings after every stage can be kept and an edit can
start again in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from quantsim_viz.resolve.settings import Property

PROPERTIES = tuple(Property)
ENABLED, BITWIDTH, DTYPE, SYMMETRIC, STRICT, UNSIGNED, PER_CHANNEL, AXIS, FIXED, TIED = range(10)
"""Positions of the columns; `PROPERTIES` names them in the same order."""

Row = tuple[int, int, Any, str | None, str | None, int, int]
"""(quantizer, property, value, rule's pointer, built-in's name, source quantizer or -1, agrees).

`agrees` is -1 for a row that takes effect, otherwise the position, in the same stage's list, of the
equal earlier row that makes this one void (first-write rule, `docs/semantics.md` §3).
"""


class UniformRows(Sequence[Row]):
    """One declaration made of every quantizer in a range, without a row held for each."""

    __slots__ = ("builtin", "pointer", "prop", "quantizers", "value")

    def __init__(
        self, quantizers: range, prop: int, value: Any, pointer: str | None, builtin: str | None
    ) -> None:
        self.quantizers = quantizers
        self.prop = prop
        self.value = value
        self.pointer = pointer
        self.builtin = builtin

    def __len__(self) -> int:
        return len(self.quantizers)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        chosen = self.quantizers[index]
        return [self._row(q) for q in chosen] if isinstance(chosen, range) else self._row(chosen)

    def _row(self, quantizer: int) -> Row:
        return (quantizer, self.prop, self.value, self.pointer, self.builtin, -1, -1)


Rows = tuple[Sequence[Row], ...]
"""A stage's declarations in order, in parts; positions (`agrees`) count within a part."""

Columns = list[list[Any]]
"""One list a property, one place in it a quantizer. Never changed once made: `fold` copies."""


def start_columns(bits: Sequence[int], dtypes: Sequence[str]) -> Columns:
    """Return the settings before the first stage: everything off, asymmetric, per tensor (§3).

    Args:
        bits: Bit width of each quantizer.
        dtypes: `int` or `float` for each quantizer.
    """
    count = len(bits)
    columns: Columns = [[False] * count for _ in PROPERTIES]
    columns[BITWIDTH] = list(bits)
    columns[DTYPE] = list(dtypes)
    columns[AXIS] = [None] * count
    columns[FIXED] = [None] * count
    columns[TIED] = [None] * count
    return columns


def fold(columns: Columns, parts: Rows) -> Columns:
    """Return the settings after a stage: `columns` with every effective row applied in order.

    >>> before = start_columns([8], ["int"])
    >>> after = fold(before, ([(0, ENABLED, True, None, "start", -1, -1)],))
    >>> before[ENABLED], after[ENABLED]
    ([False], [True])
    """
    result = list(columns)
    fresh: set[int] = set()
    for part in parts:
        if isinstance(part, UniformRows):
            where = part.quantizers
            column = result[part.prop].copy()
            column[where.start : where.stop] = [part.value] * len(where)
            result[part.prop] = column
            fresh.add(part.prop)
            continue
        for quantizer, prop, value, _rule, _builtin, _source, agrees in part:
            if agrees >= 0:
                continue
            if prop not in fresh:
                fresh.add(prop)
                result[prop] = result[prop].copy()
            result[prop][quantizer] = value
    return result
