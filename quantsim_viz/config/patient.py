"""A text that is not JSON, under repair: every character remembers where it came from."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field

STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'
TOKENS = re.compile(rf"{STRING}|[\[\]{{}}]")
_STRINGS_AND_BRACKETS = re.compile(rf'{STRING}|[\[\]{{}}"]')
_BLANK = re.compile(r"[ \t\n\r]*")
CLOSER = {"{": "}", "[": "]"}


@dataclass(slots=True)
class Patient:
    """The text under repair, and where each of its characters comes from."""

    text: str
    origin: array[int]
    found: list[tuple[str, str, int, int]] = field(default_factory=list)

    def replace(self, start: int, end: int, new: str) -> None:
        """Write other characters in place of those from `start` up to, not including, `end`."""
        source = self.origin[start] if start < len(self.origin) else self.end_of_text
        self.text = self.text[:start] + new + self.text[end:]
        if len(new) != end - start:
            self.origin[start:end] = array("I", [source] * len(new))

    def blank(self, start: int, end: int) -> None:
        """Write as many blanks there."""
        self.replace(start, end, " " * (end - start))

    def report(self, code: str, message: str, start: int, end: int) -> None:
        """Note a finding at the characters from `start` up to, not including, `end`."""
        begin = self.origin[start] if start < len(self.origin) else self.end_of_text
        last = self.origin[end - 1] + 1 if start < end <= len(self.origin) else begin
        self.found.append((code, message, begin, max(begin, last)))

    @property
    def end_of_text(self) -> int:
        """Offset in the original text after the last character that is still there."""
        return self.origin[-1] + 1 if self.origin else 0

    def skip_blank(self, offset: int) -> int:
        """Return the offset of the first character from `offset` on that is not blank."""
        match = _BLANK.match(self.text, offset)
        return match.end() if match else offset

    def before(self, offset: int) -> int:
        """Return the offset of the last character before `offset` that is not blank, or -1."""
        while offset > 0 and self.text[offset - 1] in " \t\n\r":
            offset -= 1
        return offset - 1

    def char(self, offset: int) -> str:
        """Return the character at `offset`, `""` outside the text."""
        return self.text[offset] if 0 <= offset < len(self.text) else ""

    def open_brackets(self, until: int) -> list[int]:
        """Return the offsets of the brackets that are open at `until`, outermost first."""
        stack: list[int] = []
        for match in TOKENS.finditer(self.text, 0, until):
            if match[0] in "[{":
                stack.append(match.start())
            elif match[0] in "]}" and stack:
                stack.pop()
        return stack

    def open_string(self, until: int) -> int:
        """Return where the string starts that is still open at `until`."""
        for match in _STRINGS_AND_BRACKETS.finditer(self.text, 0, until):
            if match[0] == '"':
                return match.start()
        return until


@dataclass(frozen=True, slots=True)
class Trouble:
    """One complaint of the reader: its words, and the first character that is not blank there."""

    kind: str
    offset: int
    at: int
    char: str
    before: int
