"""Quantize-dequantize.

The arithmetic is AIMET's to the bit (`docs/encodings.md` §7): clamp, divide in single precision,
subtract the offset, round halves up, and back. A compiled loop does it where there is one
(`loops`), elsewhere torch, in chunks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from quantsim_viz.sim.loops import GridMemory, Loop, compiled, fits
from quantsim_viz.sim.operators.layout import in_memory_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.encodings import Encoding

CHUNK = 1 << 17
"""Elements worked on at a time: 512 KiB of single precision."""

HALF_DOWN = float(np.nextafter(np.float32(0.5), np.float32(0)))
"""Adding this and rounding down rounds halves up, without the sum's own rounding interfering."""


class Quantizer:
    """An encoding made ready to work on tensors of one device; per tensor or per channel.

    Attributes:
        encoding: The encoding.
        is_cast: To float16 and back, without a grid.
        per_channel: There is a grid for each channel.
        grid: A per-tensor grid as compiled loops read it, else None.
    """

    def __init__(self, encoding: Encoding, device: torch.device | str = "cpu") -> None:
        self.encoding = encoding
        self.is_cast = encoding.dtype == "float"
        self.grid: GridMemory | None = None
        self.per_channel = encoding.axis is not None and not self.is_cast
        if self.is_cast:
            return
        columns = [
            np.asarray(column, np.float32)
            for column in (encoding.minimum, encoding.maximum, encoding.scale, encoding.offset)
        ]
        if self.per_channel:
            self._columns = [torch.from_numpy(column).to(device) for column in columns]
            self._lowest = self._columns[2] * self._columns[3]
        else:
            self._low, self._high, self._scale, self._offset = (float(c[0]) for c in columns)
            self._lowest = torch.tensor(self._scale) * torch.tensor(self._offset)
            # An offset other than 0 is subtracted and the half added at once, up to 16 bits: both
            # sums are rounded to the same grid of floats, as a test shows. At 32 bits they differ.
            self._half = HALF_DOWN if not self._offset else 0.5 - self._offset
            self._fine = encoding.bitwidth > 16
            grid = (self._low, self._high, self._scale, self._offset, float(self._lowest))
            self.grid = GridMemory(*grid, HALF_DOWN)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value of a per-tensor grid."""
        return (-math.inf, math.inf) if self.is_cast else (self._low, self._high)

    def apply(self, source: Tensor, target: Tensor) -> None:
        """Quantize and dequantize float32 values on a per-tensor grid; the two may be one."""
        if self.is_cast:
            target.copy_(source.to(torch.float16))
            return
        torch.clamp(source, self._low, self._high, out=target)
        target.div_(self._scale)
        if self._fine:
            target.sub_(self._offset).add_(HALF_DOWN).floor_().add_(self._offset)
        else:
            target.add_(self._half).floor_()
            if self._offset:
                target.add_(self._offset)
        target.mul_(self._scale)

    def apply_channels_(self, values: Tensor) -> None:
        """Quantize and dequantize float32 values in place, on a grid for each channel."""
        axis = self.encoding.axis or 0
        shape = [1] * values.dim()
        shape[axis] = -1
        low, high, scale, offset = (column.reshape(shape) for column in self._columns)
        values.clamp_(low, high).div_(scale).sub_(offset).add_(HALF_DOWN).floor_()
        values.add_(offset).mul_(scale)

    def mend_(self, values: Tensor, missing: Tensor) -> None:
        """Put the grid's lowest value where `missing` says that there was no number."""
        if self.is_cast:
            return
        if self.per_channel:
            axis = self.encoding.axis or 0
            shape = [1] * values.dim()
            shape[axis] = -1
            values[missing] = self._lowest.reshape(shape).expand_as(values)[missing]
        else:
            values[missing] = float(self._lowest)


def quantize(tensor: Tensor, encoding: Encoding) -> Tensor:
    """Return a quantized and dequantized copy of a tensor, in its own dtype.

    NaN becomes the lowest value of the grid. Other dtypes than float32 are worked on in float32.

    Args:
        tensor: Any shape; for per-channel encodings `encoding.axis` counts the channels.
        encoding: The grid.
    """
    return quantize_with(tensor, Quantizer(encoding, tensor.device))


def quantize_with(tensor: Tensor, quantizer: Quantizer) -> Tensor:
    """Return a quantized and dequantized copy of a tensor, in its own dtype."""
    values = tensor.detach().to(torch.float32)
    target = torch.empty_like(values)
    run = None if quantizer.grid is None else compiled(Loop.QUANTIZE)
    if run is not None and fits(values, target):
        run(values, target, None, quantizer.grid, values.numel())
    else:
        _quantize_(target.copy_(values), quantizer)
    return target if tensor.dtype == torch.float32 else target.to(tensor.dtype)


def _quantize_(values: Tensor, quantizer: Quantizer) -> None:
    """Quantize and dequantize a dense float32 tensor in place."""
    if not values.numel():
        return
    missing = torch.isnan(values)
    has_missing = bool(missing.any())
    if quantizer.per_channel:
        quantizer.apply_channels_(values)
    else:
        for chunk in chunks(in_memory_order(values).view(-1)):
            quantizer.apply(chunk, chunk)
    if has_missing:
        quantizer.mend_(values, missing)


def flat(tensor: Tensor) -> Tensor:
    """Return a tensor's elements as float32 in the order of memory; a view where possible."""
    if tensor.dtype is not torch.float32:
        tensor = tensor.to(torch.float32)
    return in_memory_order(tensor).reshape(-1)


def chunks(values: Tensor) -> Sequence[Tensor]:
    """Return a flat tensor in pieces of at most `CHUNK` elements."""
    return (values,) if values.numel() <= CHUNK else torch.split(values, CHUNK)
