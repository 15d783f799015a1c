"""Changes of one value in a document's text that leave every other character as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.document import Document, Spot
from quantsim_viz.config.pointer import join, last, parent, split
from quantsim_viz.config.render import NewValue, OldText, Style, dump_string, indent_at

if TYPE_CHECKING:
    from collections.abc import Iterable

Insertion = NewValue | OldText


def value_at(data: Any, pointer: str) -> Any:
    """Return what a pointer, which must be there, points to."""
    for token in split(pointer):
        data = data[int(token)] if isinstance(data, list) else data[token]
    return data


def take(document: Document, pointer: str) -> OldText:
    """Return the value at a pointer as its author wrote it."""
    spot = document.spots[pointer]
    text = document.text[spot.value_start : spot.value_end]
    return OldText(
        text, indent_at(document.text, spot.value_start), text[:1] in "{[" and len(text) > 2
    )


def replace_value(document: Document, pointer: str, new: Insertion) -> Document:
    """Write another value where one stands."""
    text, spot = document.text, document.spots[pointer]
    indent = indent_at(text, spot.value_start)
    one_line = bool(pointer) and _is_one_line(document, parent(pointer))
    rendered = new.render(Style.of(document), indent, one_line=one_line)
    return Document(text[: spot.value_start] + rendered + text[spot.value_end :])


def rename_key(document: Document, pointer: str, key: str) -> Document:
    """Write another key where one stands; the object must not hold it yet."""
    document = _drop_hidden(document, pointer)
    spot = document.spots[pointer]
    text = document.text
    return Document(text[: spot.key_start] + dump_string(key) + text[spot.key_end :])


def remove_value(document: Document, pointer: str) -> Document:
    """Take a member or an item out, and the comma that belonged to it."""
    document = _drop_hidden(document, pointer)
    return _cut(document, parent(pointer), document.spots[pointer])


def add_member(document: Document, pointer: str, new: Insertion) -> Document:
    """Add a member to an object that does not hold its key, behind the others."""
    holder = parent(pointer)
    members = _children(document, holder)
    return _insert(document, holder, members, len(members), new, key=dump_string(last(pointer)))


def insert_item(document: Document, holder: str, index: int, new: Insertion) -> Document:
    """Put an item into an array, before the one that is number `index` now."""
    return _insert(document, holder, _children(document, holder), index, new, key=None)


def _children(document: Document, holder: str) -> list[Spot]:
    """Return the places of a container's members or items in the order of the text."""
    value = value_at(document.data, holder)
    keys: Iterable[str | int] = value if isinstance(value, dict) else range(len(value))
    pointers = [join(holder, key) for key in keys]
    found = [document.spots[pointer] for pointer in pointers]
    if document.hidden:
        found += [spot for pointer in pointers for spot in document.hidden.get(pointer, ())]
        found.sort(key=lambda spot: spot.key_start)
    return found


def _drop_hidden(document: Document, pointer: str) -> Document:
    """Take out the members whose key the pointer's member repeats: they would reappear."""
    while pointer in document.hidden:
        document = _cut(document, parent(pointer), document.hidden[pointer][0])
    return document


def _cut(document: Document, holder: str, spot: Spot) -> Document:
    text = document.text
    members = _children(document, holder)
    index = members.index(spot)
    if len(members) == 1:
        around = document.spots[holder]
        start, end = around.value_start + 1, around.value_end - 1
    elif index == len(members) - 1:
        start, end = members[index - 1].value_end, spot.value_end
    else:
        start, end = spot.key_start, members[index + 1].key_start
    return Document(text[:start] + text[end:])


def _insert(
    document: Document,
    holder: str,
    members: list[Spot],
    index: int,
    new: Insertion,
    *,
    key: str | None,
) -> Document:
    text, style = document.text, Style.of(document)
    if not members:
        return _fill(document, holder, new, style, key)
    gap = _gap(document, holder, members, index, style)
    indent = _last_indent(gap, indent_at(text, members[0].key_start))
    one_line = not _has_break(gap) or _are_one_line(text, members)
    prefix = ""
    if key is not None:
        colon = _colon(text, members, new, style)
        prefix = key + colon
        indent = _last_indent(colon, indent)
    rendered = prefix + new.render(style, indent, one_line=one_line)
    if index == len(members):
        at = members[-1].value_end
        return Document(text[:at] + gap + rendered + text[at:])
    at = members[index].key_start
    return Document(text[:at] + rendered + gap + text[at:])


def _fill(
    document: Document, holder: str, new: Insertion, style: Style, key: str | None
) -> Document:
    """Write the first member into an empty container."""
    text, spot = document.text, document.spots[holder]
    prefix = "" if key is None else key + style.colon
    opener, closer = text[spot.value_start], text[spot.value_end - 1]
    is_short = key is None and not new.is_container
    if is_short or (holder and _is_one_line(document, parent(holder))):
        inner = prefix + new.render(style, "", one_line=True)
    else:
        indent = indent_at(text, spot.value_start)
        deeper = indent + style.unit
        rendered = new.render(style, deeper, one_line=False)
        inner = style.newline + deeper + prefix + rendered + style.newline + indent
    return Document(text[: spot.value_start] + opener + inner + closer + text[spot.value_end :])


def _gap(document: Document, holder: str, members: list[Spot], index: int, style: Style) -> str:
    """Return what to write between the new member and its neighbour: a comma and blanks."""
    text = document.text
    if len(members) > 1:
        left = min(max(index - 1, 0), len(members) - 2)
        return text[members[left].value_end : members[left + 1].key_start]
    before = text[document.spots[holder].value_start + 1 : members[0].key_start]
    return "," + before if _has_break(before) else style.comma


def _colon(text: str, members: list[Spot], new: Insertion, style: Style) -> str:
    """Return what stands between key and value at the last neighbour of the new value's kind."""
    for spot in reversed(members):
        is_container = text[spot.value_start] in "{[" and spot.value_end - spot.value_start > 2
        colon = text[spot.key_end : spot.value_start]
        if is_container == new.is_container and (is_container or not _has_break(colon)):
            return colon
    return style.colon


def _last_indent(between: str, otherwise: str) -> str:
    """Return the indentation that what follows these characters has, when they break the line."""
    start = max(between.rfind("\n"), between.rfind("\r")) + 1
    return between[start:] if start and not between[start:].strip() else otherwise


def _are_one_line(text: str, members: list[Spot]) -> bool:
    """Whether the members hold containers, and each of them stands in one line."""
    containers = [
        text[spot.value_start : spot.value_end]
        for spot in members
        if text[spot.value_start] in "{[" and spot.value_end - spot.value_start > 2
    ]
    return bool(containers) and not any(_has_break(container) for container in containers)


def _is_one_line(document: Document, pointer: str) -> bool:
    spot = document.spots[pointer]
    return not _has_break(document.text[spot.value_start : spot.value_end])


def _has_break(text: str) -> bool:
    return "\n" in text or "\r" in text
