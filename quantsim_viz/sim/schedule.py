"""When each measurement of a plan is taken, and which are taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from quantsim_viz.sim.measurements import Clipping, Measurement, Noise, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from quantsim_viz.sim.values import Key


class Taken(NamedTuple):
    """A measurement about to be taken, by result index, and the signal taken along with it."""

    number: int
    measurement: Measurement
    signal: int | None

    @property
    def results(self) -> tuple[int, ...]:
        """Every result index that it fills, the signal's first."""
        return (self.number,) if self.signal is None else (self.signal, self.number)


class Schedule:
    """Which measurements are still to be taken, and which values are there already.

    A signal is taken along with the first noise that has it for reference, which reads the same
    values anyhow.
    """

    def __init__(
        self,
        measurements: Sequence[Measurement],
        operands: Callable[[Measurement], tuple[Key, ...]],
    ) -> None:
        self.made: set[Key] = set()
        self._measurements = measurements
        self._operands = operands
        numbers = {measurement: number for number, measurement in enumerate(measurements)}
        self._numbers: Mapping[Measurement, int] = numbers
        self._signals: dict[int, int] = {}
        carried: set[int] = set()
        for measurement, number in numbers.items():
            if isinstance(measurement, Noise):
                signal = numbers.get(Signal(measurement.reference))
                if signal is not None and signal not in carried:
                    self._signals[number] = signal
                    carried.add(signal)
        self._taken = carried
        self._waiting: dict[Key, list[int]] = {}
        for measurement, number in numbers.items():
            if isinstance(measurement, Clipping):
                continue  # taken where its quantizer is executed
            for key in operands(measurement):
                self._waiting.setdefault(key, []).append(number)

    def ready(self, keys: Iterable[Key]) -> list[Taken]:
        """Return the measurements that can be taken now that these values are there too."""
        return [
            self._take(number)
            for key in keys
            for number in self._waiting.get(key, ())
            if number not in self._taken
            and self.made.issuperset(self._operands(self._measurements[number]))
        ]

    def try_fuse(self, key: Key) -> Taken | None:
        """Return the noise that a quantizer can measure while it makes a value."""
        for number in self._waiting.get(key, ()):
            measurement = self._measurements[number]
            if number in self._taken or not isinstance(measurement, Noise):
                continue
            if measurement.value == key and measurement.reference in self.made:
                return self._take(number)
        return None

    def is_wanted(self, key: Key) -> bool:
        """Tell whether a measurement that is still to be taken reads a value."""
        return any(number not in self._taken for number in self._waiting.get(key, ()))

    def try_clipping(self, key: Key) -> Taken | None:
        """Return the clipping of a value's quantizer, if it is still to be taken."""
        number = self._numbers.get(Clipping(key))
        return None if number is None or number in self._taken else self._take(number)

    def left(self) -> list[Taken]:
        """Return the clippings of quantizers that were not executed (their values were there)."""
        return [
            self._take(number)
            for measurement, number in self._numbers.items()
            if isinstance(measurement, Clipping) and number not in self._taken
        ]

    def _take(self, number: int) -> Taken:
        self._taken.add(number)
        return Taken(number, self._measurements[number], self._signals.get(number))
