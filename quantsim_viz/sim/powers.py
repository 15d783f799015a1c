"""The powers of signals and of noise, measured while a quantizer works where that is possible.

A compiled loop takes them in the same pass (`loops`), in double precision. Torch takes them chunk
by chunk while a chunk is in the processor's cache: in single precision, pairwise, inside a chunk,
in double precision across chunks. It is asked as well where a sum is not finite, because infinities
of the float run are left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from quantsim_viz.sim.loops import Loop, compiled, fits
from quantsim_viz.sim.operators.layout import aligned
from quantsim_viz.sim.quantize import chunks, flat

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.quantize import Quantizer

_TINY, _HUGE = 1e-28, 1e36  # outside, a sum of squares is recomputed in double precision


class Powers(NamedTuple):
    """What was measured of a value x̂ and its reference x.

    Attributes:
        noise: Σ(x − x̂)² over every element whose x is not infinite; None without x̂.
        signal: Σx² over the same.
        is_finite: x is known to hold finite numbers only. If not, nobody has looked.
    """

    noise: float | None
    signal: float
    is_finite: bool


def signal_power(tensor: Tensor) -> float:
    """Return Σx² over every element that is not infinite; NaN if one is NaN."""
    return signal_alone(tensor).signal


def signal_alone(tensor: Tensor) -> Powers:
    """Measure a signal that no noise is measured against."""
    run = compiled(Loop.SIGNAL)
    if run is not None and fits(tensor):
        (power,) = run(None, None, tensor, None, tensor.numel())
        if math.isfinite(power):
            return Powers(None, power, is_finite=True)
    return Powers(None, sum(map(finite_square_sum, chunks(flat(tensor)))), is_finite=False)


def noise_power(reference: Tensor, value: Tensor, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² over every element whose x is not infinite, as `noise_and_signal` does."""
    noise = noise_and_signal(reference, value, scratch).noise
    assert noise is not None
    return noise


def noise_and_signal(reference: Tensor, value: Tensor, scratch: Tensor) -> Powers:
    """Measure a value against a reference.

    Args:
        reference: x, any shape and floating dtype.
        value: x̂, of the same shape.
        scratch: At least `CHUNK` float32 elements to work in.
    """
    run = compiled(Loop.NOISE)
    if run is not None and fits(reference, value):
        noise, signal = run(None, value, reference, None, value.numel())
        if math.isfinite(noise + signal):
            return Powers(noise, signal, is_finite=True)
    noise = signal = 0.0
    reference = aligned(reference, value)
    for exact, other in zip(chunks(flat(reference)), chunks(flat(value)), strict=True):
        noise += difference_power(exact, other, scratch)
        signal += finite_square_sum(exact)
    return Powers(noise, signal, is_finite=False)


def quantize_measured(
    source: Tensor, target: Tensor, reference: Tensor, quantizer: Quantizer, scratch: Tensor
) -> Powers:
    """Quantize and dequantize a tensor, and measure it against a reference on the way.

    Args:
        source: Float32 values.
        target: Where they go: dense, of the same shape; `source` itself to work in place.
        reference: x, of the same shape.
        quantizer: A per-tensor grid.
        scratch: At least `CHUNK` float32 elements to work in.
    """
    run = None if quantizer.grid is None else compiled(Loop.MEASURE)
    if run is not None and fits(target, source, reference):
        noise, signal = run(source, target, reference, quantizer.grid, target.numel())
        if math.isfinite(noise + signal):
            return Powers(noise, signal, is_finite=True)
        return noise_and_signal(reference, target, scratch)
    noise = signal = 0.0
    pieces = zip(
        chunks(flat(aligned(source, target))),
        chunks(flat(target)),
        chunks(flat(aligned(reference, target))),
        strict=True,
    )
    for values, chunk, exact in pieces:
        noise += _quantized_power(values, chunk, exact, quantizer, scratch)
        signal += finite_square_sum(exact)
    return Powers(noise, signal, is_finite=False)


def probe(
    source: Tensor, reference: Tensor, quantizer: Quantizer, scratch: tuple[Tensor, Tensor]
) -> tuple[Powers, tuple[float, float]]:
    """Measure what a quantizer does to a tensor, without keeping the quantized values.

    Args:
        source: What the quantizer is given, any shape; float32.
        reference: x, of the same shape; `source` itself if that is what it is compared with.
        quantizer: A per-tensor grid.
        scratch: Two times at least `CHUNK` float32 elements to work in.

    Returns:
        The powers, and of the quantizer's own noise the power from elements outside its range and
        the whole.
    """
    run = None if quantizer.grid is None else compiled(Loop.PROBE)
    if run is not None and fits(source, reference):
        noise, signal, clipped, rounded = run(
            source, None, reference, quantizer.grid, source.numel()
        )
        if math.isfinite(noise + signal + clipped + rounded):
            return Powers(noise, signal, is_finite=True), (clipped, clipped + rounded)
    noise = signal = clipped = own = 0.0
    aside = aligned(reference, source)
    for values, exact in zip(chunks(flat(source)), chunks(flat(aside)), strict=True):
        chunk = scratch[1][: values.numel()]
        part = _quantized_power(values, chunk, exact, quantizer, scratch[0])
        noise, signal = noise + part, signal + finite_square_sum(exact)
        own += part if source is reference else difference_power(values, chunk, scratch[0])
        clipped += _outside_power(values, quantizer, scratch[0])
    return Powers(noise, signal, is_finite=False), (clipped, own)


def clipping_power(values: Tensor, quantizer: Quantizer, scratch: Tensor) -> tuple[float, float]:
    """Return how much of a per-tensor quantizer's noise comes from outside its range, and of what.

    Args:
        values: What the quantizer is given, any shape.
        quantizer: The grid, whose ends are values of the grid.
        scratch: At least `CHUNK` float32 elements to work in.

    Returns:
        Σ(x − x̂)² over the elements outside, and over all.
    """
    run = None if quantizer.grid is None else compiled(Loop.PROBE)
    if run is not None and fits(values):
        *_, clipped, rounded = run(values, None, values, quantizer.grid, values.numel())
        if math.isfinite(clipped + rounded):
            return clipped, clipped + rounded
    clipped = total = 0.0
    for chunk in chunks(flat(values)):
        work = scratch[: chunk.numel()]
        clipped += _outside_power(chunk, quantizer, work)
        quantizer.apply(chunk, work)
        total += _square_sum(torch.sub(chunk, work, out=work))
    return clipped, total


def _square_sum(values: Tensor) -> float:
    """Return Σx² of a flat float32 chunk, in double precision where single would not do."""
    total = (
        values.square().sum().item()
    )  # a dot product adds one by one, and is 100 times less exact
    if _TINY < total < _HUGE:
        return total
    wide = values.double()
    return torch.dot(wide, wide).item()


def finite_square_sum(values: Tensor) -> float:
    """Return Σx² of a flat float32 chunk, infinities left out."""
    power = _square_sum(values)
    if math.isfinite(power):
        return power
    return _square_sum(values.masked_fill(torch.isinf(values), 0.0))


def difference_power(exact: Tensor, other: Tensor, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² of two flat chunks, where x is not infinite."""
    difference = torch.sub(exact, other, out=scratch[: exact.numel()])
    power = _square_sum(difference)
    if math.isfinite(power):
        return power
    return _square_sum(difference.masked_fill_(torch.isinf(exact), 0.0))


def _quantized_power(
    values: Tensor, chunk: Tensor, exact: Tensor, quantizer: Quantizer, scratch: Tensor
) -> float:
    """Quantize a flat chunk into another, and return its noise, infinities of `exact` left out."""
    quantizer.apply(values, chunk)
    power = _square_sum(torch.sub(exact, chunk, out=scratch[: chunk.numel()]))
    if math.isfinite(power):
        return power
    quantizer.mend_(chunk, torch.isnan(chunk))
    return difference_power(exact, chunk, scratch)


def _outside_power(values: Tensor, quantizer: Quantizer, scratch: Tensor) -> float:
    """Return Σ(x − x̂)² over the elements of a chunk that are outside a grid's range."""
    if not values.numel():
        return 0.0
    low, high = quantizer.bounds
    least, most = torch.aminmax(values)
    if least.item() >= low and most.item() <= high:
        return 0.0
    work = torch.clamp(values, low, high, out=scratch[: values.numel()])
    return _square_sum(torch.sub(values, work, out=work))
