"""Operators of quantized networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.casting import converter
from quantsim_viz.sim.operators.convolution import convolve
from quantsim_viz.sim.operators.dtypes import (
    ELEMENT_TYPE_NAMES,
    default_element_type,
    storage_type,
)
from quantsim_viz.sim.operators.registry import axis_of, operator
from quantsim_viz.sim.operators.windows import Windows

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_RANGES = {
    "int2": (-2, 1),
    "uint2": (0, 3),
    "int4": (-8, 7),
    "uint4": (0, 15),
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
}


def _spread(value: Tensor, x: Tensor, axis: int, block: int) -> Tensor:
    """Give a scale or zero point the shape of what it applies to.

    One element stands for all, one dimension for an axis, and as many dimensions as the tensor has
    for blocks of `block` elements along the axis.
    """
    if value.numel() == 1 and value.ndim <= 1:
        return value.reshape(())
    if block:
        place = axis_of(axis, x.ndim)
        return value.repeat_interleave(block, place).narrow(place, 0, x.shape[place])
    if value.ndim == 1:
        return value.reshape((-1,) + (1,) * (x.ndim - 1 - axis_of(axis, x.ndim)))
    return value


@operator("QuantizeLinear", since=10)
def quantize_linear(spec: OperatorSpec) -> Kernel:
    """Divide by the scale, round half to even, add the zero point, saturate."""
    axis, block = spec.integer("axis", 1), spec.integer("block_size")
    number = spec.integer("output_dtype")
    target = ELEMENT_TYPE_NAMES[number] if number else spec.input_type(2) or spec.output_types[0]
    precision = spec.integer("precision")
    saturate = spec.flag("saturate", True)

    def kernel(x: Tensor, scale: Tensor, zero_point: Tensor | None = None) -> Tensor:
        kind = target
        if kind is None:
            kind = "uint8" if zero_point is None else default_element_type(zero_point.dtype)
        computing = storage_type(precision) if precision else scale.dtype
        step = _spread(scale, x, axis, block).to(computing)
        scaled = x.to(computing) / step
        if kind not in _RANGES:
            return converter(kind, saturate=saturate)(scaled)
        whole = torch.round(scaled).double()
        if zero_point is not None:
            whole = whole + _spread(zero_point.to(torch.int64), x, axis, block)
        low, high = _RANGES[kind]
        return whole.clamp(low, high).to(storage_type(kind))

    return kernel


@operator("DequantizeLinear", since=10)
def dequantize_linear(spec: OperatorSpec) -> Kernel:
    """Subtract the zero point and multiply by the scale."""
    axis, block = spec.integer("axis", 1), spec.integer("block_size")
    number = spec.integer("output_dtype")

    def kernel(x: Tensor, scale: Tensor, zero_point: Tensor | None = None) -> Tensor:
        step = _spread(scale, x, axis, block)
        if x.dtype.is_floating_point:
            shifted = x.to(torch.float32)
        elif zero_point is None:
            shifted = x.to(torch.int64)
        else:
            shifted = x.to(torch.int64) - _spread(zero_point.to(torch.int64), x, axis, block)
        result = shifted.to(step.dtype if step.dtype.itemsize >= 4 else torch.float32)
        result = result * step.to(result.dtype)
        return result.to(storage_type(number) if number else scale.dtype)

    return kernel


@operator("DynamicQuantizeLinear", since=11)
def dynamic_quantize_linear(spec: OperatorSpec) -> Kernel:
    """Quantize to unsigned 8 bits over the range the tensor happens to have, with 0 in it."""

    def kernel(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        low, high = torch.clamp(x.min(), max=0), torch.clamp(x.max(), min=0)
        scale = (high - low) / 255
        scale = torch.where(scale == 0, 1, scale)  # as onnxruntime; the standard divides by 0
        zero_point = torch.clamp(torch.round(-low / scale), 0, 255)
        y = torch.clamp(torch.round(x / scale) + zero_point, 0, 255)
        return y.to(torch.uint8), scale, zero_point.to(torch.uint8)

    return kernel


def _centered(x: Tensor, zero_point: Tensor | None, axis: int) -> Tensor:
    """Return integers less their zero point, in doubles, which hold sums of 2⁵³ exactly."""
    wide = x.double()
    if zero_point is None:
        return wide
    return wide - _spread(zero_point.double(), x, axis, 0)


@operator("MatMulInteger", since=10)
def matmul_integer(spec: OperatorSpec) -> Kernel:
    """Multiply 8-bit matrices into 32 bits; zero points per row of A, per column of B."""

    def kernel(
        a: Tensor, b: Tensor, a_zero: Tensor | None = None, b_zero: Tensor | None = None
    ) -> Tensor:
        product = torch.matmul(_centered(a, a_zero, a.ndim - 2), _centered(b, b_zero, -1))
        return product.to(torch.int32)

    return kernel


@operator("ConvInteger", since=10)
def conv_integer(spec: OperatorSpec) -> Kernel:
    """Convolve 8-bit tensors into 32 bits."""
    group = spec.integer("group", 1)

    def kernel(
        x: Tensor, w: Tensor, x_zero: Tensor | None = None, w_zero: Tensor | None = None
    ) -> Tensor:
        windows = Windows.of(spec, x.ndim - 2)
        y = convolve(_centered(x, x_zero, 1), _centered(w, w_zero, 0), None, windows, group)
        return torch.round(y).to(torch.int32)

    return kernel


def _requantize(whole: Tensor, factor: Tensor, zero_point: Tensor, kind: torch.dtype) -> Tensor:
    limits = torch.iinfo(kind)
    scaled = torch.round(whole * factor) + zero_point.to(whole.dtype)
    return scaled.clamp(limits.min, limits.max).to(kind)


@operator("QLinearMatMul", since=10)
def qlinear_matmul(spec: OperatorSpec) -> Kernel:
    """Multiply quantized matrices into a quantized one."""

    def kernel(
        a: Tensor,
        a_scale: Tensor,
        a_zero: Tensor,
        b: Tensor,
        b_scale: Tensor,
        b_zero: Tensor,
        y_scale: Tensor,
        y_zero: Tensor,
    ) -> Tensor:
        product = torch.matmul(_centered(a, a_zero, a.ndim - 2), _centered(b, b_zero, -1))
        rows = _spread(a_scale.double(), a, a.ndim - 2, 0)
        factor = rows * _spread(b_scale.double(), b, -1, 0) / y_scale.double()
        return _requantize(product, factor, y_zero, y_zero.dtype)

    return kernel


@operator("QLinearConv", since=10)
def qlinear_conv(spec: OperatorSpec) -> Kernel:
    """Convolve quantized tensors into a quantized one."""
    group = spec.integer("group", 1)

    def kernel(
        x: Tensor,
        x_scale: Tensor,
        x_zero: Tensor,
        w: Tensor,
        w_scale: Tensor,
        w_zero: Tensor,
        y_scale: Tensor,
        y_zero: Tensor,
        bias: Tensor | None = None,
    ) -> Tensor:
        windows = Windows.of(spec, x.ndim - 2)
        whole = convolve(
            _centered(x, x_zero, 1),
            _centered(w, w_zero, 0),
            None if bias is None else bias.double(),
            windows,
            group,
        )
        factor = x_scale.double() * _spread(w_scale.double(), whole, 1, 0) / y_scale.double()
        return _requantize(torch.round(whole), factor, y_zero, y_zero.dtype)

    return kernel
