"""Changes of a text, small enough that the steps of a history travel to the browser and back."""

from __future__ import annotations

from typing import Any

MOST_STEPS = 60
"""Steps each way that a draft comes back with."""

MOST_CHARACTERS = 16_000
"""Characters each way that they may hold together."""

Change = tuple[int, int, str]
"""From which character, how many taken out, what put in."""


def change_between(old: str, new: str) -> Change:
    """Return the change that makes one text of another.

    >>> change_between("abcd", "abXd")
    (2, 1, 'X')
    """
    most = min(len(old), len(new))
    start = 0
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, len(old) - start - end, new[start : len(new) - end]


def apply_change(text: str, change: Any) -> str:
    """Return a text after a change.

    Raises:
        TypeError: It is no change.
        ValueError: It does not fit the text.

    >>> apply_change("abcd", (2, 1, "X"))
    'abXd'
    """
    start, taken, put = change
    if not isinstance(start, int) or not isinstance(taken, int) or not isinstance(put, str):
        raise TypeError("a change is a position, a length and a text")
    if not 0 <= start <= start + taken <= len(text):
        raise ValueError("the change lies outside the text")
    return text[:start] + put + text[start + taken :]
