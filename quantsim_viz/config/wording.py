"""How findings speak of values: short, and safe to print anywhere."""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 40


def short(text: str) -> str:
    r"""Return a text of at most 40 characters in which nothing is invisible.

    Control characters, halves of surrogate pairs and the like are escaped as Python does it.

    >>> short("a\nb")
    'a\\nb'
    """
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def shown(value: Any) -> str:
    """Return a JSON value as a sentence shows it: scalars as written, containers by their kind.

    >>> shown("True"), shown(True), shown([1])
    ('"True"', 'true', 'a list')
    """
    if isinstance(value, str):
        return f'"{short(value)}"'
    if isinstance(value, dict | list):
        return kind(value)
    return short(json.dumps(value))


def kind(value: Any) -> str:
    """Return what sort of JSON value this is, with its value where that is short.

    >>> kind(True), kind(None), kind(3), kind("3")
    ('the JSON value true', 'null', 'the number 3', 'the text "3"')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the JSON value {shown(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    return f"the number {shown(value)}"
