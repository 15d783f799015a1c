"""The `mse` scheme, our own: the range whose grid has the least expected squared error.

Where `tf_enhanced` weighs clipping threefold and searches a fixed set of grids, this scheme counts
every squared error alike and narrows the range from the outside in: first both ends together, then
each end alone, on the histogram that the other schemes share. It returns the grid that
`min_max` would have given for the narrowed range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.sim.encodings import Encoding, Grid, encode_range, make_encoding
from quantsim_viz.sim.percentile import occupied_range, replace_unseen
from quantsim_viz.sim.tf_enhanced import Candidates, expected_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantsim_viz.sim.observers import Histogram

_SHARES = np.linspace(1.0, 0.02, 99)
_ROUNDS = 2  # times that each end is narrowed alone


def encode_mse(histogram: Histogram, grid: Grid, axis: int | None = None) -> Encoding:
    """Return for every channel the grid with the least expected squared error.

    Args:
        histogram: What was observed.
        grid: What the quantizer's settings ask for.
        axis: Axis of the channels, None per tensor.
    """
    lows, highs = occupied_range(histogram)
    highs = np.maximum(highs, (lows.astype(np.float32) + histogram.width).astype(np.float64))
    scale, offset = np.ones(len(lows)), np.zeros(len(lows))
    for channel in np.flatnonzero(histogram.seen):
        low, high = _narrowed(histogram, int(channel), lows[channel], highs[channel], grid)
        best = encode_range(np.array([low]), np.array([high]), grid)
        scale[channel], offset[channel] = best.scale[0], best.offset[0]
    encoding = make_encoding(scale, offset, grid, axis)
    return replace_unseen(encoding, histogram.seen, grid, grid.steps)


def _narrowed(
    histogram: Histogram, channel: int, low: float, high: float, grid: Grid
) -> tuple[float, float]:
    """Return the best range found for one channel."""

    def best(lows: NDArray[np.float64], highs: NDArray[np.float64]) -> tuple[float, float]:
        encoding = encode_range(lows, highs, grid)
        candidates = Candidates(
            np.asarray(encoding.scale, np.float32), np.asarray(encoding.offset, np.float32)
        )
        error = expected_error(histogram, channel, candidates, grid.steps, clipping=1.0)
        index = int(np.argmin(error))
        return float(lows[index]), float(highs[index])

    full_low, full_high = low, high
    low, high = best(full_low * _SHARES, full_high * _SHARES)
    for _ in range(_ROUNDS):
        low, high = best(np.full(len(_SHARES), low), full_high * _SHARES)
        low, high = best(full_low * _SHARES, np.full(len(_SHARES), high))
    return low, high
