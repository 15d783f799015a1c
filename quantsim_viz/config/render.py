"""A value as text, written the way the document around it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantsim_viz.config.document import Document

_LONGEST_LINE = 88
_INDENT = re.compile(r"[ \t]*")
_SAMPLE = 50
"""Members looked at to learn how a document is written."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is written.

    Attributes:
        unit: One step of indentation.
        newline: What ends its lines.
        colon: What stands between a key and a value in the same line.
        comma: What stands between two members in the same line.
    """

    unit: str = "    "
    newline: str = "\n"
    colon: str = ": "
    comma: str = ", "

    @classmethod
    def of(cls, document: Document) -> Style:
        """Learn the style of a document from its first members."""
        text = document.text
        default = cls()
        newline = re.search(r"\r\n|\r|\n", text)
        spots = list(document.spots.items())[1:_SAMPLE]
        units = (
            indent_at(text, spot.key_start) for pointer, spot in spots if pointer.count("/") == 1
        )
        colons = [
            text[spot.key_end : spot.value_start]
            for _, spot in spots
            if spot.key_end < spot.value_start
        ]
        inline = [colon for colon in colons if "\n" not in colon and "\r" not in colon]
        colon = inline[0] if inline else default.colon
        is_compact = colon == ":" and newline is None
        return cls(
            unit=next((unit for unit in units if unit), default.unit),
            newline=newline[0] if newline else default.newline,
            colon=colon,
            comma="," if is_compact else default.comma,
        )


@dataclass(frozen=True, slots=True)
class NewValue:
    """A Python value that is to become text."""

    value: Any

    @property
    def is_container(self) -> bool:
        """Whether it is an object or array that is not empty."""
        return isinstance(self.value, Mapping | list | tuple) and bool(self.value)

    def render(self, style: Style, indent: str, *, one_line: bool) -> str:
        """Return its text, for a place in a line indented by `indent`.

        Raises:
            ValueError: It holds something that JSON cannot say.
            TypeError: The same.
        """
        flat = _flat(self.value, style)
        if one_line or not self.is_container:
            return flat
        return _tall(self.value, style, indent)


@dataclass(frozen=True, slots=True)
class OldText:
    """A value that is moved or copied as its author wrote it."""

    text: str
    indent: str
    is_container: bool

    def render(self, style: Style, indent: str, *, one_line: bool) -> str:
        """Return its text with its lines shifted to a place indented by `indent`."""
        del style, one_line
        return re.sub(rf"(\r\n|\r|\n){re.escape(self.indent)}", rf"\g<1>{indent}", self.text)


def indent_at(text: str, offset: int) -> str:
    """Return the blank characters that the line of this offset starts with."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = _INDENT.match(text, start, offset)
    return match[0] if match else ""


def dump_string(text: str) -> str:
    """Return a JSON string; what cannot be written as UTF-8 is escaped."""
    dumped = json.dumps(text, ensure_ascii=False)
    return dumped if dumped.isascii() or is_encodable(dumped) else json.dumps(text)


def is_encodable(text: str) -> bool:
    """Whether a text can be saved as UTF-8 (half of a surrogate pair cannot)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _flat(value: Any, style: Style) -> str:
    if isinstance(value, str):
        return dump_string(value)
    if isinstance(value, Mapping):
        members = (f"{_key(key)}{style.colon}{_flat(item, style)}" for key, item in value.items())
        return "{" + style.comma.join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + style.comma.join(_flat(item, style) for item in value) + "]"
    return json.dumps(value, allow_nan=False)


def _tall(value: Any, style: Style, indent: str) -> str:
    if isinstance(value, list | tuple):
        flat = _flat(value, style)
        has_containers = any(isinstance(item, Mapping | list | tuple) for item in value)
        if not value or (not has_containers and len(indent) + len(flat) <= _LONGEST_LINE):
            return flat
        lines = [_tall(item, style, indent + style.unit) for item in value]
        opener, closer = "[", "]"
    elif isinstance(value, Mapping) and value:
        lines = [
            f"{_key(key)}{style.colon}{_tall(item, style, indent + style.unit)}"
            for key, item in value.items()
        ]
        opener, closer = "{", "}"
    else:
        return _flat(value, style)
    inner = style.newline + indent + style.unit
    return opener + inner + ("," + inner).join(lines) + style.newline + indent + closer


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"keys of an object must be str, not {type(key).__name__}")
    return dump_string(key)
