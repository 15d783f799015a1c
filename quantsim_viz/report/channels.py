"""Noise channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantsim_viz.report.layers import Power


@dataclass(frozen=True, slots=True)
class ChannelPowers:
    """Signal and cumulative noise of every channel of a tensor.

    Attributes:
        axis: Axis of the channels.
        signal: Σx² of each; None where not finite.
        noise: Σ(x − x̂)² of each; None where not finite.
    """

    axis: int
    signal: tuple[float | None, ...]
    noise: tuple[float | None, ...]

    @property
    def sqnr_db(self) -> tuple[float | None, ...]:
        """Of each channel, in dB; None exactly where a power is 0 or unknown.

        >>> ChannelPowers(1, (100.0, 1.0), (1.0, 0.0)).sqnr_db
        (20.0, None)
        """
        pairs = zip(self.signal, self.noise, strict=True)
        return tuple(Power(signal, noise).sqnr_db for signal, noise in pairs)

    def to_dict(self) -> dict[str, Any]:
        """Return the powers as in `simulate --json`."""
        return {
            "axis": self.axis,
            "sqnr_db": list(self.sqnr_db),
            "signal": list(self.signal),
            "noise": list(self.noise),
        }
