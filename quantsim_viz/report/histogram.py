"""The distribution of one tensor's values, to be drawn beside its quantizer's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """The values of a tensor in one run, or of one channel of it.

    Attributes:
        counts: `[bins]`, how many finite values lie in each bin; None for a channel whose counts
            were not asked for.
        minimum: Lowest finite value, None without any.
        maximum: Highest finite value, None without any.
        elements: How many elements there were, whatever they are.
        nan: How many of them were NaN.
        infinite: How many of them were infinite.
        below: Share of the finite values below the quantizer's range, None without a grid.
        above: Share of the finite values above it.
    """

    counts: NDArray[np.int64] | None
    minimum: float | None
    maximum: float | None
    elements: int
    nan: int
    infinite: int
    below: float | None
    above: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the distribution as JSON takes it."""
        return {
            "counts": None if self.counts is None else self.counts.tolist(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "elements": self.elements,
            "nan": self.nan,
            "infinite": self.infinite,
            "below": self.below,
            "above": self.above,
        }


@dataclass(frozen=True, eq=False, slots=True)
class TensorHistogram:
    """How one tensor's values are distributed, in float and simulated. Safe to pickle.

    All runs share the edges, which go from the lowest to the highest value of any of them.

    Attributes:
        tensor: Which tensor.
        kind: What its quantizer sits on (`input`, `activation`, `constant`, `param`), None for a
            tensor that has none.
        edges: `[bins + 1]` of equal width, the last bin closed on both sides.
        exact: Values of the float run.
        given: Values in the simulated run before the tensor's own quantizer; None without a
            configuration.
        simulated: Values in the simulated run as consumers see them, after its own quantizer;
            None without a configuration.
        channels: Of each channel the values of the float run; empty unless its own quantizer has
            channels, or they were asked for.
        axis: Axis of the channels, None without.
        quantizer: Tensor whose enabled quantizer's grid this one carries, itself if its own is
            enabled; None without any.
        encodings: That quantizer's grid, one object a channel as in `simulate --json`; empty for
            float16 and without a quantizer.
        samples: How many samples were measured.
        scheme: How ranges became encodings, None without a configuration.
        data: What the model was fed.
        calibration: What the ranges were found on, None without a configuration.
    """

    tensor: str
    kind: str | None
    edges: NDArray[np.float64]
    exact: Distribution
    given: Distribution | None
    simulated: Distribution | None
    channels: tuple[Distribution, ...]
    axis: int | None
    quantizer: str | None
    encodings: tuple[Mapping[str, Any], ...]
    samples: int
    scheme: str | None
    data: str
    calibration: str | None

    @property
    def counts(self) -> NDArray[np.int64]:
        """`[bins]`, how many values of the float run lie in each bin."""
        assert self.exact.counts is not None
        return self.exact.counts

    @property
    def minimum(self) -> float | None:
        """Lowest finite value of the float run."""
        return self.exact.minimum

    @property
    def maximum(self) -> float | None:
        """Highest finite value of the float run."""
        return self.exact.maximum

    @property
    def elements(self) -> int:
        """How many elements the tensor had over all data."""
        return self.exact.elements

    @property
    def below(self) -> float | None:
        """Share of the float run's values below the quantizer's range."""
        return self.exact.below

    @property
    def above(self) -> float | None:
        """Share of the float run's values above the quantizer's range."""
        return self.exact.above

    def to_dict(self) -> dict[str, Any]:
        """Return the histogram as JSON takes it."""
        return {
            "tensor": self.tensor,
            "kind": self.kind,
            "edges": self.edges.tolist(),
            "exact": self.exact.to_dict(),
            "given": None if self.given is None else self.given.to_dict(),
            "simulated": None if self.simulated is None else self.simulated.to_dict(),
            "channels": [channel.to_dict() for channel in self.channels],
            "axis": self.axis,
            "quantizer": self.quantizer,
            "encodings": [dict(encoding) for encoding in self.encodings],
            "samples": self.samples,
            "scheme": self.scheme,
            "data": self.data,
            "calibration": self.calibration,
        }
