"""Convolutions and their transposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators import packing
from quantsim_viz.sim.operators.registry import operator
from quantsim_viz.sim.operators.windows import Windows, is_symmetric, pad_spatial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_CONVOLUTIONS: dict[int, Callable[..., Tensor]] = {
    1: functional.conv1d,
    2: functional.conv2d,
    3: functional.conv3d,
}
_TRANSPOSED: dict[int, Callable[..., Tensor]] = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, windows: Windows, group: int
) -> Tensor:
    """Convolve `[N, C_in, …]` with `[C_out, C_in/group, …]`, one to three spatial axes."""
    pads = windows.padding(x.shape[2:], weight.shape[2:])
    if is_symmetric(pads):
        padding = pads[: len(pads) // 2]
    else:
        x, padding = pad_spatial(x, pads), (0,) * (len(pads) // 2)
    return _CONVOLUTIONS[x.ndim - 2](
        x, weight, bias, windows.strides, padding, windows.dilations, group
    )


@operator("Conv")
def conv(spec: OperatorSpec) -> Kernel:
    """Convolve."""
    group = spec.integer("group", 1)
    rank = spatial_rank(spec)
    if rank is None:
        return lambda x, w, b=None: convolve(x, w, b, Windows.of(spec, x.ndim - 2), group)
    windows = Windows.of(spec, rank)
    if packing.packs_images(spec, rank):
        return _packed_convolution(spec, windows, group)
    if windows.auto_pad.startswith("SAME") or not is_symmetric(windows.pads):
        return lambda x, w, b=None: convolve(x, w, b, windows, group)
    return _plain_convolution(windows, group)


def _plain_convolution(windows: Windows, group: int) -> Kernel:
    """Return the kernel for padding that is known and even: one call into torch."""
    function = _CONVOLUTIONS[windows.rank]
    strides, dilations = windows.strides, windows.dilations
    padding = windows.pads[: windows.rank]

    def kernel(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return function(x, weight, bias, strides, padding, dilations, group)

    return kernel


def _packed_convolution(spec: OperatorSpec, windows: Windows, group: int) -> Kernel:
    """Return the kernel of a constant weight, laid out once as the processor likes it."""
    weight = spec.constant(1)
    assert weight is not None
    size, strides, dilations = weight.shape[2:], windows.strides, windows.dilations
    even = not windows.auto_pad.startswith("SAME") and is_symmetric(windows.pads)
    known = windows.pads[: windows.rank] if even else (0, 0)
    packed = packing.pack_convolution(weight, known, strides, dilations, group)

    def padded(x: Tensor, _weight: Tensor, bias: Tensor | None = None) -> Tensor:
        pads = windows.padding(x.shape[2:], size)
        if is_symmetric(pads):
            return packing.convolve(x, packed, bias, pads[:2], strides, dilations, group)
        x = pad_spatial(x, pads)
        return packing.convolve(x, packed, bias, (0, 0), strides, dilations, group)

    def kernel(x: Tensor, _weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return packing.convolve(x, packed, bias, known, strides, dilations, group)

    return kernel if even else padded


def spatial_rank(spec: OperatorSpec) -> int | None:
    """Return the number of spatial axes if the node or a constant weight tells it."""
    kernel_shape = spec.integers("kernel_shape") or spec.integers("strides")
    if kernel_shape is not None:
        return len(kernel_shape)
    weight = spec.constants.get(1)
    return None if weight is None else weight.ndim - 2


@operator("ConvTranspose")
def conv_transpose(spec: OperatorSpec) -> Kernel:
    """Convolve transposed: every input element adds its scaled kernel to the output.

    The output is cut by `pads`; `output_shape` says how long it shall be instead.
    """
    group = spec.integer("group", 1)
    extra = spec.integers("output_padding")
    wanted = spec.integers("output_shape")

    def kernel(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        rank = x.ndim - 2
        windows = Windows.of(spec, rank)
        more = extra or (0,) * rank
        full = [
            (length - 1) * stride + extent + add
            for length, stride, extent, add in zip(
                x.shape[2:], windows.strides, windows.extents(weight.shape[2:]), more, strict=True
            )
        ]
        pads = _transposed_pads(windows, full, x.shape[2:], wanted)
        function = _TRANSPOSED[rank]
        if is_symmetric(pads):
            return function(
                x, weight, bias, windows.strides, pads[:rank], more, group, windows.dilations
            )
        room = tuple(min(add, 0) for add in more)
        whole = function(x, weight, bias, windows.strides, 0, room, group, windows.dilations)
        grow = [f - length for f, length in zip(full, whole.shape[2:], strict=True)]
        cut = [-p for p in pads[:rank]] + [g - p for g, p in zip(grow, pads[rank:], strict=True)]
        return _fit(whole, cut, bias)

    return kernel


def _transposed_pads(
    windows: Windows, full: Sequence[int], lengths: Sequence[int], wanted: Sequence[int] | None
) -> tuple[int, ...]:
    """Return how much of the full result falls away before and behind each axis.

    A wanted length beyond the full one is reached behind; automatic padding never grows.
    """
    same = windows.auto_pad.startswith("SAME")
    if wanted is not None:
        totals = [have - want for have, want in zip(full, wanted[-len(full) :], strict=True)]
    elif same:
        naturals = [n * stride for n, stride in zip(lengths, windows.strides, strict=True)]
        totals = [max(0, have - want) for have, want in zip(full, naturals, strict=True)]
    else:
        return windows.pads
    before, behind = [], []
    for total in totals:
        small = max(0, total) // 2
        first = small if windows.auto_pad == "SAME_UPPER" else max(0, total) - small
        before.append(first)
        behind.append(total - first)
    return (*before, *behind)


def _fit(x: Tensor, cut: Sequence[int], bias: Tensor | None) -> Tensor:
    """Crop, or grow by what no kernel reaches: the bias alone."""
    if bias is None or max(cut) <= 0:
        return pad_spatial(x, cut)
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return pad_spatial(x - bias.reshape(shape), cut) + bias.reshape(shape)


@operator("CausalConvWithState", since=27)
def causal_conv_with_state(spec: OperatorSpec) -> Kernel:
    """Convolve each channel with its past, and return the last inputs as the new past."""
    activate = spec.text("activation", "none") in ("silu", "swish")

    def kernel(
        x: Tensor, weight: Tensor, bias: Tensor | None = None, past: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        keep = weight.shape[-1] - 1
        if past is None:
            past = x.new_zeros(*x.shape[:2], keep)
        whole = torch.cat([past, x], dim=-1)
        y = functional.conv1d(whole, weight, bias, groups=x.shape[1])
        state = whole.narrow(-1, whole.shape[-1] - keep, keep)
        return (functional.silu(y) if activate else y), state

    return kernel
