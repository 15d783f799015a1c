"""The `percentile` scheme: ranges that leave out the ends of the distribution.

At its default of 100 it is the range of the histogram's occupied bins, by their left edges.

Source: `docs/encodings.md` §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.sim.encodings import MINIMUM_WIDTH, Encoding, Grid, encode_range, make_encoding
from quantsim_viz.sim.observers import BINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantsim_viz.sim.observers import Histogram


def encode_percentile(
    histogram: Histogram, grid: Grid, percentile: float = 100.0, axis: int | None = None
) -> Encoding:
    """Return the encodings whose range keeps `percentile` per cent of the values.

    Args:
        histogram: What was observed.
        grid: What the quantizer's settings ask for.
        percentile: 100 keeps every occupied bin; 99.9 leaves 0.1 % out at either end.
        axis: Axis of the channels, None per tensor.
    """
    low, high = occupied_range(histogram)
    if percentile < 100.0:
        low, high = _trimmed_range(histogram, high, percentile)
    low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    encoding = encode_range(low, high, grid, axis)
    return replace_unseen(encoding, histogram.seen, grid, grid.steps)


def occupied_range(histogram: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the left edges of the first and the last occupied bin, zero included.

    The range is at least `MINIMUM_WIDTH` wide. Channels without data give an arbitrary range.
    """
    occupied = histogram.density > 0
    first = occupied.argmax(1)
    last = BINS - 1 - occupied[:, ::-1].argmax(1)
    low = np.minimum(_edges(histogram, first), 0.0)
    high = np.maximum(_edges(histogram, last), 0.0)
    least = (low.astype(np.float32) + np.float32(MINIMUM_WIDTH)).astype(np.float64)
    return low, np.maximum(high, least)


def replace_unseen(encoding: Encoding, seen: NDArray[np.bool_], grid: Grid, steps: int) -> Encoding:
    """Give channels that were all zero in every batch their fixed grid, ±1 about wide."""
    if seen.all():
        return encoding
    scale = np.where(seen, encoding.scale, 2.0 / steps)
    offset = np.where(seen, encoding.offset, np.floor(-steps / 2.0))
    return make_encoding(scale, offset, grid, encoding.axis)


def _edges(histogram: Histogram, bins: NDArray[np.intp]) -> NDArray[np.float64]:
    edges: NDArray[np.float64] = (histogram.origin + bins) * histogram.width
    return edges.astype(np.float32).astype(np.float64)


def _trimmed_range(
    histogram: Histogram, largest: NDArray[np.float64], percentile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    share = np.float32(percentile / 100.0)
    cumulative = np.cumsum(histogram.density, axis=1)
    edges = (histogram.origin[:, None] + np.arange(BINS)) * histogram.width[:, None]
    first = (cumulative >= np.float32(1) - share).argmax(1)
    # The edge is compared in double precision with a maximum that was rounded to single.
    kept = (cumulative < share) & (edges < largest[:, None])
    last = np.where(kept.any(1), BINS - 1 - kept[:, ::-1].argmax(1), BINS - 1)
    rows = np.arange(len(first))
    width = histogram.width.astype(np.float32)
    low = edges[rows, first].astype(np.float32)
    high = (edges[rows, last] + width).astype(np.float32)
    high = np.where(low == high, high + width, high)
    return low.astype(np.float64), high.astype(np.float64)
