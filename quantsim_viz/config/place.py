"""From a character's offset in a text to what an editor shows: line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Place:
    r"""A stretch of a text.

    Lines end with `\n`, `\r\n` or `\r`; columns and offsets count characters (code points).

    Attributes:
        line: 1-based line of its first character.
        column: 1-based column of its first character.
        end_line: Line of the character after its last.
        end_column: Column of the character after its last.
        start: Offset of its first character.
        end: Offset of the character after its last.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class LineIndex:
    """Where the lines of one text start."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._starts.extend(match.end() for match in _LINE_END.finditer(text))

    def position(self, offset: int) -> tuple[int, int]:
        r"""Return the 1-based line and column of the character at `offset`.

        >>> LineIndex("ab\r\ncd").position(5)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def place(self, start: int, end: int) -> Place:
        """Return the stretch from `start` up to, not including, `end`."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Place(line, column, end_line, end_column, start, end)
