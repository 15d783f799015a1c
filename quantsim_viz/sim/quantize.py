"""Quantize-dequantize, and the powers of signal and noise measured while values are in cache.

The arithmetic is AIMET's to the bit (`docs/encodings.md` §7): clamp, divide in single precision,
subtract the offset, round halves up, and back. A tensor is worked on in chunks that stay in the
processor's cache, where the noise is summed up before the chunk is left: single-precision dot
products inside a chunk, double precision across chunks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from quantsim_viz.sim.operators.layout import aligned, in_memory_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.encodings import Encoding

CHUNK = 1 << 17
"""Elements worked on at a time: 512 KiB of single precision."""

HALF_DOWN = float(np.nextafter(np.float32(0.5), np.float32(0)))
"""Adding this and rounding down rounds halves up, without the sum's own rounding interfering."""

_TINY, _HUGE = 1e-28, 1e36  # outside, a sum of squares is recomputed in double precision


class Quantizer:
    """An encoding made ready to work on tensors of one device; per tensor or per channel."""

    def __init__(self, encoding: Encoding, device: torch.device | str = "cpu") -> None:
        self.encoding = encoding
        self.is_cast = encoding.dtype == "float"
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
    values = tensor.detach().to(torch.float32, copy=True)
    quantize_(values, quantizer)
    return values if tensor.dtype == torch.float32 else values.to(tensor.dtype)


def quantize_(values: Tensor, quantizer: Quantizer) -> None:
    """Quantize and dequantize a dense float32 tensor in place."""
    if not values.numel():
        return
    missing = torch.isnan(values)
    has_missing = bool(missing.any())
    if quantizer.per_channel:
        quantizer.apply_channels_(values)
    else:
        for chunk in _chunks(in_memory_order(values).view(-1)):
            quantizer.apply(chunk, chunk)
    if has_missing:
        quantizer.mend_(values, missing)


def square_sum(values: Tensor) -> float:
    """Return Σx² of a flat float32 chunk, in double precision where single would not do."""
    total = torch.dot(values, values).item()
    if _TINY < total < _HUGE:
        return total
    wide = values.double()
    return torch.dot(wide, wide).item()


def finite_square_sum(values: Tensor) -> float:
    """Return Σx² of a flat float32 chunk, infinities left out."""
    power = square_sum(values)
    if math.isfinite(power):
        return power
    return square_sum(values.masked_fill(torch.isinf(values), 0.0))


def signal_power(tensor: Tensor) -> float:
    """Return Σx² over every element that is not infinite; NaN if one is NaN."""
    return sum(map(finite_square_sum, _chunks(flat(tensor))))


def noise_power(reference: Tensor, value: Tensor, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² over every element whose x is not infinite.

    Args:
        reference: x, any shape and floating dtype.
        value: x̂, of the same shape.
        scratch: At least `CHUNK` float32 elements to work in.
    """
    total = 0.0
    reference = aligned(reference, value)
    for exact, other in zip(_chunks(flat(reference)), _chunks(flat(value)), strict=True):
        total += difference_power(exact, other, scratch)
    return total


def difference_power(exact: Tensor, other: Tensor, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² of two flat chunks, where x is not infinite."""
    difference = torch.sub(exact, other, out=scratch[: exact.numel()])
    power = square_sum(difference)
    if math.isfinite(power):
        return power
    return square_sum(difference.masked_fill_(torch.isinf(exact), 0.0))


def quantize_measured(
    source: Tensor, target: Tensor, reference: Tensor, quantizer: Quantizer, scratch: Tensor
) -> tuple[float, float]:
    """Quantize and dequantize a tensor, and measure it against a reference on the way.

    Args:
        source: Flat float32 values.
        target: Where they go: flat, as many; `source` itself to work in place.
        reference: x, of as many elements in the same order.
        quantizer: A per-tensor grid.
        scratch: At least `CHUNK` float32 elements to work in.

    Returns:
        Noise power Σ(x − x̂)² and signal power Σx².
    """
    noise = signal = 0.0
    for values, chunk, exact in zip(
        _chunks(source), _chunks(target), _chunks(flat(reference)), strict=True
    ):
        quantizer.apply(values, chunk)
        power = difference_power(exact, chunk, scratch)
        if math.isnan(power):
            quantizer.mend_(chunk, torch.isnan(chunk))
            power = difference_power(exact, chunk, scratch)
        noise += power
        signal += finite_square_sum(exact)
    return noise, signal


def probe(
    source: Tensor, reference: Tensor, quantizer: Quantizer, scratch: tuple[Tensor, Tensor]
) -> tuple[float, float, tuple[float, float]]:
    """Measure what a quantizer does to a tensor, without keeping the quantized values.

    Args:
        source: What the quantizer is given, any shape; float32.
        reference: x, of as many elements; `source` itself if that is what it is compared with.
        quantizer: A per-tensor grid.
        scratch: Two times at least `CHUNK` float32 elements to work in.

    Returns:
        Noise power Σ(x − x̂)², signal power Σx², and of the quantizer's own noise the power from
        elements outside its range and the whole.
    """
    noise = signal = clipped = own = 0.0
    reference = aligned(reference, source)
    for values, exact in zip(_chunks(flat(source)), _chunks(flat(reference)), strict=True):
        chunk = scratch[1][: values.numel()]
        part, power = quantize_measured(values, chunk, exact, quantizer, scratch[0])
        noise, signal = noise + part, signal + power
        own += part if source is reference else difference_power(values, chunk, scratch[0])
        clipped += _outside_power(values, quantizer, scratch[0])
    return noise, signal, (clipped, own)


def clipping_power(values: Tensor, quantizer: Quantizer, scratch: Tensor) -> tuple[float, float]:
    """Return how much of a per-tensor quantizer's noise comes from outside its range, and of what.

    Args:
        values: What the quantizer is given, any shape.
        quantizer: The grid, whose ends are values of the grid.
        scratch: At least `CHUNK` float32 elements to work in.

    Returns:
        Σ(x − x̂)² over the elements outside, and over all.
    """
    clipped = total = 0.0
    for chunk in _chunks(flat(values)):
        work = scratch[: chunk.numel()]
        clipped += _outside_power(chunk, quantizer, work)
        quantizer.apply(chunk, work)
        total += square_sum(torch.sub(chunk, work, out=work))
    return clipped, total


def _outside_power(values: Tensor, quantizer: Quantizer, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² over the elements of a chunk that are outside a grid's range."""
    if not values.numel():
        return 0.0
    low, high = quantizer.bounds
    least, most = torch.aminmax(values)
    if least.item() >= low and most.item() <= high:
        return 0.0
    work = torch.clamp(values, low, high, out=scratch[: values.numel()])
    return square_sum(torch.sub(values, work, out=work))


def flat(tensor: Tensor) -> Tensor:
    """Return a tensor's elements as float32 in the order of memory; a view where possible."""
    if tensor.dtype is not torch.float32:
        tensor = tensor.to(torch.float32)
    return in_memory_order(tensor).reshape(-1)


def _chunks(values: Tensor) -> Sequence[Tensor]:
    return (values,) if values.numel() <= CHUNK else torch.split(values, CHUNK)
