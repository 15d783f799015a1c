"""When each measurement of a plan is taken, and which are taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from quantsim_viz.sim.measurements import Clipping, Gauge, Measurement, Noise, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from quantsim_viz.sim.values import Key


class SignalAt(NamedTuple):
    """Where the power of a signal goes, and who else wants to know something of the same value.

    Attributes:
        number: Result index of the power; None if nobody wants it.
        gauge: What a value of finite numbers alone has nothing to tell, and others are asked.
        gauge_number: Result index of what it says.
    """

    number: int | None
    gauge: Gauge | None = None
    gauge_number: int = -1

    @property
    def results(self) -> tuple[int, ...]:
        """Every result index that is filled."""
        numbers = () if self.number is None else (self.number,)
        return numbers if self.gauge is None else (*numbers, self.gauge_number)


NO_SIGNAL = SignalAt(None)


class Taken(NamedTuple):
    """A measurement about to be taken, by result index, and the signal taken along with it."""

    number: int
    measurement: Measurement
    signal: SignalAt

    @property
    def results(self) -> tuple[int, ...]:
        """Every result index that it fills, the signal's first."""
        own = () if self.number == self.signal.number else (self.number,)
        return (*self.signal.results, *own)


class Schedule:
    """Which measurements are still to be taken, and which values are there already.

    A signal is taken along with the first noise that has it for reference, which reads the same
    values anyhow. A gauge with something to say only of values that are not finite goes along with
    the signal, whose sum tells whether they are.
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
        self._along = _gauges_by_signal(numbers)
        carried.update(number for number, _ in self._along.values())
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
        measurement = self._measurements[number]
        signal = number if isinstance(measurement, Signal) else self._signals.get(number)
        if signal is None:
            return Taken(number, measurement, NO_SIGNAL)
        gauge_number, gauge = self._along.get(signal, (-1, None))
        return Taken(number, measurement, SignalAt(signal, gauge, gauge_number))


def _gauges_by_signal(numbers: Mapping[Measurement, int]) -> dict[int, tuple[int, Gauge]]:
    """Return for signals, by result index, a gauge that goes along and its index."""
    found: dict[int, tuple[int, Gauge]] = {}
    for measurement, number in numbers.items():
        if isinstance(measurement, Gauge) and measurement.of_finite is not None:
            signal = numbers.get(Signal(measurement.value))
            if signal is not None:
                found.setdefault(signal, (number, measurement))
    return found
