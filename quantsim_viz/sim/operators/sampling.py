"""Reading images between their pixels: grids, regions, deformed kernels, columns."""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.registry import operator
from quantsim_viz.sim.operators.windows import Windows

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_GRID_MODES = {"linear": "bilinear", "cubic": "bicubic"}


@operator("GridSample", since=16)
def grid_sample(spec: OperatorSpec) -> Kernel:
    """Sample at places given as −1 … 1 along each axis."""
    mode = spec.text("mode", "linear")
    padding, corners = spec.text("padding_mode", "zeros"), spec.flag("align_corners")
    mode = _GRID_MODES.get(mode, mode)

    def kernel(x: Tensor, grid: Tensor) -> Tensor:
        body = x if x.is_floating_point() else x.float()
        y = functional.grid_sample(body, grid.to(body.dtype), mode, padding, corners)
        return y.to(x.dtype)

    return kernel


@operator("AffineGrid", since=20)
def affine_grid(spec: OperatorSpec) -> Kernel:
    """Places of an affinely transformed image, for GridSample."""
    corners = spec.flag("align_corners")
    read = spec.reader(1)
    return lambda theta, size: functional.affine_grid(theta, list(read(size) or ()), corners)


def _corners(y: Tensor, x: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return row, column and weight of the four pixels around each place."""
    top, left = y.floor(), x.floor()
    down, along = y - top, x - left
    return [
        (top, left, (1 - down) * (1 - along)),
        (top, left + 1, (1 - down) * along),
        (top + 1, left, down * (1 - along)),
        (top + 1, left + 1, down * along),
    ]


@operator("RoiAlign", since=10)
def roi_align(spec: OperatorSpec) -> Kernel:
    """Pool samples of each region's bins; places are clamped to the image's border.

    The mode `max` takes the largest weighted pixel, not the largest interpolated value, as
    onnxruntime and the standard's reference do.
    """
    height, width = spec.integer("output_height", 1), spec.integer("output_width", 1)
    ratio, scale = spec.integer("sampling_ratio"), spec.number("spatial_scale", 1.0)
    largest = spec.text("mode", "avg") == "max"
    default = "half_pixel" if spec.version >= 16 else "output_half_pixel"
    half = spec.text("coordinate_transformation_mode", default) == "half_pixel"

    def pool(image: Tensor, box: list[float]) -> Tensor:
        left, top, right, bottom = (edge * scale - 0.5 * half for edge in box)
        tall, wide = bottom - top, right - left
        if not half:
            tall, wide = max(tall, 1.0), max(wide, 1.0)
        rows, columns = ratio or ceil(tall / height), ratio or ceil(wide / width)
        y = top + _bin_places(height, rows, tall, image)
        x = left + _bin_places(width, columns, wide, image)
        y, x = torch.meshgrid(y, x, indexing="ij")
        h, w = image.shape[-2:]
        inside = (y >= -1) & (y <= h) & (x >= -1) & (x <= w)
        parts = []
        for row, column, weight in _corners(y.clamp(0, h - 1), x.clamp(0, w - 1)):
            pixels = image[:, row.long().clamp(max=h - 1), column.long().clamp(max=w - 1)]
            parts.append(pixels * torch.where(inside, weight, 0).to(image.dtype))
        joined = torch.stack(parts)
        samples = (joined.amax(0) if largest else joined.sum(0)).reshape(
            -1, height, rows, width, columns
        )
        return samples.amax((2, 4)) if largest else samples.mean((2, 4))

    def kernel(x: Tensor, boxes: Tensor, images: Tensor) -> Tensor:
        pooled = [
            pool(x[image], box)
            for box, image in zip(boxes.double().tolist(), images.tolist(), strict=True)
        ]
        return torch.stack(pooled) if pooled else x.new_zeros(0, x.shape[1], height, width)

    return kernel


def _bin_places(bins: int, samples: int, extent: float, like: Tensor) -> Tensor:
    """Return the places of so many samples in each bin, from the region's start."""
    steps = torch.arange(bins * samples, dtype=torch.float64, device=like.device)
    return (steps + 0.5) * (extent / bins / max(1, samples))


@operator("NonMaxSuppression", since=10)
def non_max_suppression(spec: OperatorSpec) -> Kernel:
    """Keep the best boxes that overlap no better one too much; rows of batch, class, box."""
    centered = spec.flag("center_point_box")

    def kernel(
        boxes: Tensor,
        scores: Tensor,
        most: Tensor | None = None,
        overlap: Tensor | None = None,
        least: Tensor | None = None,
    ) -> Tensor:
        limit = 0 if most is None else int(most)
        threshold = 0.0 if overlap is None else float(overlap)
        rows = []
        for image in range(scores.shape[0]):
            excess = _overlaps(boxes[image], centered=centered) > threshold
            for kind in range(scores.shape[1]):
                order = torch.sort(scores[image, kind], descending=True, stable=True).indices
                if least is not None:
                    order = order[scores[image, kind][order] > least.reshape(())]
                rows += [(image, kind, box) for box in _keep(order, excess, limit)]
        return torch.tensor(rows, dtype=torch.int64, device=boxes.device).reshape(-1, 3)

    return kernel


def _overlaps(boxes: Tensor, *, centered: bool) -> Tensor:
    """Return intersection over union of every two boxes."""
    first, second = boxes[:, :2], boxes[:, 2:]
    if centered:
        low, high = first - second / 2, first + second / 2
    else:
        low, high = torch.minimum(first, second), torch.maximum(first, second)
    area = (high - low).prod(1)
    sides = torch.minimum(high[:, None], high) - torch.maximum(low[:, None], low)
    common = sides.clamp(min=0).prod(2)
    union = area[:, None] + area - common
    return torch.where((common > 0) & (union > 0), common / union, 0)


def _keep(order: Tensor, excess: Tensor, limit: int) -> list[int]:
    kept: list[int] = []
    alive = torch.ones(excess.shape[0], dtype=torch.bool, device=order.device)
    for box in order.tolist():
        if len(kept) >= limit:
            break
        if alive[box]:
            kept.append(box)
            alive &= ~excess[box]
    return kept


@operator("DeformConv", since=19)
def deform_conv(spec: OperatorSpec) -> Kernel:
    """Convolve images with kernels whose elements are moved, and weighted, at every place."""
    group, moved = spec.integer("group", 1), spec.integer("offset_group", 1)
    windows = Windows.of(spec, 2)

    def kernel(
        x: Tensor,
        weight: Tensor,
        offset: Tensor,
        bias: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        n, channels = x.shape[:2]
        kh, kw = weight.shape[2:]
        oh, ow = offset.shape[2:]
        moves = offset.reshape(n, moved, kh, kw, 2, oh, ow)
        y = moves[:, :, :, :, 0] + _kernel_places(windows, 0, kh, oh, x)[:, None, :, None]
        at = moves[:, :, :, :, 1] + _kernel_places(windows, 1, kw, ow, x)[:, None, :]
        image = x.reshape(n, moved, channels // moved, -1)
        columns = image.new_zeros(n, moved, channels // moved, kh * kw * oh * ow)
        height, width = x.shape[2:]
        for row, column, share in _corners(y, at):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            flat = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            where = flat.long().reshape(n, moved, 1, -1).expand_as(columns)
            part = torch.where(inside, share, 0).reshape(n, moved, 1, -1)
            columns += image.gather(3, where) * part
        if mask is not None:
            columns *= mask.reshape(n, moved, 1, -1)
        spread = columns.reshape(n, group, channels // group * kh * kw, oh * ow)
        filters = weight.reshape(group, weight.shape[0] // group, -1)
        result = torch.matmul(filters, spread).reshape(n, -1, oh, ow)
        return result if bias is None else result + bias.reshape(1, -1, 1, 1)

    return kernel


def _kernel_places(windows: Windows, axis: int, size: int, count: int, x: Tensor) -> Tensor:
    """Return `[size, count]` undeformed places of a kernel's elements at so many output places."""
    inner = torch.arange(size, dtype=x.dtype, device=x.device) * windows.dilations[axis]
    outer = torch.arange(count, dtype=x.dtype, device=x.device) * windows.strides[axis]
    return inner.unsqueeze(1) + outer - windows.pads[axis]


@operator("Col2Im", since=18)
def col2im(spec: OperatorSpec) -> Kernel:
    """Add columns of blocks up into images, of any number of axes."""
    read, read_block = spec.reader(1), spec.reader(2)

    def kernel(x: Tensor, shape: Tensor, block: Tensor) -> Tensor:
        lengths, size = read(shape) or (), read_block(block) or ()
        windows = Windows.of(spec, len(lengths))
        flat = torch.zeros((1, 1), dtype=torch.int64, device=x.device)
        valid = torch.ones((1, 1), dtype=torch.bool, device=x.device)
        for axis, (length, extent) in enumerate(zip(lengths, windows.extents(size), strict=True)):
            before, behind = windows.pads[axis], windows.pads[axis + len(lengths)]
            stride = windows.strides[axis]
            count = (length + before + behind - extent) // stride + 1
            inner = torch.arange(size[axis], device=x.device) * windows.dilations[axis]
            outer = torch.arange(count, device=x.device) * stride - before
            place = inner[:, None] + outer
            good = (place >= 0) & (place < length)
            flat = _cross(flat * length, place)
            valid = _cross(valid.long(), good.long() - 1) == 1
        where = torch.where(valid, flat, prod(lengths)).reshape(-1)
        parts = x.reshape(x.shape[0], -1, prod(size) * x.shape[-1])
        image = x.new_zeros(x.shape[0], parts.shape[1], prod(lengths) + 1)
        image.index_add_(2, where, parts)
        return image[..., :-1].reshape(*image.shape[:2], *lengths)

    return kernel


def _cross(outer: Tensor, inner: Tensor) -> Tensor:
    """Return sums of all pairs: `[a, b]` and `[c, d]` to `[a·c, b·d]`."""
    pairs = outer[:, None, :, None] + inner[None, :, None, :]
    return pairs.reshape(outer.shape[0] * inner.shape[0], outer.shape[1] * inner.shape[1])
