"""How a status looks: one table for the live graph, the static drawing and the app's legends.

Hues are those of Okabe and Ito ("Color Universal Design", 2008). No status is told by hue alone:
each has a mark, a word and a way of filling its strip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Paint:
    """The look of one status.

    Attributes:
        status: Which one.
        code: Its character in a status string (`encode_statuses`).
        word: What the interface calls it.
        sense: What it means, in a sentence for a tooltip.
        mark: Its sign in running text.
        fill: How a node's strip is filled: `solid`, `upper`, `lower`, `left`, `none`.
        light: Colour on a light background, `#RRGGBB`.
        dark: Colour on a dark background.
    """

    status: Status
    code: str
    word: str
    sense: str
    mark: str
    fill: str
    light: str
    dark: str


PALETTE: tuple[Paint, ...] = (
    Paint(
        Status.QUANTIZED,
        "q",
        "quantized",
        "Its outputs and all its weights are on an integer grid.",
        "■",
        "solid",
        "#0072B2",
        "#3D9BD9",
    ),
    Paint(
        Status.INPUT_WEIGHT,
        "i",
        "inputs and weights",
        "It reads quantized inputs and weights, its output stays float.",
        "◩",
        "upper",
        "#0072B2",
        "#3D9BD9",
    ),
    Paint(
        Status.WEIGHT_ONLY,
        "w",
        "weights only",
        "Only its weights are on an integer grid.",
        "◧",
        "lower",
        "#0072B2",
        "#3D9BD9",
    ),
    Paint(
        Status.OUTPUT_ONLY,
        "o",
        "output only",
        "Its output is on an integer grid, its weights are not.",
        "◨",
        "left",
        "#56B4E9",
        "#7CC8F2",
    ),
    Paint(
        Status.FUSED,
        "s",
        "fused",
        "An inner member of a supergroup: only the group's last output is quantized.",
        "⛓",
        "none",
        "#0072B2",
        "#3D9BD9",
    ),
    Paint(
        Status.PASSTHROUGH,
        "p",
        "carries its input's grid",
        "It only moves values, so its output is still on the grid of its input.",
        "→",
        "none",
        "#6B7280",
        "#9AA3B2",
    ),
    Paint(
        Status.FLOAT,
        "f",
        "float",
        "It computes in floating point.",
        "ƒ",
        "none",
        "#E69F00",
        "#F0B429",
    ),
    Paint(
        Status.UNQUANTIZABLE,
        "u",
        "no float data",
        "It works on integers, shapes or truth values: there is nothing to quantize.",
        "·",
        "none",
        "#A3AAB5",
        "#6F7887",
    ),
    Paint(
        Status.CONFLICT,
        "c",
        "AIMET refuses",
        "AIMET would refuse this configuration because of this node.",
        "!",
        "solid",
        "#D55E00",
        "#F07B2B",
    ),
)
"""Every status, in the order of the legend."""

UNKNOWN_CODE = "?"
"""Stands in a status string for a node without a status: no configuration is shown."""

CIVIDIS: tuple[str, ...] = (
    "#00224E",
    "#123570",
    "#3B496C",
    "#575D6D",
    "#707173",
    "#8A8678",
    "#A59C74",
    "#C3B369",
    "#E1CC55",
    "#FEE838",
)
"""Ten even steps of matplotlib's perceptually uniform cividis scale (Nuñez et al., 2018)."""

SQNR_RANGE_DB = (0.0, 60.0)
"""Fixed end points of the SQNR scale, so that two drawings can be compared by eye."""

BITWIDTH_COLOURS: Mapping[str, tuple[str, str]] = {
    "4": ("#CC79A7", "#DE97BE"),
    "8": ("#0072B2", "#3D9BD9"),
    "16": ("#009E73", "#2BC299"),
    "32": ("#8C6D1F", "#C9A94A"),
    "float16": ("#7A5CC0", "#A78BEA"),
    "mixed": ("#4B5563", "#AAB2C0"),
    "float": ("#E69F00", "#F0B429"),
}
"""Light and dark colour of a bit width."""

_BY_STATUS = {paint.status: paint for paint in PALETTE}
_BY_CODE = {paint.code: paint for paint in PALETTE}
_CODE_OF_NUMBER = "".join(_BY_STATUS[status].code for status in Status).encode().ljust(256, b"?")


def paint_of(status: Status) -> Paint:
    """Return the look of `status`.

    >>> paint_of(Status.FLOAT).word
    'float'
    """
    return _BY_STATUS[status]


def encode_statuses(statuses: Iterable[Status | None]) -> str:
    """Return one character a node, what travels to the browser on every edit.

    >>> encode_statuses([Status.QUANTIZED, Status.FLOAT, None])
    'qf?'
    """
    return "".join(UNKNOWN_CODE if s is None else _BY_STATUS[s].code for s in statuses)


def encode_numbers(numbers: bytes) -> str:
    """Return the same of statuses that are told by their place among all, as a cascade does.

    >>> encode_numbers(bytes([4, 8]))
    'qf'
    """
    return numbers.translate(_CODE_OF_NUMBER).decode()


def decode_statuses(codes: str) -> tuple[Status | None, ...]:
    """Return the statuses that `encode_statuses` wrote.

    >>> decode_statuses("q?")
    (<Status.QUANTIZED: 'quantized'>, None)

    Raises:
        KeyError: A character is not a status code.
    """
    return tuple(None if c == UNKNOWN_CODE else _BY_CODE[c].status for c in codes)


def mix(first: str, second: str, share: float) -> str:
    """Return the colour `share` of the way from `first` to `second`, both `#RRGGBB`.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def palette_data() -> dict[str, Any]:
    """Return the tables as the JSON object the browser paints by."""
    return {
        "statuses": [
            {
                "code": paint.code,
                "status": paint.status.value,
                "word": paint.word,
                "sense": paint.sense,
                "mark": paint.mark,
                "fill": paint.fill,
                "light": paint.light,
                "dark": paint.dark,
            }
            for paint in PALETTE
        ],
        "cividis": list(CIVIDIS),
        "sqnr": list(SQNR_RANGE_DB),
        "bits": {name: list(pair) for name, pair in BITWIDTH_COLOURS.items()},
    }
