"""The order in which a tensor's elements lie in memory, for whoever walks over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def in_memory_order(tensor: Tensor) -> Tensor:
    """Return the tensor with its axes permuted so that it is contiguous, itself if none will do.

    A channels-last image comes back as `[N, H, W, C]`; no element is copied.
    """
    if tensor.is_contiguous():
        return tensor
    if tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last):
        return tensor.permute(0, 2, 3, 1)
    strides = tensor.stride()
    order = sorted(range(tensor.dim()), key=lambda axis: -strides[axis])
    permuted = tensor.permute(order)
    return permuted if permuted.is_contiguous() else tensor


def is_dense(tensor: Tensor) -> bool:
    """Tell whether the tensor's elements fill their memory without gaps or overlaps."""
    if tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last):
        return True
    return in_memory_order(tensor).is_contiguous()


def aligned(tensor: Tensor, other: Tensor) -> Tensor:
    """Return a tensor so that `in_memory_order` takes it and another of its shape alike.

    It is copied only if the two lie differently.
    """
    if tensor.stride() == other.stride() or (tensor.is_contiguous() and other.is_contiguous()):
        return tensor
    if not is_dense(other):
        return tensor.contiguous()
    return torch.empty_like(other, dtype=tensor.dtype).copy_(tensor)
