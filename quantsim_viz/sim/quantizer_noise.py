"""The noise of every quantizer by itself, split into rounding and clipping.

Measured on the tensor's float values, no other quantizer acting: so the figures of two quantizers
can be compared, none depends on another's setting, and the float run serves all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from quantsim_viz.report.quantizers import QuantizerNoise
from quantsim_viz.report.report import finite
from quantsim_viz.sim.encodings import FLOAT16
from quantsim_viz.sim.loops import Loop, compiled, fits
from quantsim_viz.sim.measurements import Gauge
from quantsim_viz.sim.observers import channel_rows
from quantsim_viz.sim.powers import (
    difference_power,
    finite_square_sum,
    noise_power,
    signal_power,
)
from quantsim_viz.sim.quantize import CHUNK, Quantizer, flat, quantize_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.values import ValueTable


class Parts(NamedTuple):
    """What a quantizer did: two powers of noise, and how many elements were outside."""

    signal: float
    rounding: float
    clipping: float
    outside: int
    elements: int


@dataclass(frozen=True, slots=True)
class Split(Gauge):
    """The noise that a quantizer makes of a value, in its parts.

    With c(x) the value cut off at the ends of the range, x − x̂ is (x − c(x)) + (c(x) − x̂), and for
    every element one of the two is 0: the ends are values of the grid. Infinite elements are left
    out, as in every power.

    Attributes:
        value: What the quantizer is given.
        encoding: Its grid. float16 has no range: what overflows counts as outside, and its
            clipping is infinite.
    """

    encoding: Encoding = FLOAT16

    def measure(self, values: Sequence[Tensor]) -> Parts:
        """Return the parts of one batch."""
        quantizer = Quantizer(self.encoding, values[0].device)
        if quantizer.is_cast:
            return _cast_parts(values[0], quantizer)
        if quantizer.per_channel:
            return _channel_parts(values[0], quantizer)
        return _tensor_parts(values[0], quantizer)

    def merge(self, total: Parts, result: Parts) -> Parts:
        """Return the parts of both."""
        return Parts(
            total.signal + result.signal,
            total.rounding + result.rounding,
            total.clipping + result.clipping,
            total.outside + result.outside,
            total.elements + result.elements,
        )


def _tensor_parts(value: Tensor, quantizer: Quantizer) -> Parts:
    found = _probed(value, quantizer)
    if found is not None:
        return found
    low, high = quantizer.bounds
    signal = rounding = clipping = 0.0
    outside = 0
    first = torch.empty(min(CHUNK, value.numel()), device=value.device)
    second = torch.empty_like(first)
    for chunk in torch.split(flat(value), CHUNK) if value.numel() else ():
        inside, work = chunk, second[: chunk.numel()]
        least, most = torch.aminmax(chunk)
        if not (least.item() >= low and most.item() <= high):
            inside = torch.clamp(chunk, low, high, out=first[: chunk.numel()])
            clipping += difference_power(chunk, inside, work)
            outside += int(torch.count_nonzero(work))
        quantizer.apply(inside, work)
        rounding += difference_power(inside, work, work)
        signal += finite_square_sum(chunk)
    return Parts(signal, rounding, clipping, outside, value.numel())


def _probed(value: Tensor, quantizer: Quantizer) -> Parts | None:
    """Return the parts as a compiled loop finds them, None where torch must do the work."""
    run = None if quantizer.grid is None else compiled(Loop.PROBE)
    if run is None or not fits(value):
        return None
    _, signal, clipping, rounding = run(value, None, value, quantizer.grid, value.numel())
    if not math.isfinite(signal + clipping + rounding):
        return None
    outside = 0
    if clipping:
        low, high = quantizer.bounds
        outside = int(torch.count_nonzero(value < low) + torch.count_nonzero(value > high))
    return Parts(signal, rounding, clipping, outside, value.numel())


def _channel_parts(value: Tensor, quantizer: Quantizer) -> Parts:
    encoding = quantizer.encoding
    low, high = (
        torch.tensor(bounds, dtype=torch.float32, device=value.device)[:, None]
        for bounds in (encoding.minimum, encoding.maximum)
    )
    rows = channel_rows(value, encoding.axis)
    rounded = channel_rows(quantize_with(value, quantizer), encoding.axis)
    inside = rows.clamp(low, high)
    scratch = torch.empty(CHUNK, device=value.device)
    return Parts(
        signal_power(rows),
        noise_power(inside, rounded, scratch),
        noise_power(rows, inside, scratch),
        int(((inside != rows) & ~torch.isinf(rows)).sum()),
        value.numel(),
    )


def _cast_parts(value: Tensor, quantizer: Quantizer) -> Parts:
    exact = flat(value)
    rounded = flat(quantize_with(value, quantizer))
    lost = torch.isinf(rounded) & ~torch.isinf(exact)
    outside = int(lost.sum())
    if outside:
        rounded = torch.where(lost, exact, rounded)
    scratch = torch.empty(CHUNK, device=value.device)
    rounding = noise_power(exact, rounded, scratch)
    clipping = float("inf") if outside else 0.0
    return Parts(signal_power(exact), rounding, clipping, outside, value.numel())


def splits_of(
    table: ValueTable, cascade: Cascade, encodings: Mapping[str, Encoding]
) -> dict[str, Split]:
    """Return what to measure for every quantizer that has an encoding, in the cascade's order."""
    return {
        tensor: Split(table.plain.raw[tensor], encodings[tensor])
        for tensor in cascade.quantizers
        if tensor in encodings
    }


def quantizer_noises(
    cascade: Cascade, splits: Mapping[str, Split], results: Mapping[Measurement, Any]
) -> dict[str, QuantizerNoise]:
    """Return what was measured, by tensor."""
    found = {}
    for tensor, split in splits.items():
        if split not in results:
            continue
        parts: Parts = results[split]
        found[tensor] = QuantizerNoise(
            kind=str(cascade.quantizers[tensor].kind.value),
            signal=finite(parts.signal),
            rounding=finite(parts.rounding),
            clipping=finite(parts.clipping),
            outside=parts.outside,
            elements=parts.elements,
        )
    return found
