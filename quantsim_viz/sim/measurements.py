"""What can be measured of values: names for results, independent of how they are obtained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.sim.values import Key, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.observers import TiedObserver
    from quantsim_viz.sim.values import ValueTable

PERMUTING = frozenset(
    {
        "DepthToSpace",
        "Flatten",
        "Identity",
        "Reshape",
        "SpaceToDepth",
        "Squeeze",
        "Transpose",
        "Unsqueeze",
    }
)
"""Operators that keep every element: they change neither signal nor noise."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Σx² of a value."""

    value: Key


@dataclass(frozen=True, slots=True)
class Noise:
    """Σ(x − x̂)² of a value against its reference."""

    reference: Key
    value: Key


@dataclass(frozen=True, slots=True)
class Clipping:
    """How much of a quantizer's own noise comes from outside its range, and all of it then."""

    value: Key


@dataclass(frozen=True, slots=True)
class Range:
    """Minimum and maximum of a value."""

    value: Key


@dataclass(frozen=True, slots=True)
class Observed:
    """A value is shown to an observer; the result is nothing, the observer remembers."""

    value: Key
    observer: TiedObserver
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Gauge(ABC):
    """A measurement that says itself how it is taken, and how two batches' results become one.

    The kinds above are woven into the plan, where they cost little because values are in cache. A
    gauge is a pass of its own over its values; new kinds need nothing but a class.
    """

    value: Key

    @property
    def of_finite(self) -> Any:
        """The result for a value of finite numbers alone, None if that depends on them.

        Where it is known, and the value's signal is measured too, most passes are saved.
        """
        return None

    @property
    def operands(self) -> tuple[Key, ...]:
        """The values that it reads."""
        return (self.value,)

    @abstractmethod
    def measure(self, values: Sequence[Tensor]) -> Any:
        """Return the result of one batch, from the operands' values."""

    @abstractmethod
    def merge(self, total: Any, result: Any) -> Any:
        """Return the result of two parts of the data together; neither is changed."""


Measurement = Signal | Noise | Clipping | Range | Observed | Gauge


def canonical(table: ValueTable, network: Network, measurement: Measurement) -> Measurement:
    """Return the cheapest measurement with the same result.

    Reshaping and transposing keep every element, so the powers after them are those before.
    """
    if isinstance(measurement, Signal):
        key = measurement.value
        while (above := _permuted(table, network, key)) is not None:
            key = above
        return Signal(key)
    if isinstance(measurement, Noise):
        reference, value = measurement.reference, measurement.value
        while True:
            first, second = table.definitions[reference], table.definitions[value]
            same = (
                isinstance(first, Result)
                and isinstance(second, Result)
                and first.node == second.node
                and first.inputs[1:] == second.inputs[1:]
            )
            if not same or _permuted(table, network, reference) is None:
                return Noise(reference, value)
            reference, value = first.inputs[0], second.inputs[0]  # type: ignore[union-attr]  # both are results here
    return measurement


def _permuted(table: ValueTable, network: Network, key: Key) -> Key | None:
    """Return the value whose elements a value is a permutation of."""
    definition = table.definitions[key]
    if not isinstance(definition, Result):
        return None
    node = network.nodes[definition.node]
    return definition.inputs[0] if node.op_type in PERMUTING and not node.domain else None
