"""Cumulative noise channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.report.channels import ChannelPowers
from quantsim_viz.report.report import finite
from quantsim_viz.sim.measurements import Gauge
from quantsim_viz.sim.values import ABSENT, Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.values import Trace


@dataclass(frozen=True, slots=True)
class ChannelNoise(Gauge):
    """Σx² and Σ(x − x̂)² of every channel, `[2, channels]`; infinite x are left out.

    The result is None where the two have different shapes, or batches different channels.

    Attributes:
        value: x̂.
        reference: x.
        axis: Axis of the channels.
    """

    reference: Key = ABSENT
    axis: int = 1

    @property
    def operands(self) -> tuple[Key, ...]:
        """x, then x̂."""
        return self.reference, self.value

    def measure(self, values: Sequence[Tensor]) -> Tensor | None:
        """Return the powers of one batch."""
        exact, other = values
        if exact.shape != other.shape or not -exact.dim() <= self.axis < exact.dim():
            return None
        axis = self.axis % exact.dim()
        powers = torch.zeros(2, exact.shape[axis], dtype=torch.float64)
        if not exact.numel():
            return powers
        # One slice of the first axis at a time, so that scratch memory is that of a sample.
        slices = range(1) if axis == 0 else range(exact.shape[0])
        for index in slices:
            part = slice(None) if axis == 0 else slice(index, index + 1)
            x = exact[part].double()
            lost = torch.isinf(x)
            noise = x - other[part]
            if bool(lost.any()):
                x, noise = x.masked_fill(lost, 0.0), noise.masked_fill(lost, 0.0)
            rest = [each for each in range(x.dim()) if each != axis]
            for row, each in enumerate((x, noise)):
                squares = each.square()
                powers[row] += (squares.sum(rest) if rest else squares).cpu()
        return powers

    def merge(self, total: Tensor | None, result: Tensor | None) -> Tensor | None:
        """Return the powers of both."""
        if total is None or result is None or total.shape != result.shape:
            return None
        return total + result


def channel_gauges(
    exact: Trace, simulated: Trace, axes: Mapping[str, int | None], tensors: Iterable[str]
) -> dict[str, ChannelNoise]:
    """Return what to measure for every tensor that has channels."""
    return {
        tensor: ChannelNoise(simulated.seen[tensor], exact.seen[tensor], axis)
        for tensor in tensors
        if (axis := axes[tensor]) is not None
    }


def channel_powers(
    gauges: Mapping[str, ChannelNoise], results: Mapping[Measurement, Any]
) -> dict[str, ChannelPowers]:
    """Return what was measured, by tensor."""
    found = {}
    for tensor, gauge in gauges.items():
        powers: Tensor | None = results.get(gauge)
        if powers is None:
            continue
        signal, noise = (tuple(finite(value) for value in row) for row in powers.tolist())
        found[tensor] = ChannelPowers(gauge.axis, signal, noise)
    return found
