"""Changes of element type, rounding and saturating as the standard says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
import torch

from quantsim_viz.sim.operators.dtypes import (
    ELEMENT_TYPE_NAMES,
    FLOAT8,
    NUMPY,
    STORAGE,
    SUB_BYTE,
    default_element_type,
    storage_type,
    to_numpy,
    to_tensor,
)
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_BITS = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2}


def converter(
    element_type: str, *, saturate: bool = True, round_mode: str = "up"
) -> Callable[[Tensor], Tensor]:
    """Return a function that converts tensors to an element type.

    Args:
        element_type: The target.
        saturate: For 8-bit floats: values beyond the largest become it rather than infinite or
            not a number.
        round_mode: For `float8e8m0`: `up`, `down` or `nearest`.
    """
    dtype = storage_type(element_type)
    if element_type == "float8e8m0":
        return lambda x: _to_power_of_two(x, saturate=saturate, round_mode=round_mode)
    if element_type in FLOAT8:
        return lambda x: _to_float8(x, dtype, saturate=saturate)
    if element_type == "float4e2m1":
        return _to_float4
    if element_type in _BITS:
        return lambda x: _wrap(x, element_type)
    return lambda x: x.to(dtype)


def _to_float8(x: Tensor, dtype: torch.dtype, *, saturate: bool) -> Tensor:
    wide = x.float()
    if saturate:
        limit = torch.finfo(dtype).max
        wide = wide.clamp(-limit, limit)
        return wide.to(dtype)
    array = to_numpy(wide).astype(NUMPY[default_element_type(dtype)])
    return to_tensor(array, x.device)


def _to_power_of_two(x: Tensor, *, saturate: bool, round_mode: str) -> Tensor:
    """Convert to `float8e8m0`: an exponent alone, 2⁻¹²⁷ to 2¹²⁷, no sign, no zero."""
    wide = x.float()
    mantissa, exponent = torch.frexp(wide.abs())  # 0.5 ≤ mantissa < 1
    power = exponent - 1
    exact = mantissa == 0.5
    if round_mode == "up":
        power = torch.where(exact, power, power + 1)
    elif round_mode == "nearest":
        power = torch.where(mantissa >= 0.75, power + 1, power)
    power = torch.where(wide == 0, -127, power)
    beyond = wide.isnan() | (wide.isinf() if not saturate else torch.zeros_like(wide.isnan()))
    power = torch.where(wide.isinf(), 127 if saturate else 128, power)
    bits = power.clamp(-127, 127 if saturate else 128) + 127
    return torch.where(beyond, 255, bits).to(torch.uint8).view(torch.float8_e8m0fnu)


def _to_float4(x: Tensor) -> Tensor:
    array = to_numpy(x.float()).astype(ml_dtypes.float4_e2m1fn).astype(np.float32)
    return to_tensor(array, x.device)


def _wrap(x: Tensor, element_type: str) -> Tensor:
    """Keep the lowest bits of integers."""
    bits = _BITS[element_type]
    whole: Tensor = x.to(torch.int32) & (2**bits - 1)
    if not element_type.startswith("u"):
        whole = torch.where(whole >= 2 ** (bits - 1), whole - 2**bits, whole)
    return whole.to(STORAGE[element_type])


@operator("Cast", aliases=True)
def cast(spec: OperatorSpec) -> Kernel:
    """Convert to the type of attribute `to`."""
    return converter(
        ELEMENT_TYPE_NAMES[spec.integer("to")],
        saturate=spec.flag("saturate", True),
        round_mode=spec.text("round_mode", "up"),
    )


@operator("CastLike", since=15, aliases=True)
def cast_like(spec: OperatorSpec) -> Kernel:
    """Convert to the second input's type."""
    saturate, round_mode = spec.flag("saturate", True), spec.text("round_mode", "up")
    known = spec.input_type(1)
    if known is not None:
        convert = converter(known, saturate=saturate, round_mode=round_mode)
        return lambda x, _like: convert(x)

    def kernel(x: Tensor, like: Tensor) -> Tensor:
        kind = default_element_type(like.dtype)
        return converter(kind, saturate=saturate, round_mode=round_mode)(x)

    return kernel


@operator("BitCast", since=26, aliases=True)
def bit_cast(spec: OperatorSpec) -> Kernel:
    """Take the bits for another type's of the same width."""
    target = ELEMENT_TYPE_NAMES[spec.integer("to")]
    source = spec.input_type(0)
    if target not in SUB_BYTE and source not in SUB_BYTE:
        return lambda x: x.view(STORAGE[target])

    def kernel(x: Tensor) -> Tensor:
        bits = to_numpy(x, source).view(np.uint8)
        return to_tensor(bits.view(NUMPY[target]), x.device)

    return kernel
