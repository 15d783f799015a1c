"""Rows of the layer table: one node's output, and the noise measured on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Power:
    """Signal and noise power of a tensor over all data.

    Attributes:
        signal: Σx², None where it could not be measured.
        noise: Σ(x − x̂)², None where float and simulated tensors had different shapes, or the
            noise was not finite.
    """

    signal: float | None
    noise: float | None

    @property
    def sqnr_db(self) -> float | None:
        """Signal-to-quantization-noise ratio in dB; None exactly when a power is 0 or unknown.

        >>> round(Power(100.0, 1.0).sqnr_db, 1)
        20.0
        """
        if not self.signal or not self.noise:
            return None
        return 10.0 * (math.log10(self.signal) - math.log10(self.noise))

    def to_dict(self) -> dict[str, float | None]:
        """Return the powers as in `simulate --json`."""
        return {"sqnr_db": self.sqnr_db, "signal": self.signal, "noise": self.noise}


def add_powers(powers: Iterable[Power]) -> Power:
    """Return the power of several tensors together, unknown where that of one is.

    >>> add_powers([Power(3.0, 1.0), Power(1.0, None)])
    Power(signal=4.0, noise=None)
    """
    found = tuple(powers)
    return Power(_sum(each.signal for each in found), _sum(each.noise for each in found))


def _sum(values: Iterable[float | None]) -> float | None:
    found = tuple(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One output of one node.

    Attributes:
        node: The node's name.
        op_type: Its operator.
        module: Its dotted module path, where the exporter left one.
        tensor: The output.
        status: The node's effective status.
        shape: Its declared shape; lengths, names of free dimensions, None where unknown.
        powers: By measure (`cumulative`, `isolated`, `sensitivity`), those that were taken.
        clipping_share: Part of the own output quantizer's noise from outside its range.
        encoding: The own output quantizer's grid.
        executor: `torch`, or `onnx.reference` for nodes executed without torch.
    """

    node: str
    op_type: str
    module: str | None
    tensor: str
    status: str
    shape: tuple[int | str | None, ...] | None
    powers: Mapping[str, Power]
    clipping_share: float | None = None
    encoding: Mapping[str, Any] | None = None
    executor: str = "torch"

    def to_dict(self) -> dict[str, Any]:
        """Return the row as in `simulate --json`."""
        return {
            "node": self.node,
            "op_type": self.op_type,
            "module": self.module,
            "tensor": self.tensor,
            "status": self.status,
            "shape": None if self.shape is None else list(self.shape),
            **{name: power.to_dict() for name, power in self.powers.items()},
            "clipping_share": self.clipping_share,
            "encoding": None if self.encoding is None else dict(self.encoding),
            "executor": self.executor,
        }
