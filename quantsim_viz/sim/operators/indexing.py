"""Operators that pick elements by index, or put them there."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import narrow, ordered, unordered, widen
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("Slice", aliases=True)
def slice_(spec: OperatorSpec) -> Kernel:
    """Take `start:end:step` along axes; bounds beyond the ends are cut, as numpy's are."""
    read_starts = spec.reader(1, attribute="starts")
    read_ends = spec.reader(2, attribute="ends")
    read_axes = spec.reader(3, attribute="axes")
    read_steps = spec.reader(4)

    def kernel(
        x: Tensor,
        starts: Tensor | None = None,
        ends: Tensor | None = None,
        axes: Tensor | None = None,
        steps: Tensor | None = None,
    ) -> Tensor:
        first, last = read_starts(starts) or (), read_ends(ends) or ()
        along = read_axes(axes) or range(len(first))
        strides = read_steps(steps) or (1,) * len(first)
        for axis, start, end, step in zip(along, first, last, strides, strict=True):
            x = _slice(x, axis_of(axis, x.ndim), slice(start, end, step))
        return x

    return kernel


def _slice(x: Tensor, axis: int, bounds: slice) -> Tensor:
    chosen = range(x.shape[axis])[bounds]
    if chosen.step < 0:
        return x.index_select(axis, torch.tensor(chosen, dtype=torch.int64, device=x.device))
    if chosen.step == 1:
        return x.narrow(axis, chosen.start, len(chosen))
    return x[(slice(None),) * axis + (bounds,)]


def _non_negative(indices: Tensor, length: int) -> Tensor:
    indices = indices.long()
    return torch.where(indices < 0, indices + length, indices)


@operator("Gather", aliases=True)
def gather(spec: OperatorSpec) -> Kernel:
    """Pick slices along an axis; negative indices count from the end."""
    axis = spec.integer("axis")
    fixed = spec.constant(1)
    if fixed is not None and fixed.ndim == 0:
        index = int(fixed.item())
        return lambda x, _indices: x.select(axis, index)

    def kernel(x: Tensor, indices: Tensor) -> Tensor:
        place = axis_of(axis, x.ndim)
        where = _non_negative(indices if fixed is None else fixed, x.shape[place])
        picked = x.index_select(place, where.reshape(-1))
        if where.ndim == 1:
            return picked
        return picked.reshape(x.shape[:place] + where.shape + x.shape[place + 1 :])

    return kernel


@operator("GatherElements", since=11)
def gather_elements(spec: OperatorSpec) -> Kernel:
    """Pick single elements along an axis."""
    axis = spec.integer("axis")

    def kernel(x: Tensor, indices: Tensor) -> Tensor:
        where = _non_negative(indices, x.shape[axis])
        return narrow(torch.gather(widen(x), axis, where), x.dtype)

    return kernel


@operator("GatherND", since=11)
def gather_nd(spec: OperatorSpec) -> Kernel:
    """Pick slices by tuples of indices, within each entry of the leading batch axes."""
    batch = spec.integer("batch_dims")

    def kernel(x: Tensor, indices: Tensor) -> Tensor:
        depth = indices.shape[-1]
        lead = x.shape[:batch]
        groups = prod(lead)
        body = x.reshape(groups, *x.shape[batch:])
        tuples = indices.reshape(groups, -1, depth)
        where = [_non_negative(tuples[..., i], body.shape[1 + i]) for i in range(depth)]
        group = torch.arange(groups, device=x.device).unsqueeze(1).expand(tuples.shape[:2])
        picked = body[(group, *where)]
        return picked.reshape(indices.shape[:-1] + x.shape[batch + depth :])

    return kernel


_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def _scatter(x: Tensor, axis: int, where: Tensor, updates: Tensor, reduction: str) -> Tensor:
    """Scatter along an axis; an index may come several times when values are reduced."""
    if reduction == "none":
        return narrow(torch.scatter(widen(x), axis, where, widen(updates)), x.dtype)
    kind = _REDUCTIONS[reduction]
    if kind in ("amax", "amin"):
        merged = torch.scatter_reduce(ordered(x), axis, where, ordered(updates), kind)
        return unordered(merged, x.dtype)
    return narrow(torch.scatter_reduce(widen(x), axis, where, widen(updates), kind), x.dtype)


@operator("Scatter", since=9)
@operator("ScatterElements", since=11)
def scatter_elements(spec: OperatorSpec) -> Kernel:
    """Put single elements along an axis."""
    axis, reduction = spec.integer("axis"), spec.text("reduction", "none")

    def kernel(x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        return _scatter(x, axis, _non_negative(indices, x.shape[axis]), updates, reduction)

    return kernel


@operator("ScatterND", since=11)
def scatter_nd(spec: OperatorSpec) -> Kernel:
    """Put slices by tuples of indices."""
    reduction = spec.text("reduction", "none")

    def kernel(x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
        depth = indices.shape[-1]
        rows, width = prod(x.shape[:depth]), prod(x.shape[depth:])
        flat = torch.zeros(indices.shape[:-1], dtype=torch.int64, device=x.device)
        for i in range(depth):
            flat = flat * x.shape[i] + _non_negative(indices[..., i], x.shape[i])
        where = flat.reshape(-1, 1).expand(-1, width)
        merged = _scatter(x.reshape(rows, width), 0, where, updates.reshape(-1, width), reduction)
        return merged.reshape(x.shape)

    return kernel


@operator("TensorScatter", since=24)
def tensor_scatter(spec: OperatorSpec) -> Kernel:
    """Write an update into a cache from a start per batch entry on, around the end if circular."""
    axis, circular = spec.integer("axis", -2), spec.text("mode", "linear") == "circular"

    def kernel(cache: Tensor, update: Tensor, starts: Tensor | None = None) -> Tensor:
        place = axis_of(axis, cache.ndim)
        steps = torch.arange(update.shape[place], device=cache.device)
        steps = steps.reshape((-1,) + (1,) * (cache.ndim - place - 1))
        if starts is not None:
            steps = steps + starts.reshape((-1,) + (1,) * (cache.ndim - 1))
        if circular:
            steps = steps % cache.shape[place]
        return _scatter(cache, place, steps.expand(update.shape), update, "none")

    return kernel


@operator("Where", since=9)
def where(spec: OperatorSpec) -> Kernel:
    """Choose elementwise."""
    return torch.where


@operator("Compress", since=9)
def compress(spec: OperatorSpec) -> Kernel:
    """Keep the slices whose condition holds."""
    axis = spec.node.attributes.get("axis")

    def kernel(x: Tensor, condition: Tensor) -> Tensor:
        body = x.reshape(-1) if axis is None else x
        return body.index_select(axis or 0, condition.nonzero().reshape(-1))

    return kernel


@operator("NonZero", since=9)
def non_zero(spec: OperatorSpec) -> Kernel:
    """Indices of elements that are not zero, one row an axis."""
    return lambda x: widen(x).nonzero().T.contiguous()


@operator("TopK")
def top_k(spec: OperatorSpec) -> Kernel:
    """Largest or smallest `k`; of equal elements the earlier comes first."""
    axis = spec.integer("axis", -1)
    fixed = spec.node.attributes.get("k")
    read = spec.reader(1)
    largest = spec.flag("largest", True)

    def kernel(x: Tensor, k: Tensor | None = None) -> tuple[Tensor, Tensor]:
        count = int(fixed if fixed is not None else (read(k) or (0,))[0])
        values, places = torch.sort(ordered(x), dim=axis, descending=largest, stable=True)
        kept = values.narrow(axis, 0, count)
        return unordered(kept, x.dtype), places.narrow(axis, 0, count)

    return kernel


@operator("Unique", since=11)
def unique(spec: OperatorSpec) -> Kernel:
    """Distinct elements or slices, with first places, places and counts."""
    axis, in_order = spec.node.attributes.get("axis"), spec.flag("sorted", True)

    def kernel(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        body = x.reshape(-1) if axis is None else x
        along = axis or 0
        values, places, counts = torch.unique(
            body, dim=along, return_inverse=True, return_counts=True
        )
        steps = torch.arange(places.numel(), device=x.device)
        first = torch.full_like(counts, places.numel()).scatter_reduce(0, places, steps, "amin")
        if not in_order:
            order = torch.argsort(first)
            values, first, counts = values.index_select(along, order), first[order], counts[order]
            places = torch.argsort(order)[places]
        return values, first, places, counts

    return kernel
