"""The nearest known name to a mistyped one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_LIKENESS = 70.0
"""Of 100: below, a suggestion confuses more than it helps."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like the given one, None when none is like it.

    Letter case does not matter, a name that is spelt alike but for its case comes first.

    >>> nearest("is_ouput_quantised", ["is_input_quantized", "is_output_quantized"])
    'is_output_quantized'
    >>> nearest("zebra", ["is_quantized"]) is None
    True
    """
    from rapidfuzz import fuzz, process

    if len(name) > 200:
        return None
    found = process.extractOne(
        name, sorted(known), scorer=fuzz.ratio, processor=_plain, score_cutoff=_LEAST_LIKENESS
    )
    return None if found is None else str(found[0])


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
