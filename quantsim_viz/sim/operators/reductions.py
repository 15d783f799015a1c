"""Sums, means, extremes and their relatives over axes; accumulations along one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import narrow, ordered, unordered, widen
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


def _sum(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return torch.sum(x, axes, keep, dtype=x.dtype)


def _mean(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    if x.is_floating_point():
        return torch.mean(x, axes, keep)
    return torch.mean(x.double(), axes, keep).to(x.dtype)


def _prod(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    for axis in sorted((axis_of(axis, x.ndim) for axis in axes), reverse=True):
        x = torch.prod(x, axis, keep, dtype=x.dtype)
    return x


def _in_double(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.double()


def _l2(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(_in_double(x), dim=axes, keepdim=keep)
    return norm.to(x.dtype)


def _log_sum(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return torch.log(torch.sum(_in_double(x), axes, keep)).to(x.dtype)


def _log_sum_exp(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return torch.logsumexp(_in_double(x), axes, keep).to(x.dtype)


def _max(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return _extreme(x, axes, keep, torch.amax, lowest=True)


def _min(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    return _extreme(x, axes, keep, torch.amin, lowest=False)


def _extreme(
    x: Tensor,
    axes: tuple[int, ...],
    keep: bool,
    function: Callable[..., Tensor],
    *,
    lowest: bool,
) -> Tensor:
    if any(x.shape[axis] == 0 for axis in axes):  # the neutral element
        shape = [1 if i in {axis_of(a, x.ndim) for a in axes} else n for i, n in enumerate(x.shape)]
        if x.is_floating_point():
            neutral: float = float("-inf") if lowest else float("inf")
        elif x.dtype == torch.bool:
            neutral = not lowest
        else:
            neutral = torch.iinfo(x.dtype).min if lowest else torch.iinfo(x.dtype).max
        filled = torch.full(shape, neutral, dtype=x.dtype, device=x.device)
        return filled if keep else filled.squeeze(axes)
    return unordered(function(ordered(x), axes, keep), x.dtype)


REDUCTIONS: Mapping[str, Callable[[Tensor, tuple[int, ...], bool], Tensor]] = {
    "ReduceSum": lambda x, axes, keep: narrow(_sum(widen(x), axes, keep), x.dtype),
    "ReduceMean": lambda x, axes, keep: narrow(_mean(widen(x), axes, keep), x.dtype),
    "ReduceProd": lambda x, axes, keep: narrow(_prod(widen(x), axes, keep), x.dtype),
    "ReduceMax": _max,
    "ReduceMin": _min,
    "ReduceL1": lambda x, axes, keep: narrow(_sum(widen(x).abs(), axes, keep), x.dtype),
    "ReduceL2": _l2,
    "ReduceSumSquare": lambda x, axes, keep: narrow(_sum(widen(x).square(), axes, keep), x.dtype),
    "ReduceLogSum": _log_sum,
    "ReduceLogSumExp": _log_sum_exp,
}


@operator(*REDUCTIONS)
def reduction(spec: OperatorSpec) -> Kernel:
    """Reduce the given axes; without any, all, or none if `noop_with_empty_axes`."""
    function = REDUCTIONS[spec.node.op_type]
    keep = spec.flag("keepdims", True)
    none_is_none = spec.flag("noop_with_empty_axes")
    read = spec.reader(1, attribute="axes")

    def kernel(x: Tensor, axes: Tensor | None = None) -> Tensor:
        chosen = read(axes)
        if not chosen:
            if none_is_none:
                return function(x.unsqueeze(0), (0,), False)
            chosen = tuple(range(x.ndim))
        if not chosen:  # a scalar: reduce one axis of length one
            return function(x.unsqueeze(0), (0,), False)
        return function(x, chosen, keep)

    return kernel


@operator("ArgMax", "ArgMin")
def arg_extreme(spec: OperatorSpec) -> Kernel:
    """Place of the extreme along an axis: the first, or the last with `select_last_index`."""
    function = torch.argmax if spec.node.op_type == "ArgMax" else torch.argmin
    axis, keep = spec.integer("axis"), spec.flag("keepdims", True)
    if not spec.flag("select_last_index"):
        return lambda x: function(ordered(x), axis, keep)

    def kernel(x: Tensor) -> Tensor:
        return x.shape[axis] - 1 - function(ordered(x).flip(axis), axis, keep)

    return kernel


@operator("CumSum", since=11)
def cumulative_sum(spec: OperatorSpec) -> Kernel:
    """Running sum along an axis."""
    return _accumulation(spec, torch.cumsum, 0)


@operator("CumProd", since=26)
def cumulative_product(spec: OperatorSpec) -> Kernel:
    """Running product along an axis."""
    return _accumulation(spec, torch.cumprod, 1)


def _accumulation(spec: OperatorSpec, function: Callable[..., Tensor], neutral: int) -> Kernel:
    exclusive, reverse = spec.flag("exclusive"), spec.flag("reverse")
    read = spec.reader(1)

    def kernel(x: Tensor, axis_tensor: Tensor) -> Tensor:
        axis = (read(axis_tensor) or (0,))[0]
        body = widen(x)
        if reverse:
            body = body.flip(axis)
        if exclusive and x.shape[axis]:
            first = torch.full_like(body.narrow(axis, 0, 1), neutral)
            body = torch.cat([first, body.narrow(axis, 0, x.shape[axis] - 1)], axis)
        body = function(body, axis, dtype=body.dtype)
        return narrow(body.flip(axis) if reverse else body, x.dtype)

    return kernel
