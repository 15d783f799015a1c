"""Normalizations, softmax and dropout."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.dtypes import storage_type
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("BatchNormalization")
def batch_normalization(spec: OperatorSpec) -> Kernel:
    """Scale and shift each channel by running statistics, or by the batch's in training mode."""
    epsilon, momentum = spec.number("epsilon", 1e-5), spec.number("momentum", 0.9)
    if spec.flag("training_mode"):
        return _batch_normalization_in_training(epsilon, momentum)
    if not spec.flag("spatial", True):
        return _batch_normalization_per_element(epsilon)

    def kernel(x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        if x.dtype == scale.dtype == mean.dtype:
            return functional.batch_norm(x, mean, var, scale, bias, False, 0.0, epsilon)
        kind = torch.promote_types(x.dtype, mean.dtype)
        mean, var, scale, bias = (value.to(kind) for value in (mean, var, scale, bias))
        y = functional.batch_norm(x.to(kind), mean, var, scale, bias, False, 0.0, epsilon)
        return y.to(x.dtype)

    return kernel


def _batch_normalization_in_training(epsilon: float, momentum: float) -> Kernel:
    def kernel(
        x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        axes = (0, *range(2, x.ndim))
        wide = x.to(mean.dtype)
        now_var, now_mean = torch.var_mean(wide, axes, correction=0)
        y = functional.batch_norm(
            wide, now_mean, now_var, scale.to(mean.dtype), bias.to(mean.dtype), False, 0.0, epsilon
        )
        new_mean = mean * momentum + now_mean * (1 - momentum)
        new_var = var * momentum + now_var * (1 - momentum)
        return y.to(x.dtype), new_mean, new_var

    return kernel


def _batch_normalization_per_element(epsilon: float) -> Kernel:
    """Return the kernel of `spatial = 0` (before version 9): statistics of one sample's shape."""

    def kernel(x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return (x - mean) / torch.sqrt(var + epsilon) * scale + bias

    return kernel


@operator("InstanceNormalization")
def instance_normalization(spec: OperatorSpec) -> Kernel:
    """Normalize each plane of each sample."""
    epsilon = spec.number("epsilon", 1e-5)

    def kernel(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        return torch.group_norm(x, x.shape[1], scale, bias, epsilon)

    return kernel


@operator("GroupNormalization", since=18)
def group_normalization_by_group(spec: OperatorSpec) -> Kernel:
    """Normalize groups of channels; scale and bias have one element a group."""
    groups, epsilon = spec.integer("num_groups"), spec.number("epsilon", 1e-5)

    def kernel(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        each = x.shape[1] // groups
        return torch.group_norm(
            x, groups, scale.repeat_interleave(each), bias.repeat_interleave(each), epsilon
        )

    return kernel


@operator("GroupNormalization", since=21)
def group_normalization(spec: OperatorSpec) -> Kernel:
    """Normalize groups of channels; scale and bias have one element a channel."""
    groups, epsilon = spec.integer("num_groups"), spec.number("epsilon", 1e-5)
    return lambda x, scale, bias: torch.group_norm(x, groups, scale, bias, epsilon)


@operator("LayerNormalization", since=17)
def layer_normalization(spec: OperatorSpec) -> Kernel:
    """Normalize all axes from `axis` on; also return the mean and the inverse deviation."""
    axis, epsilon = spec.integer("axis", -1), spec.number("epsilon", 1e-5)
    statistics = spec.wants(1) or spec.wants(2)
    stash = storage_type(spec.integer("stash_type", 1))

    def kernel(
        x: Tensor, scale: Tensor, bias: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        first = axis_of(axis, x.ndim)
        shape = x.shape[first:]
        if scale.shape == shape and (bias is None or bias.shape == shape):
            y = functional.layer_norm(x, shape, scale, bias, epsilon)
        else:
            y = functional.layer_norm(x, shape, None, None, epsilon) * scale
            y = y if bias is None else y + bias
        if not statistics:
            return y
        axes = tuple(range(first, x.ndim))
        var, mean = torch.var_mean(x.to(stash), axes, correction=0, keepdim=True)
        return y, mean, torch.rsqrt(var + epsilon)

    return kernel


@operator("RMSNormalization", since=23)
def rms_normalization(spec: OperatorSpec) -> Kernel:
    """Divide all axes from `axis` on by their root mean square."""
    axis, epsilon = spec.integer("axis", -1), spec.number("epsilon", 1e-5)
    stash = storage_type(spec.integer("stash_type", 1))

    def kernel(x: Tensor, scale: Tensor) -> Tensor:
        axes = tuple(range(axis_of(axis, x.ndim), x.ndim))
        wide = x.to(stash)
        square = torch.mean(wide * wide, axes, True)
        return (wide * torch.rsqrt(square + epsilon)).to(x.dtype) * scale

    return kernel


@operator("LRN")
def local_response_normalization(spec: OperatorSpec) -> Kernel:
    """Divide by a power of the squares summed over neighbouring channels."""
    size = spec.integer("size")
    alpha, beta = spec.number("alpha", 1e-4), spec.number("beta", 0.75)
    bias = spec.number("bias", 1.0)
    before = (size - 1) // 2

    def kernel(x: Tensor) -> Tensor:
        squares = x.square()
        total = squares.clone()
        for shift in range(-before, size - before):
            reach = x.shape[1] - abs(shift)
            if shift and reach > 0:
                into, out_of = max(0, -shift), max(0, shift)
                total.narrow(1, into, reach).add_(squares.narrow(1, out_of, reach))
        total.mul_(alpha / size).add_(bias)
        if beta == 0.75:  # what everybody takes; roots are much faster than powers
            return total.rsqrt().mul_(total.sqrt_().rsqrt_()).mul_(x)
        return x / total.pow_(beta)

    return kernel


@operator("LpNormalization")
def lp_normalization(spec: OperatorSpec) -> Kernel:
    """Divide by the p-norm along an axis; zero where that is zero."""
    axis, order = spec.integer("axis", -1), spec.integer("p", 2)

    def kernel(x: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(x, order, dim=axis, keepdim=True)
        return torch.where(norm == 0, 0, x / norm)

    return kernel


@operator("MeanVarianceNormalization", since=9)
def mean_variance_normalization(spec: OperatorSpec) -> Kernel:
    """Subtract the mean over axes and divide by the deviation."""
    axes = spec.integers("axes") or (0, 2, 3)

    def kernel(x: Tensor) -> Tensor:
        var, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return (x - mean) / (torch.sqrt(var) + 1e-9)

    return kernel


def _hardmax(x: Tensor, axis: int) -> Tensor:
    return torch.zeros_like(x).scatter_(axis, x.argmax(axis, keepdim=True), 1)


def softmax_along(x: Tensor, axis: int) -> Tensor:
    """Return the softmax along one axis."""
    if x.dtype.itemsize >= 4:
        return torch.softmax(x, axis)
    # The standard defines it by operators of the tensor's own type, each of which rounds.
    raised = torch.exp(x - x.amax(axis, keepdim=True))
    return raised / raised.sum(axis, keepdim=True)


_ALONG_AXIS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "Softmax": softmax_along,
    "LogSoftmax": torch.log_softmax,
    "Hardmax": _hardmax,
}


@operator("Softmax", "LogSoftmax", "Hardmax")
def flattened_softmax(spec: OperatorSpec) -> Kernel:
    """Treat all axes from `axis` on as one (before version 13)."""
    function = _ALONG_AXIS[spec.node.op_type]
    axis = spec.integer("axis", 1)

    def kernel(x: Tensor) -> Tensor:
        cut = axis_of(axis, x.ndim)
        return function(x.reshape(prod(x.shape[:cut]), -1), 1).reshape(x.shape)

    return kernel


@operator("Softmax", "LogSoftmax", "Hardmax", since=13)
def softmax(spec: OperatorSpec) -> Kernel:
    """Normalize along one axis."""
    function = _ALONG_AXIS[spec.node.op_type]
    axis = spec.integer("axis", -1)
    return lambda x: function(x, axis)


@operator("Dropout", aliases=True)
def dropout(spec: OperatorSpec) -> Kernel:
    """Pass the input on, as inference does; the mask keeps everything.

    In training mode a fresh mask is drawn unless the ratio is 0.
    """
    masked = spec.wants(1)
    as_bool = spec.version >= 10  # before, the mask had the input's type

    def kernel(
        x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        share = 0.5 if ratio is None else float(ratio)
        if training is None or not bool(training) or share == 0:
            kind = torch.bool if as_bool else x.dtype
            return (x, torch.ones_like(x, dtype=kind)) if masked else x
        mask = torch.rand_like(x, dtype=torch.float32) >= share
        y = torch.where(mask, x / (1 - share), 0).to(x.dtype)
        return (y, mask) if masked else y

    return kernel
