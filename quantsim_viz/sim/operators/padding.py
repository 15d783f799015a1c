"""Padding in its four modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.dtypes import narrow, widen
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("Pad", aliases=True)
def pad(spec: OperatorSpec) -> Kernel:
    """Pad axes before and behind; negative lengths crop."""
    mode = spec.text("mode", "constant")
    attribute_value = spec.number("value", 0.0)
    read = spec.reader(1, attribute="pads" if spec.version >= 2 else "paddings")
    fixed_value = spec.scalar(2) if spec.has_input(2) else attribute_value
    read_axes = spec.reader(3)

    def kernel(
        x: Tensor,
        pads: Tensor | None = None,
        value: Tensor | None = None,
        axes: Tensor | None = None,
    ) -> Tensor:
        lengths = _on_all_axes(read(pads) or (), read_axes(axes), x.ndim)
        if mode != "constant":
            return _pad_by_index(x, lengths, mode)
        fill = fixed_value
        if fill is None:
            fill = 0.0 if value is None else value.item()
        pairs = [
            n for axis in reversed(range(x.ndim)) for n in (lengths[axis], lengths[x.ndim + axis])
        ]
        return narrow(functional.pad(widen(x), pairs, value=fill), x.dtype)

    return kernel


def _on_all_axes(pads: Sequence[int], axes: Sequence[int] | None, rank: int) -> list[int]:
    """Return the lengths before every axis and then behind every axis."""
    if axes is None:
        return list(pads)
    spread = [0] * (2 * rank)
    for place, axis in enumerate(axes):
        spread[axis_of(axis, rank)] = pads[place]
        spread[axis_of(axis, rank) + rank] = pads[place + len(axes)]
    return spread


def _pad_by_index(x: Tensor, lengths: Sequence[int], mode: str) -> Tensor:
    for axis in range(x.ndim):
        before, behind = lengths[axis], lengths[x.ndim + axis]
        if not before and not behind:
            continue
        # Cropping comes first: what is cut off is not reflected or wrapped around.
        start, end = max(0, -before), x.shape[axis] - max(0, -behind)
        steps = torch.arange(-max(before, 0), end - start + max(behind, 0), device=x.device)
        x = x.index_select(axis, _source(steps, end - start, mode) + start)
    return x


def _source(steps: Tensor, length: int, mode: str) -> Tensor:
    """Return which of `length` elements stands at each step, inside and outside of them."""
    if mode == "edge":
        return steps.clamp(0, length - 1)
    if mode == "wrap":
        return steps % length
    period = max(1, 2 * (length - 1))
    folded = steps % period
    return torch.where(folded < length, folded, period - folded)
