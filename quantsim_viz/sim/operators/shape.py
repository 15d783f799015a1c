"""Operators that rearrange elements and leave their values alone."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("Reshape", aliases=True)
def reshape(spec: OperatorSpec) -> Kernel:
    """Reshape; 0 keeps a length (unless `allowzero`), −1 takes what is left."""
    read = spec.reader(1, attribute="shape")
    keep_zero = spec.flag("allowzero")

    def kernel(x: Tensor, shape: Tensor | None = None) -> Tensor:
        return x.reshape(_lengths(x.shape, read(shape) or (), keep_zero))

    return kernel


def _lengths(old: Sequence[int], wanted: Sequence[int], keep_zero: bool) -> list[int]:
    lengths = list(wanted)
    if not keep_zero and 0 in lengths:
        lengths = [old[axis] if size == 0 else size for axis, size in enumerate(lengths)]
    if -1 in lengths and 0 in old:  # torch refuses to infer a length next to a zero one
        rest = prod(size for size in lengths if size != -1)
        lengths[lengths.index(-1)] = prod(old) // rest if rest else 0
    return lengths


@operator("Flatten", aliases=True)
def flatten(spec: OperatorSpec) -> Kernel:
    """Two dimensions: those before `axis` and those from it on."""
    axis = spec.integer("axis", 1)

    def kernel(x: Tensor) -> Tensor:
        cut = axis_of(axis, x.ndim)
        return x.reshape(prod(x.shape[:cut]), prod(x.shape[cut:]))

    return kernel


@operator("Squeeze", aliases=True)
def squeeze(spec: OperatorSpec) -> Kernel:
    """Drop dimensions of length 1: the given ones, or all."""
    read = spec.reader(1, attribute="axes")

    def kernel(x: Tensor, axes: Tensor | None = None) -> Tensor:
        chosen = read(axes)
        return torch.squeeze(x) if chosen is None else torch.squeeze(x, chosen)

    return kernel


@operator("Unsqueeze", aliases=True)
def unsqueeze(spec: OperatorSpec) -> Kernel:
    """Insert dimensions of length 1; axes count in the result."""
    read = spec.reader(1, attribute="axes")

    def kernel(x: Tensor, axes: Tensor | None = None) -> Tensor:
        chosen = read(axes) or ()
        rank = x.ndim + len(chosen)
        for axis in sorted(axis_of(axis, rank) for axis in chosen):
            x = x.unsqueeze(axis)
        return x

    return kernel


@operator("Transpose", aliases=True)
def transpose(spec: OperatorSpec) -> Kernel:
    """Permute dimensions, by default reverse them."""
    order = spec.integers("perm")
    if order is None:
        return lambda x: x.permute(tuple(range(x.ndim))[::-1])
    return lambda x: x.permute(order)


@operator("Expand", since=8, aliases=True)
def expand(spec: OperatorSpec) -> Kernel:
    """Broadcast to a shape, in both directions."""
    read = spec.reader(1)

    def kernel(x: Tensor, shape: Tensor) -> Tensor:
        lengths = read(shape) or ()
        return x.expand(torch.broadcast_shapes(x.shape, lengths))  # type: ignore[no-untyped-call]  # unannotated

    return kernel


@operator("Tile", since=6)
def tile(spec: OperatorSpec) -> Kernel:
    """Repeat along every axis."""
    read = spec.reader(1)
    return lambda x, repeats: x.repeat(read(repeats) or ())


@operator("Shape")
def shape(spec: OperatorSpec) -> Kernel:
    """Return the lengths from `start` up to `end`."""
    start, end = spec.integer("start"), spec.node.attributes.get("end")
    device = spec.device
    return lambda x: torch.tensor(x.shape[start:end], dtype=torch.int64, device=device)


@operator("Size")
def size(spec: OperatorSpec) -> Kernel:
    """Return the number of elements."""
    return lambda x: torch.tensor(x.numel(), dtype=torch.int64, device=spec.device)


@operator("Concat")
def concat(spec: OperatorSpec) -> Kernel:
    """Join along an axis."""
    axis = spec.integer("axis", 1)
    return lambda *inputs: torch.cat(inputs, axis)


@operator("Split", aliases=True)
def split(spec: OperatorSpec) -> Kernel:
    """Cut along an axis into given lengths, or into equal parts with a smaller last one."""
    axis = spec.integer("axis", 0)
    read = spec.reader(1, attribute="split")
    parts = spec.integer("num_outputs", len(spec.node.outputs))

    def kernel(x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
        chosen = read(lengths)
        sizes = _equal_parts(x.shape[axis], parts) if chosen is None else list(chosen)
        return tuple(torch.split(x, sizes, axis))

    return kernel


def _equal_parts(length: int, parts: int) -> list[int]:
    each = -(-length // parts)
    return [max(0, min(each, length - index * each)) for index in range(parts)]


@operator("DepthToSpace", aliases=True)
def depth_to_space(spec: OperatorSpec) -> Kernel:
    """Move blocks of channels into the plane, depth first (`DCR`) or column first (`CRD`)."""
    block = spec.integer("blocksize")
    depth_first = spec.text("mode", "DCR") == "DCR"

    def kernel(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        if depth_first:
            parts = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
        else:
            parts = x.reshape(n, c // block**2, block, block, h, w).permute(0, 1, 4, 2, 5, 3)
        return parts.reshape(n, c // block**2, h * block, w * block)

    return kernel


@operator("SpaceToDepth", aliases=True)
def space_to_depth(spec: OperatorSpec) -> Kernel:
    """Move blocks of the plane into the channels, depth first (`DCR`) or column first (`CRD`)."""
    block = spec.integer("blocksize")
    order = (0, 3, 5, 1, 2, 4) if spec.text("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)

    def kernel(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        parts = x.reshape(n, c, h // block, block, w // block, block).permute(order)
        return parts.reshape(n, c * block**2, h // block, w // block)

    return kernel


@operator("ReverseSequence", since=10)
def reverse_sequence(spec: OperatorSpec) -> Kernel:
    """Reverse the first `sequence_lens` steps of every batch entry."""
    batch_axis, time_axis = spec.integer("batch_axis", 1), spec.integer("time_axis", 0)

    def kernel(x: Tensor, lengths: Tensor) -> Tensor:
        moved = x.movedim((batch_axis, time_axis), (0, 1))
        steps = torch.arange(moved.shape[1], device=x.device)
        last = lengths.reshape(-1, 1) - 1
        source = torch.where(steps <= last, last - steps, steps)
        batch = torch.arange(moved.shape[0], device=x.device).unsqueeze(1)
        return moved[batch, source].movedim((0, 1), (batch_axis, time_axis))

    return kernel


@operator("CenterCropPad", since=18, aliases=True)
def center_crop_pad(spec: OperatorSpec) -> Kernel:
    """Crop or pad with zeros around the middle to given lengths."""
    axes = spec.integers("axes")
    read = spec.reader(1)

    def kernel(x: Tensor, lengths: Tensor) -> Tensor:
        chosen = range(x.ndim) if axes is None else axes
        for axis, wanted in zip(chosen, read(lengths) or (), strict=True):
            x = _center(x, axis_of(axis, x.ndim), wanted)
        return x

    return kernel


def _center(x: Tensor, axis: int, wanted: int) -> Tensor:
    length = x.shape[axis]
    if wanted <= length:
        return x.narrow(axis, (length - wanted) // 2, wanted)
    before = (wanted - length) // 2
    blank = [*x.shape]
    blank[axis] = wanted
    padded = x.new_zeros(blank)
    padded.narrow(axis, before, length).copy_(x)
    return padded
