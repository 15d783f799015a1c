"""How large things will be on screen, estimated without a screen.

The layout runs on the server, where nobody knows the browser's fonts; these widths are those of a
typical interface sans serif, a little generous so that labels fit.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from quantsim_viz.viz.engines import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.viz.groups import Group
    from quantsim_viz.viz.skeleton import Part, Terminal

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}/\\- ·")
_WIDE = frozenset("mwMW@%—…")
_UPPER = frozenset("ABCDEFGHKLNOPQRSTUVXYZ&#_0123456789×=+<>")


@lru_cache(maxsize=65536)
def text_width(text: str, size: float) -> float:
    """Return the width of `text` set in `size` pixels, in pixels.

    >>> text_width("iii", 10) < text_width("mmm", 10)
    True
    """
    ems = 0.0
    for character in text:
        if character in _NARROW:
            ems += 0.33
        elif character in _WIDE:
            ems += 0.9
        elif character in _UPPER:
            ems += 0.63
        else:
            ems += 0.55 if character < "\u2e80" else 1.0
    return ems * size


def shorten(text: str, limit: int) -> str:
    """Cut the middle out of a text longer than `limit` characters, keeping more of its end.

    >>> shorten("encoder.layers.0.attention.query", 16)
    'encod…tion.query'
    """
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


TITLE_SIZE = 12.5
NAME_SIZE = 10.5
PART_SIZE = 10
"""Pixels of a node's three lines: operator, name, parameters."""

STRIP = 22
"""Pixels of the strip at a node's left that carries colour and mark."""

FIGURE_ROOM = 54
"""Pixels kept free beside the title, for a bit width or an SQNR figure."""

NODE_HEIGHT = 40
PART_HEIGHT = 17
NODE_WIDTHS = (112, 232)
NAME_LIMIT = 32
PARTS_SHOWN = 3


def card_box(op_type: str, name: str, parts: Sequence[Part]) -> Box:
    """Return the size of a node's card; widths step by 8 so that equal structures repeat."""
    shown = [part for part in parts if part.is_float][:PARTS_SHOWN]
    wanted = max(
        text_width(op_type, TITLE_SIZE) * 1.06 + FIGURE_ROOM,
        text_width(shorten(name, NAME_LIMIT), NAME_SIZE),
        sum(text_width(chip_text(part), PART_SIZE) + 20 for part in shown),
    )
    return Box(_step(STRIP + 20 + wanted, NODE_WIDTHS), NODE_HEIGHT + (PART_HEIGHT if shown else 0))


def chip_text(part: Part) -> str:
    """Return what a parameter's chip says: its short name and its shape."""
    return f"{part.label} {part.detail.split(' ', 1)[-1]}"


def terminal_box(terminal: Terminal) -> Box:
    """Return the size of the pill of a graph input or output."""
    text = f"{shorten(terminal.name, NAME_LIMIT)}  {terminal.detail}"
    return Box(_step(text_width(text, NAME_SIZE) + 28, (64, 260)), 24)


def group_box(group: Group) -> Box:
    """Return the size of a collapsed group."""
    return Box(_step(title_width(group) + 16, (168, 280)), 56)


def title_width(group: Group) -> int:
    """Return the width a group's title line needs."""
    text = f"{shorten(group.label, NAME_LIMIT)}   {len(group)} nodes"
    return round(text_width(text, TITLE_SIZE) + 40)


def _step(width: float, limits: tuple[int, int]) -> int:
    low, high = limits
    return min(max(8 * math.ceil(width / 8), low), high)
