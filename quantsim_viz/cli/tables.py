"""Plain tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Sequence

Align = Literal["<", ">"]

RIGHT: Align = ">"


def format_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[Align] = ()
) -> str:
    """Align columns with two spaces between them; nothing is cut off.

    Args:
        header: One title for each column.
        rows: Cells, as many in each row as there are titles.
        align: `<` or `>` for each column; left for those not given.

    >>> print(format_table(("name", "dB"), [("conv1", "31.2"), ("fc", "8.0")], ("<", ">")))
    name     dB
    -----  ----
    conv1  31.2
    fc      8.0
    """
    table = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    sides = [*align, *["<"] * (len(widths) - len(align))]
    table.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(map(_pad, row, widths, sides)).rstrip()  # type: ignore[arg-type]  # "<" is an Align
        for row in table
    )


def _pad(cell: str, width: int, side: Align) -> str:
    space = " " * (width - _width(cell))
    return cell + space if side == "<" else space + cell


def _width(cell: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in cell)
