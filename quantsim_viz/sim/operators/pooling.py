"""Poolings over windows and over whole planes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product
from math import ceil, floor
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.registry import operator
from quantsim_viz.sim.operators.windows import Windows, is_symmetric, pad_spatial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_AVERAGE_POOLS: dict[int, Callable[..., Tensor]] = {
    1: functional.avg_pool1d,
    2: functional.avg_pool2d,
    3: functional.avg_pool3d,
}


def _lowest(dtype: torch.dtype) -> float:
    return float("-inf") if dtype.is_floating_point else torch.iinfo(dtype).min


def _rounded_up(
    windows: Windows, pads: Sequence[int], lengths: Sequence[int], kernel: Sequence[int]
) -> tuple[int, ...]:
    """Return pads that let the last, partial window of `ceil_mode` fit.

    A window that would start behind the input and its padding before does not count.
    """
    rank = windows.rank
    behind = []
    for axis, extent in enumerate(windows.extents(kernel)):
        stride, first, last = windows.strides[axis], pads[axis], pads[rank + axis]
        room = lengths[axis] + first + last - extent
        count = -(-room // stride) + 1
        if (count - 1) * stride >= lengths[axis] + first:
            count -= 1
        behind.append(max(last, last + (count - 1) * stride - room))
    return (*pads[:rank], *behind)


def _unfold(x: Tensor, windows: Windows, kernel: Sequence[int]) -> Tensor:
    """Return a view `[N, C, *counts, *kernel]` of every window of an already padded input."""
    rank = windows.rank
    for axis, extent in enumerate(windows.extents(kernel)):
        x = x.unfold(2 + axis, extent, windows.strides[axis])
    steps = tuple(slice(None, None, step) for step in windows.dilations)
    return x[(slice(None),) * (2 + rank) + steps]


def _last_axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


@operator("MaxPool")
def max_pool(spec: OperatorSpec) -> Kernel:
    """Take the largest element of each window, and where it was if that is asked for.

    One axis after the other, as maxima of shifted slices: on a CPU that is ten times as fast as
    torch's own pooling, which always looks for the places as well.
    """
    size = spec.integers("kernel_shape") or ()
    windows = Windows.of(spec, len(size))
    round_up = spec.flag("ceil_mode")
    if spec.wants(1):
        return _max_pool_with_places(spec, windows, size)

    def kernel(x: Tensor) -> Tensor:
        pads = windows.padding(x.shape[2:], size)
        if round_up:
            pads = _rounded_up(windows, pads, x.shape[2:], size)
        x = pad_spatial(x, pads, _lowest(x.dtype))
        for axis, extent in enumerate(windows.extents(size)):
            x = _slide_maximum(x, 2 + axis, extent, windows.dilations[axis], windows.strides[axis])
        return x

    return kernel


def _slide_maximum(x: Tensor, axis: int, extent: int, step: int, stride: int) -> Tensor:
    """Return the maxima of windows along one axis: elements `step` apart over `extent`."""
    reach = x.shape[axis] - extent + 1
    lead = (slice(None),) * axis
    slices = [x[(*lead, slice(i, i + reach, stride))] for i in range(0, extent, step)]
    if len(slices) == 1:
        return slices[0].clone(memory_format=torch.contiguous_format)
    first = torch.maximum(slices[0], slices[1])
    for other in slices[2:]:
        torch.maximum(first, other, out=first)
    return first


def _max_pool_with_places(spec: OperatorSpec, windows: Windows, size: tuple[int, ...]) -> Kernel:
    """Return a kernel that also gives each maximum's place in the flattened input tensor."""
    column_major, round_up = spec.flag("storage_order"), spec.flag("ceil_mode")
    rank = len(size)

    def kernel(x: Tensor) -> tuple[Tensor, Tensor]:
        lengths = x.shape[2:]
        pads = windows.padding(lengths, size)
        if round_up:
            pads = _rounded_up(windows, pads, lengths, size)
        spread = _unfold(pad_spatial(x, pads, _lowest(x.dtype)), windows, size)
        values, within = spread.flatten(-rank).max(-1)
        coordinates = torch.unravel_index(within, size)
        place = torch.zeros_like(within)
        stride = 1
        order = range(rank) if column_major else reversed(range(rank))
        for axis in order:
            steps = torch.arange(values.shape[2 + axis], device=x.device) * windows.strides[axis]
            steps = steps.reshape((-1,) + (1,) * (rank - 1 - axis))
            place += (coordinates[axis] * windows.dilations[axis] + steps - pads[axis]) * stride
            stride *= lengths[axis]
        planes = torch.arange(x.shape[0] * x.shape[1], device=x.device) * stride
        return values, place + planes.reshape(*x.shape[:2], *(1,) * rank)

    return kernel


@operator("AveragePool")
def average_pool(spec: OperatorSpec) -> Kernel:
    """Take the mean of each window; padding counts if `count_include_pad` says so."""
    size = spec.integers("kernel_shape") or ()
    windows = Windows.of(spec, len(size))
    include, round_up = spec.flag("count_include_pad"), spec.flag("ceil_mode")

    def general(x: Tensor) -> Tensor:
        pads = windows.padding(x.shape[2:], size)
        fitted = _rounded_up(windows, pads, x.shape[2:], size) if round_up else pads
        axes = _last_axes(len(size))
        sums = _unfold(pad_spatial(x, fitted), windows, size).sum(axes)
        ones = x.new_ones((1, 1, *x.shape[2:]))
        if include:
            rest = [f - p for f, p in zip(fitted, pads, strict=True)]
            ones = pad_spatial(pad_spatial(ones, pads, 1.0), rest)
        else:
            ones = pad_spatial(ones, fitted)
        return sums / _unfold(ones, windows, size).sum(axes)

    half = all(pad <= length // 2 for pad, length in zip(windows.pads, size * 2, strict=True))
    static = not windows.auto_pad.startswith("SAME") and is_symmetric(windows.pads) and half
    if not static or len(size) not in _AVERAGE_POOLS or set(windows.dilations) != {1}:
        return general
    pool = _AVERAGE_POOLS[len(size)]
    return partial(
        pool,
        kernel_size=size,
        stride=windows.strides,
        padding=windows.pads[: len(size)],
        ceil_mode=round_up,
        count_include_pad=include,
    )


@operator("LpPool")
def lp_pool(spec: OperatorSpec) -> Kernel:
    """Take the p-norm of each window."""
    size = spec.integers("kernel_shape") or ()
    windows = Windows.of(spec, len(size))
    order, round_up = spec.number("p", 2), spec.flag("ceil_mode")

    def kernel(x: Tensor) -> Tensor:
        pads = windows.padding(x.shape[2:], size)
        if round_up:
            pads = _rounded_up(windows, pads, x.shape[2:], size)
        spread = _unfold(pad_spatial(x, pads), windows, size)
        norm: Tensor = torch.linalg.vector_norm(spread, order, dim=_last_axes(len(size)))
        return norm

    return kernel


def _plane(x: Tensor) -> tuple[int, ...]:
    return tuple(range(2, x.ndim))


@operator("GlobalAveragePool")
def global_average_pool(spec: OperatorSpec) -> Kernel:
    """Take the mean of each plane."""
    return lambda x: torch.mean(x, _plane(x), True)


@operator("GlobalMaxPool")
def global_max_pool(spec: OperatorSpec) -> Kernel:
    """Take the largest element of each plane."""
    return lambda x: torch.amax(x, _plane(x), True)


@operator("GlobalLpPool")
def global_lp_pool(spec: OperatorSpec) -> Kernel:
    """Take the p-norm of each plane."""
    order = spec.number("p", 2)
    return lambda x: torch.linalg.vector_norm(x, order, dim=_plane(x), keepdim=True)


@operator("MaxRoiPool")
def max_roi_pool(spec: OperatorSpec) -> Kernel:
    """Take the largest element of each bin of each region `[image, x1, y1, x2, y2]`."""
    height, width = spec.integers("pooled_shape") or (1, 1)
    scale = spec.number("spatial_scale", 1.0)

    def edges(first: float, last: float, bins: int, length: int) -> list[tuple[int, int]]:
        start, end = floor(first * scale + 0.5), floor(last * scale + 0.5)
        each = max(end - start + 1, 1) / bins
        return [
            (
                min(max(floor(step * each) + start, 0), length),
                min(max(ceil((step + 1) * each) + start, 0), length),
            )
            for step in range(bins)
        ]

    def kernel(x: Tensor, regions: Tensor) -> Tensor:
        y = x.new_zeros(regions.shape[0], x.shape[1], height, width)
        for number, (image, left, top, right, bottom) in enumerate(regions.tolist()):
            rows = edges(top, bottom, height, x.shape[2])
            columns = edges(left, right, width, x.shape[3])
            for (i, (r0, r1)), (j, (c0, c1)) in product(enumerate(rows), enumerate(columns)):
                if r1 > r0 and c1 > c0:
                    y[number, :, i, j] = x[int(image), :, r0:r1, c0:c1].amax((1, 2))
        return y

    return kernel


@operator("MaxUnpool", since=9)
def max_unpool(spec: OperatorSpec) -> Kernel:
    """Put values back where the pooling found them, zeros elsewhere."""
    size = spec.integers("kernel_shape") or ()
    windows = replace(Windows.of(spec, len(size)), dilations=(1,) * len(size))
    read = spec.reader(2)

    def kernel(x: Tensor, places: Tensor, shape: Tensor | None = None) -> Tensor:
        pads, rank = windows.pads, len(size)
        natural = [
            (n - 1) * s + k - pads[axis] - pads[rank + axis]
            for axis, (n, s, k) in enumerate(zip(x.shape[2:], windows.strides, size, strict=True))
        ]
        wanted = read(shape)
        # Places count in the tensor that was pooled, whose planes have the natural lengths.
        flat = x.new_zeros(x.shape[0] * x.shape[1] * _product(natural))
        flat.scatter_(0, places.reshape(-1), x.reshape(-1))
        y = flat.reshape(*x.shape[:2], *natural)
        if wanted is None:
            return y
        grow = [w - n for w, n in zip(wanted[2:], natural, strict=True)]
        return pad_spatial(y, (*(0,) * rank, *grow))

    return kernel


def _product(lengths: Sequence[int]) -> int:
    return int(torch.Size(lengths).numel())
