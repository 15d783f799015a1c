"""The order in which a tensor's elements lie in memory, for whoever walks over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def in_memory_order(tensor: Tensor) -> Tensor:
    """Return the tensor with its axes permuted so that it is contiguous, itself if none will do.

    A channels-last image comes back as `[N, H, W, C]`; no element is copied.
    """
    if tensor.is_contiguous():
        return tensor
    strides = tensor.stride()
    order = sorted(range(tensor.dim()), key=lambda axis: -strides[axis])
    permuted = tensor.permute(order)
    return permuted if permuted.is_contiguous() else tensor


def is_dense(tensor: Tensor) -> bool:
    """Tell whether the tensor's elements fill their memory without gaps or overlaps."""
    return in_memory_order(tensor).is_contiguous()


def flat_pair(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return the elements of two tensors of one shape in a common order; views where possible."""
    if first.stride() == second.stride():
        return in_memory_order(first).reshape(-1), in_memory_order(second).reshape(-1)
    return first.reshape(-1), second.reshape(-1)
