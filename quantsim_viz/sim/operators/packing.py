"""Constant weights laid out once as oneDNN's kernels want them.

Torch reorders a weight at every call, which costs as much as the convolution itself, and takes
matrix products to MKL, which is slow on some processors. Torch's own compiler packs weights by the
functions used here. Convolutions of packed weights return images in channels-last order.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.registry import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import OperatorSpec

SMALL_WEIGHT = 1 << 16
"""Elements up to which a matrix is kept as it is beside its packed form."""

SMALL_PRODUCT = 1 << 20
"""Multiplications below which a plain product is done before oneDNN has begun."""


@cache
def available() -> bool:
    """Tell whether this build of torch has the functions."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # unannotated
        return False
    operators = ("_convolution_pointwise", "_linear_pointwise", "_reorder_linear_weight")
    return hasattr(torch._C._nn, "mkldnn_reorder_conv2d_weight") and all(
        hasattr(torch.ops.mkldnn, name) for name in operators
    )


def _packable(spec: OperatorSpec, index: int) -> bool:
    weight = spec.constants.get(index)
    return (
        weight is not None
        and spec.device.type == "cpu"
        and weight.dtype == torch.float32
        and weight.numel() > 0
        and available()
    )


def packs_images(spec: OperatorSpec, rank: int) -> bool:
    """Tell whether the weight (input 1) of a convolution of images can be packed."""
    return rank == 2 and spec.layout is Layout.ANY and _packable(spec, 1)


def packs_matrix(spec: OperatorSpec) -> bool:
    """Tell whether the second factor (input 1) of a matrix product can be packed."""
    return _packable(spec, 1) and spec.constants[1].ndim == 2


def pack_convolution(
    weight: Tensor,
    padding: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    group: int,
) -> Tensor:
    """Pack `[C_out, C_in/group, kH, kW]`."""
    reorder: Callable[..., Tensor] = torch._C._nn.mkldnn_reorder_conv2d_weight
    dense = weight.contiguous().to_mkldnn()
    return reorder(dense, padding, strides, dilations, group, None)


def pack_matrix(weight: Tensor) -> Tensor:
    """Pack `[C_out, C_in]`."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
    return packed


def convolve(
    x: Tensor,
    packed: Tensor,
    bias: Tensor | None,
    padding: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    group: int,
) -> Tensor:
    """Convolve images with a packed weight."""
    y: Tensor = torch.ops.mkldnn._convolution_pointwise(
        x, packed, bias, padding, strides, dilations, group, "none", [], ""
    )
    return y


def multiplier(weight: Tensor) -> Callable[[Tensor, Tensor | None], Tensor]:
    """Return what computes `x·Wᵀ + bias`, `x` `[…, C_in]`, for a constant `W` `[C_out, C_in]`."""
    packed = pack_matrix(weight)
    width = weight.shape[0]
    if weight.numel() > SMALL_WEIGHT:
        return lambda x, bias: _multiply(x, packed, bias, width)
    dense = weight.contiguous()

    def multiply(x: Tensor, bias: Tensor | None) -> Tensor:
        if x.numel() * width < SMALL_PRODUCT:
            return functional.linear(x, dense, bias)
        return _multiply(x, packed, bias, width)

    return multiply


def _multiply(x: Tensor, packed: Tensor, bias: Tensor | None, width: int) -> Tensor:
    if not x.numel():
        return x.new_zeros(*x.shape[:-1], width)
    if x.ndim == 1:
        return _multiply(x.unsqueeze(0), packed, bias, width).squeeze(0)
    y: Tensor = torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
    return y
