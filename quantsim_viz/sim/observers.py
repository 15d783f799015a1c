"""Observers: what calibration remembers of a tensor, in constant memory over any number of batches.

Each class of this module sees a tensor a batch, as `[channels, elements]` (one channel for a
per-tensor quantizer). The algorithms are AIMET's (`docs/encodings.md` §1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from quantsim_viz.sim.encodings import LIMIT, MINIMUM_WIDTH
from quantsim_viz.sim.operators.layout import in_memory_order

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

BINS = 1536
"""Bins of a histogram; the first tensor's own range takes the middle third of them."""

CHUNK = 1 << 18
"""Elements binned at a time, so that scratch memory does not grow with the tensor."""


def channel_rows(tensor: Tensor, axis: int | None) -> Tensor:
    """Return a tensor as float32 `[channels, elements]`; a view where that is possible.

    >>> channel_rows(torch.zeros(2, 3, 4), 1).shape
    torch.Size([3, 8])
    """
    tensor = tensor.detach().to(torch.float32)
    if axis is None:
        return in_memory_order(tensor).reshape(1, -1)
    rows = tensor.movedim(axis, 0)
    return rows.reshape(rows.shape[0], math.prod(rows.shape[1:]))


def finite_range(rows: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest value of each row.

    NaN elements are left out and infinities count as `±LIMIT`. A row without any number gives
    `(inf, -inf)`, which leaves a running range untouched.

    Args:
        rows: `[channels, elements]`.
    """
    channels = rows.shape[0]
    if rows.numel() == 0:
        return np.full(channels, np.inf), np.full(channels, -np.inf)
    if channels == 1:
        low, high = (bound.reshape(1) for bound in torch.aminmax(rows))
    else:
        low, high = torch.aminmax(rows, dim=1)
    if bool(torch.isnan(low).any()):
        missing = torch.isnan(rows)
        low = torch.where(missing, torch.inf, rows).amin(1)
        high = torch.where(missing, -torch.inf, rows).amax(1)
    lows = low.cpu().numpy().astype(np.float64)
    highs = high.cpu().numpy().astype(np.float64)
    empty = lows > highs
    lows, highs = np.clip(lows, -LIMIT, LIMIT), np.clip(highs, -LIMIT, LIMIT)
    return np.where(empty, np.inf, lows), np.where(empty, -np.inf, highs)


class RangeObserver:
    """The running minimum and maximum of every channel over all batches."""

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis
        self.low: NDArray[np.float64] | None = None
        self.high: NDArray[np.float64] | None = None

    def observe(self, tensor: Tensor) -> None:
        """Widen the range by a tensor's own."""
        if tensor.numel():
            self.merge(*finite_range(channel_rows(tensor, self.axis)))

    def merge(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Widen the range by one observed elsewhere; `inf, -inf` are no data."""
        self.low = low if self.low is None else np.minimum(self.low, low)
        self.high = high if self.high is None else np.maximum(self.high, high)

    def range(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return `[channels]` minima and maxima, or None when nothing was seen.

        A channel that had nothing but NaN is taken as all zero.
        """
        if self.low is None or self.high is None:
            return None
        empty = self.low > self.high
        return np.where(empty, 0.0, self.low), np.where(empty, 0.0, self.high)


@dataclass(frozen=True, slots=True)
class Histogram:
    """The observed distribution of every channel.

    Attributes:
        density: `[channels, BINS]`; a row of zeros where nothing but zeros was seen.
        origin: `[channels]` number of the first bin; bin k starts at `(origin + k) · width`.
        width: `[channels]` width of a bin.
        seen: `[channels]`, whether the grid was ever fixed (anything but zeros was seen).
    """

    density: NDArray[np.float64]
    origin: NDArray[np.float64]
    width: NDArray[np.float64]
    seen: NDArray[np.bool_]


class HistogramObserver:
    """A histogram of every channel on a grid that the first tensor not all zero fixes.

    The grid never grows: values of later batches outside it are dropped from the counts but still
    count in the total, and batches weigh alike whatever their size.

    Attributes:
        axis: Axis of the channels, None per tensor.
        is_stained: Whether an infinity or NaN was among the values.

    Source: `docs/encodings.md` §1.
    """

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis
        self.is_stained = False
        self._density: NDArray[np.float64] | None = None
        self._origin: NDArray[np.float64] = np.empty(0)
        self._width: NDArray[np.float64] = np.empty(0)
        self._calls: NDArray[np.float64] = np.empty(0)

    @property
    def is_started(self) -> bool:
        """Whether every channel has its grid, so that order does not matter any more."""
        return self._density is not None and bool(self._width.all())

    def observe(self, tensor: Tensor) -> None:
        """Add one batch."""
        rows = channel_rows(tensor, self.axis)
        if rows.shape[1] == 0:
            return
        if not (self.is_stained or math.isfinite(rows.sum().item())):
            self.is_stained = not bool(torch.isfinite(rows).all())
        if self._density is None:
            channels = rows.shape[0]
            self._density = np.zeros((channels, BINS))
            self._origin, self._width = np.zeros(channels), np.zeros(channels)
            self._calls = np.zeros(channels)
        self._fix_grids(rows)
        started = np.flatnonzero(self._width)
        if started.size == 0:
            return
        counts = self._count(rows if started.size == len(self._width) else rows[started], started)
        density = counts / rows.shape[1]
        self._calls[started] += 1
        step = self._calls[started][:, None]
        self._density[started] += (density - self._density[started]) / step

    def histogram(self) -> Histogram | None:
        """Return the distribution so far, or None when nothing was seen."""
        if self._density is None:
            return None
        return Histogram(
            self._density.copy(), self._origin.copy(), self._width.copy(), self._width > 0
        )

    def _fix_grids(self, rows: Tensor) -> None:
        waiting = np.flatnonzero(self._width == 0)
        if waiting.size == 0:
            return
        candidates = rows if waiting.size == rows.shape[0] else rows[waiting]
        nonzero = ((candidates != 0) & ~torch.isnan(candidates)).any(1).cpu().numpy()
        if not nonzero.any():
            return
        low, high = finite_range(candidates)
        chosen = waiting[nonzero]
        self._width[chosen], self._origin[chosen] = _bin_grid(low[nonzero], high[nonzero])

    def _count(self, rows: Tensor, channels: NDArray[np.intp]) -> NDArray[np.float64]:
        reciprocal = (1.0 / self._width[channels]).astype(np.float32)
        factor = torch.from_numpy(reciprocal).to(rows.device)[:, None]
        origin = torch.from_numpy(self._origin[channels]).to(rows.device)[:, None]
        base = torch.arange(rows.shape[0], device=rows.device)[:, None] * BINS
        counts = torch.zeros(rows.shape[0] * BINS, dtype=torch.int64, device=rows.device)
        step = max(1, CHUNK // rows.shape[0])
        for start in range(0, rows.shape[1], step):
            bins = (rows[:, start : start + step] * factor).floor_().double().sub_(origin)
            inside = (bins >= 0) & (bins < BINS)  # false for NaN, and infinities fall outside
            counts += torch.bincount(
                (bins.nan_to_num_(0).clamp_(0, BINS - 1).long() + base)[inside],
                minlength=counts.numel(),
            )
        return counts.reshape(rows.shape[0], BINS).cpu().numpy().astype(np.float64)


class TiedObserver:
    """One histogram of several tensors that share a quantizer.

    The tensor that AIMET would be shown first fixes the grid. Until one has, the tensors of a
    batch are held back and shown in that order.

    Args:
        tensors: How many tensors share the quantizer.
    """

    def __init__(self, tensors: int = 1) -> None:
        self._tensors = tensors
        self._observer = HistogramObserver()
        self._held: dict[int, Tensor] = {}

    @property
    def is_stained(self) -> bool:
        """Whether an infinity or NaN was among the values."""
        return self._observer.is_stained

    def observe(self, tensor: Tensor, turn: int = 0) -> None:
        """Add one tensor of a batch.

        Args:
            tensor: Any shape.
            turn: Its place in the order of execution, from 0.
        """
        if self._observer.is_started:
            self._observer.observe(tensor)
            return
        self._held[turn] = tensor
        if len(self._held) == self._tensors:
            for held in sorted(self._held):
                self._observer.observe(self._held[held])
            self._held.clear()

    def histogram(self) -> Histogram | None:
        """Return the distribution so far, or None when nothing was seen."""
        return self._observer.histogram()


def _bin_grid(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return width and origin of the bins that surround these ranges threefold."""
    single = np.float32
    with np.errstate(over="ignore"):
        mn, mx = low.astype(single), high.astype(single)
        mx = np.where(mn == mx, np.maximum(mx, mn + single(MINIMUM_WIDTH)), mx)
        middle = ((mn.astype(np.float64) + mx) / 2).astype(single)
        left = np.clip(middle - single(3) * (middle - mn), -single(LIMIT), single(LIMIT))
        right = np.clip(middle + single(3) * (mx - middle), -single(LIMIT), single(LIMIT))
    width = (right.astype(np.float64) - left) / BINS
    # A constant too large for its neighbour to be distinguished has no width of its own.
    width = np.where(width > 0, width, np.abs(middle) * 2.0**-20 / BINS)
    return width, np.floor(left / width)
