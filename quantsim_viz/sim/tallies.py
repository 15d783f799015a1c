"""Histograms of values in constant memory, over any number of batches.

Two passes: the first finds how far the values reach (`Extent`), the second counts them between
edges that never move (`Tally`). What is no number is left out of both, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from quantsim_viz.errors import DataError
from quantsim_viz.sim.measurements import Gauge
from quantsim_viz.sim.observers import channel_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    Doubles = NDArray[np.float64]
    Counts = NDArray[np.int64]

CHUNK = 1 << 18
"""Elements binned at a time, so that scratch memory does not grow with the tensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How far the finite values of each channel reach; every array is `[channels]`.

    Attributes:
        low: Lowest value, infinity where there is none.
        high: Highest value, minus infinity where there is none.
        elements: How many elements there were.
        nan: How many of them were NaN.
        infinite: How many of them were infinite.
    """

    low: Doubles
    high: Doubles
    elements: Counts
    nan: Counts
    infinite: Counts


@dataclass(frozen=True, slots=True)
class Extent(Gauge):
    """How far a value's finite elements reach.

    Attributes:
        value: The value.
        axis: Axis of the channels, None for all elements as one.
    """

    axis: int | None = None

    def measure(self, values: Sequence[Tensor]) -> Reach:
        """Return the reach of one batch's value."""
        rows = channel_rows(values[0], self.axis)
        channels, elements = rows.shape
        nan = infinite = np.zeros(channels, np.int64)
        if not elements:
            low, high = np.full(channels, np.inf), np.full(channels, -np.inf)
            return Reach(low, high, nan, nan, nan)
        least, most = _bounds(rows)
        if not bool(torch.isfinite(least).all() & torch.isfinite(most).all()):
            bad = torch.isnan(rows)
            nan = _array(bad.sum(1))
            bad |= torch.isinf(rows)
            infinite = _array(bad.sum(1)) - nan
            least = rows.masked_fill(bad, torch.inf).amin(1)
            most = rows.masked_fill(bad, -torch.inf).amax(1)
        low, high = _array(least.double()), _array(most.double())
        return Reach(low, high, np.full(channels, elements, np.int64), nan, infinite)

    def merge(self, total: Reach, result: Reach) -> Reach:
        """Return the reach of both.

        Raises:
            DataError: They have different numbers of channels.
        """
        check_channels(len(total.low), len(result.low))
        return Reach(
            np.minimum(total.low, result.low),
            np.maximum(total.high, result.high),
            total.elements + result.elements,
            total.nan + result.nan,
            total.infinite + result.infinite,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """The finite values of each channel, counted.

    Attributes:
        counts: `[channels, bins]`.
        below: `[channels]`, how many lie below the grid.
        above: `[channels]`, how many lie above it.
    """

    counts: Counts
    below: Counts
    above: Counts


@dataclass(frozen=True, slots=True)
class Tally(Gauge):
    """How many of a value's finite elements lie in each bin, and how many outside a grid.

    Bins are of equal width and hold their left edge; the last one holds its right edge too.

    Attributes:
        value: The value.
        low: Left edge of the first bin.
        high: Right edge of the last bin.
        bins: How many there are.
        axis: Axis of the channels, None for all elements as one.
        grid: Lowest and highest values of the grid, one a channel or one for all; None without.
    """

    low: float = 0.0
    high: float = 1.0
    bins: int = 128
    axis: int | None = None
    grid: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def measure(self, values: Sequence[Tensor]) -> Binned:
        """Return the counts of one batch's value."""
        rows = channel_rows(values[0], self.axis)
        channels = rows.shape[0]
        edges = torch.from_numpy(bin_edges(self.low, self.high, self.bins)).to(rows.device)
        base = torch.arange(channels, device=rows.device)[:, None] * self.bins
        counts = torch.zeros(channels * self.bins, dtype=torch.int64, device=rows.device)
        outside = torch.zeros(2, channels, dtype=torch.int64, device=rows.device)
        step = max(1, CHUNK // max(1, channels))
        for part in torch.split(rows, step, dim=1) if rows.numel() else ():
            places = torch.bucketize(part.double().contiguous(), edges[1:-1], right=True)
            finite = torch.isfinite(part)
            counts += torch.bincount((places + base)[finite], minlength=counts.numel())
            if self.grid is not None:
                low, high = (_column(bounds, rows) for bounds in self.grid)
                outside[0] += ((part < low) & finite).sum(1)
                outside[1] += ((part > high) & finite).sum(1)
        return Binned(
            _array(counts.reshape(channels, self.bins)), _array(outside[0]), _array(outside[1])
        )

    def merge(self, total: Binned, result: Binned) -> Binned:
        """Return the counts of both.

        Raises:
            DataError: They have different numbers of channels.
        """
        check_channels(len(total.below), len(result.below))
        return Binned(
            total.counts + result.counts, total.below + result.below, total.above + result.above
        )


def bin_edges(low: float, high: float, bins: int) -> Doubles:
    """Return the edges of bins of equal width.

    >>> bin_edges(0.0, 1.0, 4).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return np.linspace(low, high, bins + 1)


def check_channels(known: int, found: int) -> None:
    """Refuse to add up batches whose channels are not the same.

    Raises:
        DataError: One has more than the other.
    """
    if known != found:
        raise DataError(
            f"channels cannot be told apart over batches that have {known} and {found} of them",
            code="channels-differ",
            hint="measure without channels, or give data of one shape",
        )


def _bounds(rows: Tensor) -> tuple[Tensor, Tensor]:
    if rows.shape[0] == 1:
        low, high = torch.aminmax(rows)
        return low.reshape(1), high.reshape(1)
    low, high = torch.aminmax(rows, dim=1)
    return low, high


def _column(bounds: tuple[float, ...], rows: Tensor) -> Tensor:
    return torch.tensor(bounds, dtype=torch.float32, device=rows.device)[:, None]


def _array(tensor: Tensor) -> Any:
    return tensor.cpu().numpy()
