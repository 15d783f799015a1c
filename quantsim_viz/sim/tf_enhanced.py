"""The `tf_enhanced` scheme: the grid with the least expected squared error on the histogram.

Candidates and costs are computed in single precision where AIMET does so, because between
candidates of nearly equal cost the last bit decides.

Source: `docs/encodings.md` §4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.sim.encodings import Encoding, Grid, make_encoding, round_half_away
from quantsim_viz.sim.observers import BINS
from quantsim_viz.sim.percentile import occupied_range, replace_unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantsim_viz.sim.observers import Histogram

Single = np.float32
SATURATION_WEIGHT = 3.0
"""How much worse clipping is taken to be than rounding."""

_INTEGERS = 2.0**31


@dataclass(frozen=True, slots=True)
class Candidates:
    """Grids to choose from: scales and offsets, each `[candidates]`, in single precision."""

    scale: NDArray[np.float32]
    offset: NDArray[np.float32]


def encode_tf_enhanced(histogram: Histogram, grid: Grid, axis: int | None = None) -> Encoding:
    """Return for every channel the candidate grid with the smallest cost.

    Args:
        histogram: What was observed.
        grid: What the quantizer's settings ask for.
        axis: Axis of the channels, None per tensor.
    """
    low, high = occupied_range(histogram)
    scale, offset = np.ones(len(low)), np.zeros(len(low))
    for channel in np.flatnonzero(histogram.seen):
        bounds = Single(low[channel]), Single(high[channel])
        candidates = _candidates(*bounds, grid)
        codes = 2**grid.bitwidth - 1  # also when strict
        cost = expected_error(
            histogram, int(channel), candidates, codes, clipping=SATURATION_WEIGHT
        )
        best = int(np.argmin(cost))
        scale[channel], offset[channel] = candidates.scale[best], candidates.offset[best]
    encoding = make_encoding(scale, offset, grid, axis)
    return replace_unseen(encoding, histogram.seen, grid, 2**grid.bitwidth - 1)


def _candidates(low: np.float32, high: np.float32, grid: Grid) -> Candidates:
    if grid.symmetric:
        return _symmetric_candidates(low, high, grid)
    return _asymmetric_candidates(low, high, grid.steps)


def _symmetric_candidates(low: np.float32, high: np.float32, grid: Grid) -> Candidates:
    """Return 101 scales, from 1 % to 101 % of the one that covers the range."""
    if grid.unsigned and low == 0:
        largest, offset = Single(high / grid.steps), 0.0
    else:
        half = grid.steps / 2
        largest, offset = Single(max(abs(low), abs(high)) / Single(half)), np.floor(-half)
    scales = (_shares() * largest).astype(Single)
    return Candidates(scales, np.full(len(scales), offset, Single))


@cache
def _shares() -> NDArray[np.float32]:
    """Return 0.01, 0.02 … 1.01 as a single-precision sum of double-precision steps gives them."""
    shares = [Single(0.01)]
    while (share := Single(float(shares[-1]) + 0.01)) <= Single(1.01):
        shares.append(share)
    return np.array(shares)


def _asymmetric_candidates(low: np.float32, high: np.float32, steps: int) -> Candidates:
    """Return 17 scales × 21 offsets, cut to the range, and last the grid of the range itself."""
    base = Single((float(high) - float(low)) / steps)
    base_offset = Single(round_half_away(np.asarray(Single(low / base), np.float64)))
    low = Single(base * base_offset)
    high = Single(base * Single(base_offset + Single(steps)))
    factor = np.arange(1, 18, dtype=Single) / Single(16)
    scale = np.repeat((factor * base).astype(Single), 21)
    offset = np.trunc(-Single(steps) + Single(steps) / Single(20) * np.arange(21, dtype=Single))
    offset = np.tile(offset.astype(Single), 17)
    with np.errstate(over="ignore"):  # an infinite end is cut to the range below
        least, most = scale * offset, scale * (offset + Single(steps))
    kept = ~((least < low) & (most > high))
    least, most = np.maximum(least, low)[kept], np.minimum(most, high)[kept]
    kept = least < most
    least, most = least[kept], most[kept]
    scale = ((most.astype(np.float64) - least) / steps).astype(Single)
    offset = round_half_away((least / scale).astype(Single).astype(np.float64)).astype(Single)
    return Candidates(np.append(scale, base), np.append(offset, base_offset))


def expected_error(
    histogram: Histogram, channel: int, candidates: Candidates, codes: int, *, clipping: float
) -> NDArray[np.float64]:
    """Return the expected squared error of every candidate grid.

    Args:
        histogram: What was observed.
        channel: Which channel.
        candidates: The grids.
        codes: Number of steps of each.
        clipping: Weight of errors of values outside a grid.
    """
    width, origin = histogram.width[channel], histogram.origin[channel]
    occupied = np.flatnonzero(histogram.density[channel])
    density = histogram.density[channel][occupied]
    scale, offset = candidates.scale[:, None], candidates.offset[:, None]
    least, most = scale * offset, scale * (offset + Single(codes))
    first, last = _bin_of(least, width, origin), _bin_of(most, width, origin)
    middle = _middle_of(occupied, width, origin)
    value = middle.astype(Single)
    code = round_half_away(((value / scale).astype(Single) - offset).astype(np.float64))
    nearest = (scale * (code.astype(Single) + offset)).astype(Single)
    below, above = occupied < first, occupied >= last
    edge = _middle_of(np.where(below, first, last), width, origin)
    error = np.where(below | above, middle - edge, value.astype(np.float64) - nearest)
    weight = np.where(below | above, clipping, 1.0)
    cost: NDArray[np.float64] = (density * weight * error * error).sum(1)
    return cost


def _bin_of(value: NDArray[np.float32], width: float, origin: float) -> NDArray[np.float64]:
    """Return the bin of each value, the nearest one for values outside the histogram.

    A number beyond 32 bits wraps to the lowest integer, and so to the first bin, as in AIMET. Where
    data are so nearly constant that bins are that narrow, this decides between candidates.
    """
    distance = (value - Single(origin * width)).astype(np.float64)
    bins = np.floor(distance / width)
    bins = np.where(bins >= _INTEGERS, 0, bins)
    clipped: NDArray[np.float64] = np.clip(bins, 0, BINS - 1)
    return clipped


def _middle_of(bins: NDArray[Any], width: float, origin: float) -> NDArray[np.float64]:
    """Return the middles of bins: half a width above a left edge kept in single precision."""
    left = ((origin + bins) * width).astype(Single).astype(np.float64)
    middle: NDArray[np.float64] = left + width / 2
    return middle
