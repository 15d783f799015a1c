"""Edits of a document that keep its author's hand: order, indentation and line ends stay.

What an edit means is RFC 6902's and `jsonpatch`'s business; here it is carried out on the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join, last, parent, split
from quantsim_viz.config.render import NewValue
from quantsim_viz.config.splice import (
    Insertion,
    add_member,
    insert_item,
    remove_value,
    rename_key,
    replace_value,
    take,
    value_at,
)
from quantsim_viz.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quantsim_viz.config.document import Document


def apply_patch(document: Document, patch: Iterable[Mapping[str, Any]]) -> Document:
    """Return the document after the steps of an RFC 6902 patch, in order; all of them or none.

    Every character that does not belong to a changed value stays. A member moved within its object
    is renamed where it stands.

    Raises:
        ConfigError: The document is not JSON (`not-json`); a step points to nothing, fails its test
            or is no step (`patch-failed`); the result is nested too deeply (`too-deep`).

    >>> from quantsim_viz.config import Document
    >>> patch = [{"op": "replace", "path": "/a", "value": "False"}]
    >>> apply_patch(Document('{ "a" : "True" }'), patch).text
    '{ "a" : "False" }'
    """
    if not document.is_json:
        raise ConfigError(
            "A text that is not JSON cannot be edited by rule.",
            code="not-json",
            hint="Mend the text first.",
            diagnostics=document.syntax,
        )
    for step in patch:
        _check_step(document, step)
        try:
            document = _apply_step(document, step)
        except (TypeError, ValueError) as error:
            raise _failed(step, error) from error
        if not document.is_json:
            raise ConfigError(document.syntax[0].message, code="too-deep", hint="Nest less.")
    return document


def set_value(document: Document, pointer: str, value: Any) -> Document:
    r"""Return the document with a value at a pointer, whether or not something is there.

    Objects missing on the way are made; `-` as the last name appends to an array, and makes one.

    Raises:
        ConfigError: Something on the way is neither an object nor an array (`patch-failed`), or
            what `apply_patch` raises.

    >>> from quantsim_viz.config import Document
    >>> set_value(Document("{}"), "/op_type/Conv", {}).text
    '{\n    "op_type": {\n        "Conv": {}\n    }\n}'
    """
    tokens = split(pointer)
    reached, depth = "", 0
    while depth < len(tokens) and join(reached, tokens[depth]) in document.spots:
        reached, depth = join(reached, tokens[depth]), depth + 1
    if depth == len(tokens):
        return apply_patch(document, [{"op": "replace", "path": pointer, "value": value}])
    for token in reversed(tokens[depth + 1 :]):
        value = [value] if token == "-" else {token: value}
    target = join(reached, tokens[depth])
    return apply_patch(document, [{"op": "add", "path": target, "value": value}])


def remove(document: Document, pointer: str) -> Document:
    """Return the document without what a pointer points to.

    Raises:
        ConfigError: Nothing is there, or it is the whole document (`patch-failed`).

    >>> from quantsim_viz.config import Document
    >>> remove(Document('{"a": 1, "b": 2}'), "/b").text
    '{"a": 1}'
    """
    return apply_patch(document, [{"op": "remove", "path": pointer}])


def _check_step(document: Document, step: Mapping[str, Any]) -> None:
    """Let `jsonpatch` carry the step out on the value: it says what is allowed."""
    import jsonpatch
    import jsonpointer

    try:
        jsonpatch.apply_patch(document.data, [dict(step)])
    except (
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise _failed(step, error) from error


def _failed(step: Mapping[str, Any], error: Exception) -> ConfigError:
    return ConfigError(
        f"The edit cannot be made: {error}.",
        code="patch-failed",
        hint=f"It was: {dict(step)!r:.200}.",
    )


def _apply_step(document: Document, step: Mapping[str, Any]) -> Document:
    operation, path = step["op"], step["path"]
    if operation == "test":
        return document
    if operation == "remove":
        return remove_value(document, path)
    if operation == "replace":
        return replace_value(document, path, NewValue(step["value"]))
    if operation == "add":
        return _add(document, path, NewValue(step["value"]))
    source = step["from"]
    if operation == "copy":
        return _add(document, path, take(document, source))
    if source == path:
        return document
    if _is_rename(document, source, path):
        return rename_key(document, source, last(path))
    moved = take(document, source)
    return _add(remove_value(document, source), path, moved)


def _is_rename(document: Document, source: str, path: str) -> bool:
    return (
        parent(source) == parent(path)
        and isinstance(value_at(document.data, parent(path)), dict)
        and path not in document.spots
    )


def _add(document: Document, path: str, new: Insertion) -> Document:
    holder = parent(path)
    value = value_at(document.data, holder) if path else None
    if isinstance(value, list):
        index = len(value) if last(path) == "-" else int(last(path))
        return insert_item(document, holder, index, new)
    if path in document.spots:
        return replace_value(document, path, new)
    return add_member(document, path, new)
