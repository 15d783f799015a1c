"""What changed between two configurations, rule by rule, and the documents in between.

A change is a leaf of the document that was added, removed or given another value, or one
supergroup (or pass) that was added, removed or moved among the others. Any subset of the changes
makes a document between the two: none gives the first one's meaning, all the second one's.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from quantsim_viz.config.edit import apply_patch
from quantsim_viz.config.pointer import from_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from quantsim_viz.config.document import Document

Kind = Literal["added", "removed", "changed", "moved"]
Path = tuple[str, ...]

LISTS = ("supergroups", "supergroup_pass_list")
"""Top-level lists whose items are rules of their own."""

_WHOLE = "encoding_constraints"
"""An object that is one rule: its two ends are of no use without each other."""

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs between two documents.

    Attributes:
        pointer: Where the rule stands: in the second document, or in the first if it was removed.
        kind: What happened to it on the way from the first document to the second.
        pointers: Its JSON pointer on either side, None where that side does not have it.
        lines: Its 1-based line on either side.
        values: Its value on either side, as JSON has it; None where that side does not have it.
    """

    pointer: str
    kind: Kind
    pointers: tuple[str | None, str | None]
    lines: tuple[int | None, int | None]
    values: tuple[Any, Any]

    @property
    def id(self) -> str:
        """What tells it from every other change between the same two documents.

        The pointer, but of a removed item of a list `removed:` and the pointer: another item may
        stand there in the second document.
        """
        is_item = self.pointer.split("/")[1] in LISTS
        return f"removed:{self.pointer}" if self.kind == "removed" and is_item else self.pointer

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON."""
        return {
            "id": self.id,
            "pointer": self.pointer,
            "kind": self.kind,
            "pointers": list(self.pointers),
            "lines": list(self.lines),
            "values": list(self.values),
        }

    def __str__(self) -> str:
        old, new = (_written(value) for value in self.values)
        if self.kind == "changed":
            return f"{self.pointer}: {old} → {new}"
        if self.kind == "moved":
            return f"{self.pointers[0]} moved to {self.pointers[1]}: {new}"
        return f"{self.pointer} {self.kind}: {new if self.kind == 'added' else old}"


class RuleChanges:
    """Every change between two documents.

    Args:
        first: The document to start from.
        second: The document to end at. Both are valid configurations.

    >>> from quantsim_viz.config import Document
    >>> between = RuleChanges(Document('{"params": {"bias": 1}}'), Document('{"params": {}}'))
    >>> [str(change) for change in between]
    ['/params/bias removed: 1']
    """

    def __init__(self, first: Document, second: Document) -> None:
        self.first = first
        self.second = second
        self._leaves = tuple(dict(_iter_leaves(side.data)) for side in (first, second))
        self._slots = {name: _align(first.data, second.data, name) for name in LISTS}
        self._numbers: dict[tuple[str, Any], int] = {}
        self.changes: tuple[RuleChange, ...] = tuple(self._iter_changes())

    def __iter__(self) -> Iterator[RuleChange]:
        """Yield the changes, entries first, then supergroups and passes."""
        return iter(self.changes)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.changes)

    def alone(self, change: RuleChange) -> Document:
        """Return the first document with this change and no other."""
        return _edited(self.first, self.data({self.changes.index(change)}))

    def all_but(self, change: RuleChange) -> Document:
        """Return the second document without this change."""
        rest = set(range(len(self.changes))) - {self.changes.index(change)}
        return _edited(self.second, self.data(rest))

    def patch(self, change: RuleChange) -> tuple[Mapping[str, Any], ...]:
        """Return the RFC 6902 patch of the first document that makes this change alone."""
        return _patch(self.first, self.data({self.changes.index(change)}))

    def data(self, chosen: Collection[int]) -> dict[str, Any]:
        """Return the value of the document in which the changes of these numbers are made."""
        built: dict[str, Any] = {}
        for path in self._paths:
            number = self._numbers.get(("", path))
            side = self._leaves[0 if number is None else number in chosen]
            value = side.get(path, _NOTHING)
            if value is not _NOTHING:
                _put(built, path, copy.deepcopy(value))
        for path in self._entries[0] & self._entries[1]:
            _put(built, path, None)
        for name, slots in self._slots.items():
            if name in self.first.data or name in self.second.data:
                kept = [slot.item for slot in slots if self._is_kept(name, slot, chosen)]
                if kept or (name in self.first.data and name in self.second.data):
                    built[name] = copy.deepcopy(kept)
        return built

    @cached_property
    def _paths(self) -> list[Path]:
        return list(dict.fromkeys((*self._leaves[0], *self._leaves[1])))

    @cached_property
    def _entries(self) -> tuple[set[Path], set[Path]]:
        """The objects on either side."""
        first, second = (set(_iter_objects(side.data)) for side in (self.first, self.second))
        return first, second

    def _is_kept(self, name: str, slot: _Slot, chosen: Collection[int]) -> bool:
        number = self._numbers.get((name, slot.change))
        if number is None:
            return True
        return (number in chosen) == (slot.side == 1)

    def _iter_changes(self) -> Iterator[RuleChange]:
        number = 0
        for path in self._paths:
            old, new = (side.get(path, _NOTHING) for side in self._leaves)
            is_filled = old in ({}, _NOTHING) and new in ({}, _NOTHING) and self._is_entry(path)
            if old == new or is_filled:
                continue
            self._numbers["", path] = number
            number += 1
            pointer = from_path(path)
            yield self._change(
                (None if old is _NOTHING else pointer, None if new is _NOTHING else pointer),
                (None if old is _NOTHING else old, None if new is _NOTHING else new),
            )
        for name, slots in self._slots.items():
            places: dict[Any, list[str | None]] = {}
            for slot in slots:
                if slot.change is not None:
                    places.setdefault(slot.change, [None, None])[slot.side] = slot.pointer
            items = {slot.change: slot.item for slot in slots}
            for key, (old_place, new_place) in places.items():
                self._numbers[name, key] = number
                number += 1
                item = items[key]
                values = (item if old_place else None, item if new_place else None)
                yield self._change((old_place, new_place), values)

    def _is_entry(self, path: Path) -> bool:
        """Tell whether both sides have an object there: an empty one is then no change."""
        return path in self._entries[0] and path in self._entries[1]

    def _change(
        self, pointers: tuple[str | None, str | None], values: tuple[Any, Any]
    ) -> RuleChange:
        old, new = pointers
        kind: Kind = "changed"
        if old is None or new is None:
            kind = "added" if old is None else "removed"
        elif old.split("/")[1] in LISTS:
            kind = "moved"
        lines = (
            None if old is None else self.first.position(old)[0],
            None if new is None else self.second.position(new)[0],
        )
        return RuleChange(str(new or old), kind, pointers, lines, values)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in the list that both lists merge into.

    Attributes:
        item: What stands there.
        side: Which document has it there; 0 for what both have.
        pointer: Where it stands in that document.
        change: Which change fills or empties it, None for what both have.
    """

    item: Any
    side: int
    pointer: str
    change: Any = None


def _align(first: Mapping[str, Any], second: Mapping[str, Any], name: str) -> list[_Slot]:
    """Merge two lists: what stands in both in the same order is common, the rest is changes."""
    lists = first.get(name, []), second.get(name, [])
    texts = [[json.dumps(item, sort_keys=True) for item in items] for items in lists]
    slots: list[_Slot] = []
    seen: tuple[dict[str, int], dict[str, int]] = ({}, {})

    def take(side: int, index: int) -> None:
        text = texts[side][index]
        nth = seen[side][text] = seen[side].get(text, 0) + 1
        slots.append(_Slot(lists[side][index], side, from_path([name, index]), (text, nth)))

    matcher = SequenceMatcher(None, texts[0], texts[1], autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            slots += [_Slot(lists[0][i], 0, from_path([name, i])) for i in range(a, a_end)]
            continue
        for index in range(a, a_end):
            take(0, index)
        for index in range(b, b_end):
            take(1, index)
    return slots


def _iter_leaves(data: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in data.items():
        if not path and key in LISTS:
            continue
        here = (*path, key)
        if isinstance(value, dict) and value and key != _WHOLE:
            yield from _iter_leaves(value, here)
        else:
            yield here, value


def _iter_objects(data: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    for key, value in data.items():
        if isinstance(value, dict) and key != _WHOLE:
            yield (*path, key)
            yield from _iter_objects(value, (*path, key))


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value on a path, objects on the way made; None makes an object if nothing is there."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
    if value is None or value == {}:
        data.setdefault(path[-1], {})
    else:
        data[path[-1]] = value


def _edited(document: Document, data: Mapping[str, Any]) -> Document:
    """Return a document edited to another value, what stays keeping its text."""
    return apply_patch(document, _patch(document, data))


def _patch(document: Document, data: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    import jsonpatch

    return tuple(jsonpatch.make_patch(document.data, data))


def _written(value: Any) -> str:
    if isinstance(value, dict) and list(value) == ["op_list"]:
        return " → ".join(map(str, value["op_list"]))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
