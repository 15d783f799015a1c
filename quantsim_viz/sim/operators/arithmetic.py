"""Arithmetic, comparison, logic and bits of two or more tensors, broadcast to each other."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import narrow, ordered, unordered, widen
from quantsim_viz.sim.operators.elementwise import torchs_own
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

WRAPPING: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "BitwiseAnd": torch.bitwise_and,
    "BitwiseOr": torch.bitwise_or,
    "BitwiseXor": torch.bitwise_xor,
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Xor": torch.logical_xor,
    "Equal": torch.eq,
}
"""Results whose bits do not depend on whether the operands are signed."""

ORDERED: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
}


@operator(*WRAPPING)
def wrapping(spec: OperatorSpec) -> Kernel:
    """Apply torch's own function."""
    return torchs_own(spec, WRAPPING[spec.node.op_type])


@operator(*ORDERED)
def comparison(spec: OperatorSpec) -> Kernel:
    """Compare; unsigned values by their order."""
    function = ORDERED[spec.node.op_type]

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        try:
            return function(a, b)
        except NotImplementedError:
            return function(ordered(a), ordered(b))

    return kernel


@operator("Div")
def div(spec: OperatorSpec) -> Kernel:
    """Divide; integers round towards zero."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        if a.is_floating_point() or a.is_complex():
            return torch.div(a, b)
        if a.dtype == torch.uint64:
            return _divide_uint64(a, b)
        return narrow(torch.div(widen(a), widen(b), rounding_mode="trunc"), a.dtype)

    return kernel


def _divide_uint64(a: Tensor, b: Tensor) -> Tensor:
    """Divide 64-bit patterns as unsigned numbers.

    Half the dividend fits a signed number; its quotient, doubled, is at most one too small. A
    divisor of 2⁶³ or more fits once or not at all.
    """
    shape = torch.broadcast_shapes(a.shape, b.shape)  # type: ignore[no-untyped-call]  # unannotated
    x, y = widen(a).expand(shape), widen(b).expand(shape)
    small = y > 0
    divisor = torch.where(small, y, 1)
    half = (x >> 1) & torch.iinfo(torch.int64).max
    quotient = torch.div(half, divisor, rounding_mode="trunc") << 1
    rest = (x - quotient * divisor).view(torch.uint64)
    quotient = quotient + (ordered(rest) >= ordered(divisor.view(torch.uint64)))
    once = (ordered(x.view(torch.uint64)) >= ordered(y.contiguous().view(torch.uint64))).long()
    return torch.where(small, quotient, once).view(torch.uint64)


@operator("Mod", since=10)
def mod(spec: OperatorSpec) -> Kernel:
    """Take the remainder, with the divisor's sign, or by `fmod` the dividend's."""
    function = torch.fmod if spec.flag("fmod") else torch.remainder

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        if a.dtype == torch.uint64:
            quotient = _divide_uint64(a, b).view(torch.int64)
            return (widen(a) - quotient * widen(b)).view(torch.uint64)
        return narrow(function(widen(a), widen(b)), a.dtype)

    return kernel


@operator("Pow")
def power(spec: OperatorSpec) -> Kernel:
    """Raise to a power; the result has the base's type."""
    exponent = spec.scalar(1)
    if exponent is not None:
        fixed = exponent

        def raise_to_fixed(x: Tensor, _exponent: Tensor) -> Tensor:
            return narrow(torch.pow(widen(x), fixed), x.dtype)

        return raise_to_fixed

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return narrow(torch.pow(widen(x), widen(y)), x.dtype)

    return kernel


@operator("BitShift", since=11)
def bit_shift(spec: OperatorSpec) -> Kernel:
    """Shift unsigned integers."""
    if spec.text("direction") == "LEFT":
        return torchs_own(spec, torch.bitwise_left_shift)

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        if x.dtype != torch.uint64:
            return narrow(torch.bitwise_right_shift(widen(x), widen(y)), x.dtype)
        count = widen(y)
        kept = ~torch.where(count > 0, -1 << (64 - count).clamp(max=63), 0)
        return (torch.bitwise_right_shift(widen(x), count) & kept).view(x.dtype)

    return kernel


@operator("Max")
def maximum(spec: OperatorSpec) -> Kernel:
    """Largest of any number of tensors."""
    return _folding(torch.maximum)


@operator("Min")
def minimum(spec: OperatorSpec) -> Kernel:
    """Smallest of any number of tensors."""
    return _folding(torch.minimum)


def _folding(function: Callable[[Tensor, Tensor], Tensor]) -> Kernel:
    def kernel(*inputs: Tensor) -> Tensor:
        if len(inputs) == 1:
            return inputs[0].clone()
        try:
            return reduce(function, inputs)
        except NotImplementedError:
            return unordered(reduce(function, map(ordered, inputs)), inputs[0].dtype)

    return kernel


@operator("Sum")
def total(spec: OperatorSpec) -> Kernel:
    """Sum of any number of tensors."""
    if len(spec.node.inputs) == 1:
        return torch.clone
    if len(spec.node.inputs) == 2:
        return torch.add
    return lambda *inputs: reduce(torch.add, inputs)


@operator("Mean")
def mean(spec: OperatorSpec) -> Kernel:
    """Mean of any number of tensors."""
    count = len(spec.node.inputs)
    return lambda *inputs: reduce(torch.add, inputs) / count
