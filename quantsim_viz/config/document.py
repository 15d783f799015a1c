"""The first of a configuration's three stages: the user's text, its value, and where things stand.

**document** (text with positions) → rules → settings.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from quantsim_viz.config.place import LineIndex, Place
from quantsim_viz.config.pointer import escape
from quantsim_viz.config.syntax import find_syntax_errors, find_too_deep
from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import TreeCursor

MAX_DEPTH = 64
"""How deep containers may be nested; a configuration needs 6 levels."""

_MAX_INTEGER_DIGITS = 400
"""Digits beyond which an integer cannot be a finite double, nor anything a configuration means."""

Pairs = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Offsets of one value and, for a member of an object, of its key.

    Attributes:
        key_start: Offset of the key's opening quote; of the value, for an item of an array.
        key_end: Offset after the key's closing quote; `value_end` for an item.
        value_start: Offset of the value's first character.
        value_end: Offset after its last.
    """

    key_start: int
    key_end: int
    value_start: int
    value_end: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """What reading a text gave: its value or the reasons why it has none."""

    data: Any
    pairs: dict[int, Pairs]
    syntax: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Document:
    """A text that should be JSON; an edit makes another one (`config.edit`).

    Attributes:
        text: The text, without a byte order mark.
    """

    text: str

    @cached_property
    def _reading(self) -> _Reading:
        pairs: dict[int, Pairs] = {}
        try:
            data = _read_json(self.text, pairs)
        except ValueError:
            return _Reading(None, {}, find_syntax_errors(self.text, self.lines))
        except RecursionError:
            data = None
        if data is None or _is_deeper_than(data, MAX_DEPTH):
            too_deep = find_too_deep(self.text, MAX_DEPTH, self.lines)
            if too_deep is not None:
                return _Reading(None, {}, (too_deep,))
        return _Reading(data, pairs)

    @property
    def data(self) -> Any:
        """The value (read it only), or None when the text is not JSON."""
        return self._reading.data

    @property
    def syntax(self) -> tuple[Diagnostic, ...]:
        """Every reason why the text is not JSON; empty when it is."""
        return self._reading.syntax

    @property
    def is_json(self) -> bool:
        """Whether the text could be read."""
        return not self.syntax

    @cached_property
    def lines(self) -> LineIndex:
        """Where the lines start."""
        return LineIndex(self.text)

    @cached_property
    def _index(self) -> tuple[dict[str, Spot], dict[str, list[Spot]]]:
        if not self.is_json:
            return {}, {}
        return _index_positions(self.text, self.data, self._reading.pairs)

    @property
    def spots(self) -> dict[str, Spot]:
        """Offsets by JSON pointer, in document order; empty when the text is not JSON.

        Of a key written twice in one object the last counts, as it does for `data`.
        """
        return self._index[0]

    @property
    def hidden(self) -> dict[str, list[Spot]]:
        """Offsets of the members whose key is written again later in the same object."""
        return self._index[1]

    def place(self, pointer: str, *, of: Literal["key", "value"] = "key") -> Place:
        """Return where a JSON pointer stands in the text.

        Args:
            pointer: RFC 6901 pointer; `""` is the whole value.
            of: The member's key (an item of an array, and the root, have none: the value), or its
                value.

        Raises:
            KeyError: The document has nothing there, or is not JSON.

        >>> place = Document('{"params": {"bias": {}}}').place("/params/bias")
        >>> place.line, place.column, place.end_column
        (1, 13, 19)
        """
        spot = self.spots[pointer]
        if of == "key":
            return self.lines.place(spot.key_start, spot.key_end)
        return self.lines.place(spot.value_start, spot.value_end)

    def position(self, pointer: str) -> tuple[int, int]:
        """Return line and column of the key (or item) at a pointer.

        Raises:
            KeyError: The document has nothing there, or is not JSON.
        """
        return self.lines.position(self.spots[pointer].key_start)

    def iter_duplicate_keys(self) -> Iterator[Diagnostic]:
        """Yield a warning at each key that the same object holds again later."""
        for pointer, spots in self.hidden.items():
            for spot in spots:
                place = self.lines.place(spot.key_start, spot.key_end)
                again = self.place(pointer)
                key = self.text[spot.key_start : spot.key_end]
                yield Diagnostic(
                    "duplicate-key",
                    Severity.WARNING,
                    f"{key} is written again in line {again.line}: the last one counts, this one is"
                    " ignored. Remove one of them.",
                    rule=pointer,
                    line=place.line,
                    column=place.column,
                    end_line=place.end_line,
                    end_column=place.end_column,
                    related=(pointer,),
                )


def parse_json(text: str) -> Any:
    """Return the value of a JSON text, as every part of this package reads one.

    Strict where Python's own reader is not (`NaN`, `Infinity`), and total where it is not: a number
    beyond the range of a double is read as infinity, however many digits it has.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: It is nested too deeply for Python.
    """
    return _read_json(text, {})


def _read_json(text: str, duplicates: dict[int, Pairs]) -> Any:
    """Read a text and keep, by identity, the members of objects that repeat a key."""

    def build_object(pairs: Pairs) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            duplicates[id(members)] = pairs
        return members

    return json.loads(
        text,
        object_pairs_hook=build_object,
        parse_int=_read_integer,
        parse_constant=_refuse_constant,
    )


def _read_integer(digits: str) -> int | float:
    if len(digits) <= _MAX_INTEGER_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _is_deeper_than(data: Any, limit: int) -> bool:
    level = [data]
    for _ in range(limit):
        level = [
            child
            for container in level
            if isinstance(container, dict | list)
            for child in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


_GRAMMAR_LACKS = bytes.maketrans(b"+", b"1")
"""tree-sitter-json 0.24 takes `1e+5` for an error; to positions another digit makes no odds."""


def _index_positions(
    text: str, data: Any, duplicates: dict[int, Pairs]
) -> tuple[dict[str, Spot], dict[str, list[Spot]]]:
    """Walk the syntax tree beside the value and note where every key and value stands.

    The tree is made from the text with each character beyond ASCII (they occur inside strings only)
    replaced by one byte, so that the tree's byte offsets are offsets of characters.
    """
    from tree_sitter import Language, Parser
    from tree_sitter_json import language

    source = text.encode("ascii", "replace").translate(_GRAMMAR_LACKS)
    tree = Parser(Language(language())).parse(source)
    cursor = tree.walk()
    cursor.goto_first_child()
    spots: dict[str, Spot] = {}
    hidden: dict[str, list[Spot]] = {}
    node = cursor.node
    assert node is not None
    spots[""] = Spot(node.start_byte, node.end_byte, node.start_byte, node.end_byte)
    if data:
        _Walk(cursor, spots, hidden, duplicates).visit("", data)
    return spots, hidden


class _Walk:
    """The walk of `_index_positions`, which knows from the value what to expect in the tree."""

    __slots__ = ("cursor", "duplicates", "hidden", "spots")

    def __init__(
        self,
        cursor: TreeCursor,
        spots: dict[str, Spot],
        hidden: dict[str, list[Spot]],
        duplicates: dict[int, Pairs],
    ) -> None:
        self.cursor = cursor
        self.spots = spots
        self.hidden = hidden
        self.duplicates = duplicates

    def visit(self, pointer: str, value: Any) -> None:
        """Note every place below the (not empty) value on which the cursor stands."""
        if isinstance(value, dict):
            self._visit_object(pointer, value)
        elif isinstance(value, list):
            self._visit_array(pointer, value)

    def _visit_object(self, pointer: str, value: dict[str, Any]) -> None:
        cursor = self.cursor
        pairs = self.duplicates.get(id(value))
        last = None if pairs is None else {key: index for index, (key, _) in enumerate(pairs)}
        cursor.goto_first_child()  # {
        for index, (key, child) in enumerate(value.items() if pairs is None else pairs):
            cursor.goto_next_sibling()  # the pair
            cursor.goto_first_child()  # its key
            key_node: Any = cursor.node
            cursor.goto_next_sibling()  # :
            cursor.goto_next_sibling()  # its value
            node: Any = cursor.node
            child_pointer = f"{pointer}/{escape(key)}"
            spot = Spot(key_node.start_byte, key_node.end_byte, node.start_byte, node.end_byte)
            if last is not None and last[key] != index:
                self.hidden.setdefault(child_pointer, []).append(spot)
            else:
                self.spots[child_pointer] = spot
                if child:
                    self.visit(child_pointer, child)
            cursor.goto_parent()
            cursor.goto_next_sibling()  # , or }
        cursor.goto_parent()

    def _visit_array(self, pointer: str, value: list[Any]) -> None:
        cursor = self.cursor
        cursor.goto_first_child()  # [
        for index, child in enumerate(value):
            cursor.goto_next_sibling()  # the item
            node: Any = cursor.node
            child_pointer = f"{pointer}/{index}"
            start, end = node.start_byte, node.end_byte
            self.spots[child_pointer] = Spot(start, end, start, end)
            if child:
                self.visit(child_pointer, child)
            cursor.goto_next_sibling()  # , or ]
        cursor.goto_parent()
