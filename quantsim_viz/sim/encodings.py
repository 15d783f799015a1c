"""Encodings: the grid a quantizer puts values on, and how a range becomes one.

Everything here is double precision, as in AIMET (`docs/encodings.md` §2 and §5); arrays are
`[channels]`, with one channel for a per-tensor quantizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantsim_viz.resolve.settings import QuantizerSetting

LIMIT = 0.99 * float(np.finfo(np.float32).max)
"""Ranges and grids stay within this magnitude; infinities count as it."""

SINGLE_EPSILON = float(np.finfo(np.float32).eps)
MINIMUM_WIDTH = 0.01
"""Narrowest range that histograms and fixed ranges give."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The shape of a quantizer's grid, before its data are known.

    Attributes:
        bitwidth: Number of bits.
        symmetric: Zero in the middle of the codes.
        strict: Symmetric without the lowest code.
        unsigned: Symmetric grids of data without negatives use unsigned codes.
    """

    bitwidth: int
    symmetric: bool = False
    strict: bool = False
    unsigned: bool = False

    @classmethod
    def of(cls, setting: QuantizerSetting) -> Grid:
        """Return the grid that a quantizer's settings ask for."""
        return cls(
            setting.bitwidth,
            setting.symmetric,
            setting.strict_symmetric,
            setting.unsigned_symmetric,
        )

    @property
    def steps(self) -> int:
        """Number of steps between the lowest and the highest code."""
        return (1 << self.bitwidth) - (2 if self.symmetric and self.strict else 1)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A complete grid: `real = scale · (code + offset)`, codes from 0 to `steps`.

    Each tuple has one entry a channel. A `float` encoding (float16) has no grid: its tuples are
    empty and quantizing is a cast.

    Attributes:
        scale: Distance between neighbouring values.
        offset: Code of the lowest value, at most 0.
        minimum: Lowest value.
        maximum: Highest value.
        bitwidth: Number of bits.
        symmetric: As configured, also where the data made the grid unsigned.
        axis: Axis of the channels, None per tensor.
        dtype: `int` or `float`.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    bitwidth: int
    symmetric: bool
    axis: int | None = None
    dtype: str = "int"

    @property
    def steps(self) -> int:
        """Number of steps between the lowest and the highest value."""
        return round((self.maximum[0] - self.minimum[0]) / self.scale[0])

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the encoding as in `simulate --json`, one object a channel."""
        return [
            {
                "min": low,
                "max": high,
                "scale": scale,
                "offset": int(offset),
                "bitwidth": self.bitwidth,
                "symmetric": self.symmetric,
            }
            for low, high, scale, offset in zip(
                self.minimum, self.maximum, self.scale, self.offset, strict=True
            )
        ]


FLOAT16 = Encoding((), (), (), (), bitwidth=16, symmetric=False, dtype="float")


def make_encoding(
    scale: NDArray[np.float64],
    offset: NDArray[np.float64],
    grid: Grid,
    axis: int | None = None,
) -> Encoding:
    """Return the encoding of a grid with these scales and offsets (both `[channels]`)."""
    low, high = offset * scale, (offset + grid.steps) * scale
    return Encoding(
        tuple(scale.tolist()),
        tuple(offset.tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
        grid.bitwidth,
        grid.symmetric,
        axis,
    )


def round_half_away(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to the nearest integer, halves away from zero.

    >>> round_half_away(np.array([-2.5, -0.4, 0.5])).tolist()
    [-3.0, -0.0, 1.0]
    """
    whole = np.trunc(x)
    return whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0.0)


def encode_range(
    low: NDArray[np.float64], high: NDArray[np.float64], grid: Grid, axis: int | None = None
) -> Encoding:
    """Turn observed ranges into encodings.

    1. Zero is always inside the range; both ends stay within `LIMIT`.
    2. Symmetric: the scale that covers both sides, using all codes of the negative one.
    3. Asymmetric, or unsigned symmetric without negatives: the range is divided into steps and
       moved (never widened) so that zero is a code.
    4. The scale has a floor: 2⁻²³ up to 16 bits.

    Args:
        low: Lowest observed value of each channel.
        high: Highest observed value of each channel.
        grid: What the quantizer's settings ask for.
        axis: Axis of the channels, None per tensor.

    Returns:
        The encoding, one entry a channel.

    Source: `docs/encodings.md` §2.
    """
    steps = grid.steps
    low, high = np.clip(low, -LIMIT, 0.0), np.clip(high, 0.0, LIMIT)
    positive, negative = steps // 2, steps - steps // 2
    affine = np.full(low.shape, not grid.symmetric)
    if grid.symmetric and grid.unsigned:
        affine = low == 0.0
    scale = np.where(affine, (high - low) / steps, np.maximum(high / positive, -low / negative))
    scale = np.maximum(scale, min(SINGLE_EPSILON, MINIMUM_WIDTH / steps))
    offset = np.clip(round_half_away(low / scale), -float(steps), 0.0)
    offset = np.where(affine, offset, -float(negative)) + 0.0
    scale = np.minimum(scale, LIMIT / np.maximum(-offset, steps + offset))
    return make_encoding(scale, offset, grid, axis)


def constrain(encoding: Encoding, fixed_range: tuple[float, float | None], grid: Grid) -> Encoding:
    """Rebuild an encoding on a fixed range (`encoding_constraints`).

    A maximum of None keeps the observed one. Unlike `encode_range`, offsets are rounded half to
    even and `unsigned` is ignored.

    Source: `docs/encodings.md` §5.
    """
    low = np.full(len(encoding.scale), float(fixed_range[0]))
    high = np.asarray(encoding.maximum)
    if fixed_range[1] is not None:
        high = np.full(len(encoding.scale), float(fixed_range[1]))
    low = np.minimum(low, 0.0)
    high = np.maximum(np.maximum(high, 0.0), low + MINIMUM_WIDTH)
    if grid.symmetric:
        half = 2 ** (grid.bitwidth - 1)
        scale = np.maximum(high / (half - 1), -low / half)
        offset = np.full(low.shape, float(-half + int(grid.strict)))
    else:
        scale = (high - low) / (2**grid.bitwidth - 1)
        offset = np.round(low / scale) + 0.0
    return make_encoding(scale, offset, grid, encoding.axis)
