"""What one quantizer does to its tensor, by itself: noise of rounding, and noise of clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from quantsim_viz.report.layers import Power

STEP_OF_ONE_BIT = 4.0
"""A grid twice as fine has a quarter of the rounding noise."""


@dataclass(frozen=True, slots=True)
class QuantizerNoise:
    """The noise of one quantizer on its tensor's float values, no other quantizer acting.

    Attributes:
        kind: What it sits on: `input`, `activation`, `constant` or `param`.
        signal: Σx² of the values.
        rounding: Σ(x − x̂)² of what rounding does inside the range; None where not finite.
        clipping: Σ(x − x̂)² of cutting off what lies outside; None where not finite.
        outside: How many elements lie outside.
        elements: How many there are.
    """

    kind: str
    signal: float | None
    rounding: float | None
    clipping: float | None
    outside: int
    elements: int

    @property
    def noise(self) -> float | None:
        """Both parts together."""
        if self.rounding is None or self.clipping is None:
            return None
        return self.rounding + self.clipping

    @property
    def sqnr_db(self) -> float | None:
        """Signal-to-quantization-noise ratio in dB; None exactly when a power is 0 or unknown."""
        return Power(self.signal, self.noise).sqnr_db

    @property
    def wider_db(self) -> float | None:
        """What a range that clips nothing would gain at the same step, in dB.

        None where that would leave no noise at all, or the noise is unknown.

        >>> round(QuantizerNoise("param", 1.0, 0.5, 0.5, 1, 4).wider_db, 2)
        3.01
        """
        return _gain(self.noise, self.rounding)

    @property
    def finer_db(self) -> float | None:
        """What one more bit would gain in the same range, in dB.

        >>> round(QuantizerNoise("param", 1.0, 0.5, 0.0, 0, 4).finer_db, 2)
        6.02
        """
        if self.rounding is None or self.clipping is None:
            return None
        return _gain(self.noise, self.rounding / STEP_OF_ONE_BIT + self.clipping)

    def to_dict(self) -> dict[str, Any]:
        """Return the noise as in `simulate --json`."""
        noise = self.noise
        return {
            "kind": self.kind,
            "sqnr_db": self.sqnr_db,
            "signal": self.signal,
            "noise": noise,
            "rounding": self.rounding,
            "clipping": self.clipping,
            "clipping_share": _share(self.clipping, noise),
            "outside": self.outside / self.elements if self.elements else 0.0,
            "wider_db": self.wider_db,
            "finer_db": self.finer_db,
        }


def _share(part: float | None, whole: float | None) -> float | None:
    if part is None or whole is None:
        return None
    return part / whole if whole else 0.0


def _gain(before: float | None, after: float | None) -> float | None:
    """Return by how many dB noise falls; 0 where there is none to begin with."""
    if before is None or after is None:
        return None
    if not before:
        return 0.0
    return 10.0 * (math.log10(before) - math.log10(after)) if after else None
