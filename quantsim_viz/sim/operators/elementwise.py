"""Elementwise functions of one tensor."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.dtypes import narrow, ordered, unordered, widen
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "Abs": torch.abs,
    "Acos": torch.acos,
    "Acosh": torch.acosh,
    "Asin": torch.asin,
    "Asinh": torch.asinh,
    "Atan": torch.atan,
    "Atanh": torch.atanh,
    "Ceil": torch.ceil,
    "Cos": torch.cos,
    "Cosh": torch.cosh,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Floor": torch.floor,
    "Log": torch.log,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Reciprocal": torch.reciprocal,
    "Relu": torch.relu,
    "Round": torch.round,  # half to even, as the standard asks
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Sinh": torch.sinh,
    "Sqrt": torch.sqrt,
    "Tan": torch.tan,
    "Tanh": torch.tanh,
    "IsNaN": torch.isnan,
    "BitwiseNot": torch.bitwise_not,
    "HardSwish": functional.hardswish,
    "Mish": functional.mish,
    "Softsign": functional.softsign,
}
"""Operators without attributes whose torch function means the same."""


WIDE_UNSIGNED = frozenset({"uint16", "uint32", "uint64"})
"""Element types that torch holds and hardly computes in."""


def torchs_own(spec: OperatorSpec, function: Callable[..., Tensor]) -> Kernel:
    """Return the kernel that is torch's function; `unsigned` of it where types may ask for that."""
    declared = spec.input_type(0)
    return unsigned(function) if declared is None or declared in WIDE_UNSIGNED else function


def unsigned(function: Callable[..., Tensor]) -> Kernel:
    """Return a kernel that computes unsigned 16-, 32- and 64-bit integers in signed ones.

    Torch says that it cannot before it computes anything, so other types pay nothing for it.
    """

    def kernel(*inputs: Tensor | None) -> Tensor:
        try:
            return function(*inputs)
        except NotImplementedError:
            first = next(value for value in inputs if value is not None)
            wide = function(*(None if value is None else widen(value) for value in inputs))
            return narrow(wide, first.dtype)

    return kernel


@operator(*FUNCTIONS)
def function(spec: OperatorSpec) -> Kernel:
    """Apply torch's own function."""
    return torchs_own(spec, FUNCTIONS[spec.node.op_type])


@operator("Identity", aliases=True)
def identity(spec: OperatorSpec) -> Kernel:
    """Pass the input on."""
    return lambda x: x


@operator("Elu")
def elu(spec: OperatorSpec) -> Kernel:
    """`alpha·(exp(x) − 1)` below zero."""
    return partial(functional.elu, alpha=spec.number("alpha", 1.0))


@operator("Celu")
def celu(spec: OperatorSpec) -> Kernel:
    """`max(0, x) + min(0, alpha·(exp(x/alpha) − 1))`."""
    return partial(functional.celu, alpha=spec.number("alpha", 1.0))


@operator("Selu")
def selu(spec: OperatorSpec) -> Kernel:
    """`gamma` times an Elu."""
    alpha = spec.number("alpha", 1.6732632423543772)
    gamma = spec.number("gamma", 1.0507009873554805)
    return lambda x: torch.nn.functional.elu(x, alpha).mul_(gamma)


@operator("LeakyRelu")
def leaky_relu(spec: OperatorSpec) -> Kernel:
    """`alpha·x` below zero."""
    return partial(functional.leaky_relu, negative_slope=spec.number("alpha", 0.01))


@operator("ThresholdedRelu")
def thresholded_relu(spec: OperatorSpec) -> Kernel:
    """Zero up to `alpha`."""
    return partial(functional.threshold, threshold=spec.number("alpha", 1.0), value=0.0)


@operator("HardSigmoid")
def hard_sigmoid(spec: OperatorSpec) -> Kernel:
    """`clamp(alpha·x + beta, 0, 1)`."""
    alpha, beta = spec.number("alpha", 0.2), spec.number("beta", 0.5)
    return lambda x: torch.mul(x, alpha).add_(beta).clamp_(0, 1)


@operator("Softplus")
def softplus(spec: OperatorSpec) -> Kernel:
    """`log(1 + exp(x))`, without overflow."""
    return partial(functional.softplus, threshold=40.0)


@operator("Gelu", since=20)
def gelu(spec: OperatorSpec) -> Kernel:
    """Exact, or by the hyperbolic tangent."""
    return partial(functional.gelu, approximate=spec.text("approximate", "none"))


@operator("Swish", since=24)
def swish(spec: OperatorSpec) -> Kernel:
    """`x·sigmoid(alpha·x)`."""
    alpha = spec.number("alpha", 1.0)
    if alpha == 1.0:
        return functional.silu
    return lambda x: torch.sigmoid(x * alpha).mul_(x)


@operator("SwiGLU", since=28)
def swiglu(spec: OperatorSpec) -> Kernel:
    """`a·sigmoid(alpha·a)·b`."""
    alpha = spec.number("alpha", 1.0)
    return lambda a, b: torch.sigmoid(a * alpha).mul_(a).mul_(b)


@operator("Shrink", since=9)
def shrink(spec: OperatorSpec) -> Kernel:
    """Zero within ±`lambd`, moved by `bias` towards zero outside."""
    lambd, bias = spec.number("lambd", 0.5), spec.number("bias", 0.0)

    def kernel(x: Tensor) -> Tensor:
        moved = torch.where(x < -lambd, x + bias, torch.where(x > lambd, x - bias, 0))
        return moved.to(x.dtype)

    return kernel


@operator("IsInf", since=10)
def is_inf(spec: OperatorSpec) -> Kernel:
    """Infinities of the wanted signs."""
    negative, positive = spec.flag("detect_negative", True), spec.flag("detect_positive", True)
    if negative and positive:
        return torch.isinf
    if positive:
        return torch.isposinf
    return torch.isneginf if negative else lambda x: torch.zeros_like(x, dtype=torch.bool)


@operator("Clip")
def clip_attributes(spec: OperatorSpec) -> Kernel:
    """Bounds as attributes."""
    low, high = spec.number("min", -math.inf), spec.number("max", math.inf)
    return partial(torch.clamp, min=low, max=high)


@operator("Clip", since=11)
def clip(spec: OperatorSpec) -> Kernel:
    """Bounds as optional inputs; where they cross, the upper one holds."""
    low = spec.scalar(1) if spec.has_input(1) else None
    high = spec.scalar(2) if spec.has_input(2) else None
    bounded = spec.has_input(1) + spec.has_input(2)
    if (low is not None) + (high is not None) == bounded and bounded:
        bounds = (spec.constants.get(1), spec.constants.get(2))

        def kernel(x: Tensor, *_bounds: Tensor | None) -> Tensor:
            try:
                return torch.clamp(x, low, high)
            except NotImplementedError:
                return _clamp_wide(x, *bounds)

        return kernel
    spec.folded.difference_update((1, 2))
    return _clamp


def _clamp(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    if low is None and high is None:
        return x.clone()
    low = None if low is None else low.reshape(())
    high = None if high is None else high.reshape(())
    try:
        return torch.clamp(x, low, high)
    except NotImplementedError:
        return _clamp_wide(x, low, high)


def _clamp_wide(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    bounds = (None if value is None else ordered(value).reshape(()) for value in (low, high))
    return unordered(torch.clamp(ordered(x), *bounds), x.dtype)


@operator("PRelu")
def prelu(spec: OperatorSpec) -> Kernel:
    """`slope·x` below zero; the slope is broadcast to the input."""

    def kernel(x: Tensor, slope: Tensor) -> Tensor:
        channels = x.shape[1] if x.ndim > 1 else 1
        per_channel = slope.ndim == x.ndim - 1 and slope.shape[0] == channels == slope.numel()
        if x.is_floating_point() and (slope.numel() == 1 or per_channel):
            return functional.prelu(x, slope.reshape(-1))
        return torch.where(x < 0, x * slope, x)

    return kernel
