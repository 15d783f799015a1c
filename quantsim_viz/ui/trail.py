"""Changes of a text, small enough that the steps of a history travel to the browser and back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_STEPS = 60
"""Steps each way that a draft comes back with."""

MOST_CHARACTERS = 16_000
"""Characters each way that they may hold together."""

Change = tuple[int, int, str]
"""From which character, how many taken out, what put in."""


@lru_cache(maxsize=256)
def change_between(old: str, new: str) -> Change:
    """Return the change that makes one text of another.

    >>> change_between("abcd", "abXd")
    (2, 1, 'X')
    """
    most = min(len(old), len(new))
    start = _longest(most, lambda length: old[:length] == new[:length])
    end = _longest(most - start, lambda length: old.endswith(new[len(new) - length :]))
    return start, len(old) - start - end, new[start : len(new) - end]


def _longest(most: int, alike: Callable[[int], bool]) -> int:
    """Return the greatest length up to which two texts are alike, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if alike(middle) else (low, middle - 1)
    return low


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
