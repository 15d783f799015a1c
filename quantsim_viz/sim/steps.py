"""The steps of a plan: closures over slot numbers, so that running them looks nothing up.

A step takes the list of slots and the list of results of the batch. Every decision that can be
made before the first batch is made when the step is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.sim.observers import channel_rows, finite_range
from quantsim_viz.sim.operators.layout import is_dense
from quantsim_viz.sim.powers import (
    Powers,
    clipping_power,
    noise_and_signal,
    probe,
    quantize_measured,
    signal_alone,
)
from quantsim_viz.sim.quantize import Quantizer, quantize_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.measurements import Gauge
    from quantsim_viz.sim.observers import TiedObserver
    from quantsim_viz.sim.operators import BoundOperator
    from quantsim_viz.sim.schedule import SignalAt

Slots = list[Any]
Step = Callable[[Slots, Slots], None]


def operator_step(bound: BoundOperator, reads: Sequence[int], writes: Sequence[int]) -> Step:
    """Execute an operator.

    Args:
        bound: What executes it.
        reads: Slots of its inputs, in its order.
        writes: Slot of each output, -1 for those that nobody wants.
    """
    kernel = bound.kernel
    write = writes[0]
    first, second = (*reads, -1, -1)[:2]

    def unary(slots: Slots, _results: Slots) -> None:
        result = kernel(slots[first])
        slots[write] = result[0] if type(result) is tuple else result

    def binary(slots: Slots, _results: Slots) -> None:
        result = kernel(slots[first], slots[second])
        slots[write] = result[0] if type(result) is tuple else result

    def one(slots: Slots, _results: Slots) -> None:
        result = kernel(*[slots[slot] for slot in reads])
        slots[write] = result[0] if type(result) is tuple else result

    def several(slots: Slots, _results: Slots) -> None:
        result = kernel(*[slots[slot] for slot in reads])
        outputs = result if type(result) is tuple else (result,)
        for slot, value in zip(writes, outputs, strict=False):
            if slot >= 0:
                slots[slot] = value

    if len(writes) != 1:
        return several
    return {1: unary, 2: binary}.get(len(reads), one)


def quantizer_step(quantizer: Quantizer, read: int, write: int) -> Step:
    """Quantize a value into a tensor of its own."""

    def step(slots: Slots, _results: Slots) -> None:
        slots[write] = quantize_with(slots[read], quantizer)

    return step


def measured_quantizer_step(
    quantizer: Quantizer,
    slots: tuple[int, int, int],
    results: tuple[int, SignalAt],
    scratch: Tensor,
    *,
    in_place: bool,
) -> Step:
    """Quantize a value and measure its noise, and its reference's signal, while in cache.

    Args:
        quantizer: A per-tensor grid.
        slots: Slots of the value, of the quantized value and of the reference.
        results: Where the noise power goes, and the signal power if it is wanted.
        scratch: `CHUNK` float32 elements to work in.
        in_place: Nobody else reads the value, and its memory is its own.
    """
    read, write, reference = slots
    noise_at, signal_at = results

    def step(slots: Slots, results: Slots) -> None:
        value, exact = slots[read], slots[reference]
        if value.dtype is not torch.float32 or value.shape != exact.shape:
            slots[write] = quantized = quantize_with(value, quantizer)
            powers = _powers(exact, quantized, scratch)
        else:
            if in_place and (value.is_contiguous() or is_dense(value)):
                target = value
                slots[read] = None  # its memory holds another value from here on
            else:
                target = torch.empty_like(value)
            slots[write] = target
            powers = quantize_measured(value, target, exact, quantizer, scratch)
        results[noise_at] = powers.noise
        _put(results, signal_at, powers, exact)

    return step


def probe_step(
    quantizer: Quantizer,
    read: int,
    reference: int,
    results: tuple[int, SignalAt, int | None],
    scratch: tuple[Tensor, Tensor],
) -> Step:
    """Measure what a quantizer does to a value when nobody wants the quantized value itself.

    Args:
        quantizer: A per-tensor grid.
        read: Slot of the value.
        reference: Slot of what it is compared with.
        results: Where noise power, signal power and clipping go, the last two if wanted.
        scratch: Two times `CHUNK` float32 elements to work in.
    """
    noise_at, signal_at, clipping_at = results

    def step(slots: Slots, results: Slots) -> None:
        value, exact = slots[read], slots[reference]
        clipping: Any = None
        if value.shape == exact.shape:
            powers, clipping = probe(value, exact, quantizer, scratch)
        else:
            powers = signal_alone(exact)
        results[noise_at] = powers.noise
        _put(results, signal_at, powers, exact)
        if clipping_at is not None:
            results[clipping_at] = clipping or clipping_power(value, quantizer, scratch[0])

    return step


def noise_step(reference: int, read: int, results: tuple[int, SignalAt], scratch: Tensor) -> Step:
    """Measure Σ(x − x̂)², None where the two have different shapes, and Σx² if it is wanted."""
    noise_at, signal_at = results

    def step(slots: Slots, results: Slots) -> None:
        exact, value = slots[reference], slots[read]
        powers = _powers(exact, value, scratch)
        results[noise_at] = powers.noise
        _put(results, signal_at, powers, exact)

    return step


def _powers(reference: Tensor, value: Tensor, scratch: Tensor) -> Powers:
    """Measure noise and signal, the signal alone where the shapes differ."""
    if reference.shape != value.shape:
        return signal_alone(reference)
    return noise_and_signal(reference, value, scratch)


def signal_step(read: int, signal_at: SignalAt) -> Step:
    """Measure Σx²."""

    def step(slots: Slots, results: Slots) -> None:
        value = slots[read]
        _put(results, signal_at, signal_alone(value), value)

    return step


def _put(results: Slots, at: SignalAt, powers: Powers, value: Tensor) -> None:
    """Write down a signal's power, and what a gauge that goes along says of its value."""
    number, gauge, gauge_number = at
    if number is not None:
        results[number] = powers.signal
        if gauge is not None:
            results[gauge_number] = gauge.of_finite if powers.is_finite else gauge.measure([value])


def clipping_step(quantizer: Quantizer, read: int, result: int, scratch: Tensor) -> Step:
    """Measure which part of a quantizer's noise comes from outside its range."""

    def step(slots: Slots, results: Slots) -> None:
        results[result] = clipping_power(slots[read], quantizer, scratch)

    return step


def range_step(read: int, result: int) -> Step:
    """Measure a value's minimum and maximum, `[1]` each."""

    def step(slots: Slots, results: Slots) -> None:
        value = slots[read]
        results[result] = finite_range(channel_rows(value, None)) if value.numel() else None

    return step


def observer_step(observer: TiedObserver, turn: int, read: int) -> Step:
    """Show a value to an observer."""

    def step(slots: Slots, _results: Slots) -> None:
        observer.observe(slots[read], turn)

    return step


def gauge_step(gauge: Gauge, reads: tuple[int, ...], result: int) -> Step:
    """Let a gauge measure its operands."""

    def step(slots: Slots, results: Slots) -> None:
        results[result] = gauge.measure([slots[slot] for slot in reads])

    return step
