"""The engine: takes measurements over data, and remembers what it has measured and computed.

One engine serves one model. Totals of measurements are remembered as long as it lives, values of
activations under a memory budget, so that after an edit of the configuration only what the edit
reached is executed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.sim.cache import ValueCache
from quantsim_viz.sim.constants import ConstantStore
from quantsim_viz.sim.data import BATCH_SIZE, batch_rows
from quantsim_viz.sim.execute import Watch, run_plan
from quantsim_viz.sim.measurements import (
    Clipping,
    Gauge,
    Noise,
    Observed,
    Range,
    Signal,
    canonical,
)
from quantsim_viz.sim.memory import keep_freed_memory, return_freed_memory
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.operators import to_numpy
from quantsim_viz.sim.plan import make_plan
from quantsim_viz.sim.values import ValueTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import torch
    from torch import Tensor

    from quantsim_viz.model.graph import Model
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.plan import Plan
    from quantsim_viz.sim.values import Key, Trace

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """What measuring over all batches gave.

    Attributes:
        results: By measurement: a power, `(clipped, all)`, or `(low, high)`; None where it could
            not be taken.
        outputs: The values asked for, batches joined along the first axis.
        samples: How many samples were measured.
    """

    results: Mapping[Measurement, Any]
    outputs: Mapping[Key, Array]
    samples: int

    def power(self, measurement: Signal | Noise) -> float | None:
        """Return a signal's or noise's power."""
        return self.results[measurement]  # type: ignore[no-any-return]  # powers are floats or None


class Engine:
    """Executes one model, in any number of scenarios at once.

    Args:
        model: The model.
        device: Where to execute. The engine is tested on the CPU; on CUDA devices it runs the same
            operations, and this has not been verified.
        cache_bytes: How much memory values may take that are kept between runs; 0 keeps none.
    """

    def __init__(
        self, model: Model, *, device: torch.device | str = "cpu", cache_bytes: int = 0
    ) -> None:
        keep_freed_memory()
        self.model = model
        self.network = Network(model, device)
        self.table = ValueTable(self.network)
        self.constants = ConstantStore(self.network, self.table)
        self.cache = ValueCache(cache_bytes)
        self.param_encodings: dict[Any, Encoding | None] = {}
        self._totals: dict[tuple[str, int, Measurement], Any] = {}
        self._outputs: dict[tuple[str, int, Key], Array] = {}
        self._samples: dict[tuple[str, int], int] = {}

    def constant(self, name: str) -> Tensor:
        """Return the value of a tensor that is the same in every batch."""
        value = self.constants.value(self.table.plain.raw[name])
        assert value is not None
        return value

    def finish(self, traces: Iterable[Trace]) -> None:
        """End a simulation: forget what only it needed, and return memory.

        Args:
            traces: Scenarios whose constants stay, if the engine keeps anything at all.
        """
        kept: set[Key] = set()
        if self.cache.budget:
            for trace in (self.table.plain, *traces):
                kept.update(trace.raw.values(), trace.seen.values())
        self.constants.prune(kept)
        return_freed_memory()

    def measure(
        self,
        measurements: Iterable[Measurement],
        data: Data,
        *,
        batch_size: int = BATCH_SIZE,
        keep: Sequence[Key] = (),
        watch: Watch | None = None,
        stage: str = "simulate",
        taken: Callable[[Measurement, Any], None] | None = None,
    ) -> Totals:
        """Take measurements over all batches of some data.

        Args:
            measurements: What to measure; equal ones are taken once.
            data: What to feed the model.
            batch_size: Samples executed at once.
            keep: Values to return.
            watch: Whom to tell and to ask.
            stage: What to call this to the watch.
            taken: Told every measurement's running total as soon as it is known.

        Raises:
            Cancelled: The user asked to stop.
            DataError: The data do not fit, or memory was not enough.
            ModelError: A node failed in execution.
        """
        aliases = {m: canonical(self.table, self.network, m) for m in measurements}
        wanted = list(dict.fromkeys(aliases.values()))
        memory = data.fingerprint if self.cache.budget else None
        known = self._recall(memory, batch_size, wanted, keep)
        if (
            known is None
            or any(m not in known.results for m in wanted)
            or (any(key not in known.outputs for key in keep))
        ):
            run = _Run(self, wanted, keep, known, batch_size)
            tell = None if taken is None else _fan_out(aliases, taken)
            known = run.over(data, memory, watch or Watch(), stage, tell)
            self._remember(memory, batch_size, known)
        results = {m: known.results[alias] for m, alias in aliases.items()}
        return Totals(results, {key: known.outputs[key] for key in keep}, known.samples)

    def _recall(
        self,
        memory: str | None,
        batch_size: int,
        wanted: Iterable[Measurement],
        keep: Iterable[Key],
    ) -> Totals | None:
        if memory is None or (memory, batch_size) not in self._samples:
            return None
        results = {
            m: self._totals[memory, batch_size, m]
            for m in wanted
            if (memory, batch_size, m) in self._totals
        }
        outputs = {
            key: self._outputs[memory, batch_size, key]
            for key in keep
            if (memory, batch_size, key) in self._outputs
        }
        return Totals(results, outputs, self._samples[memory, batch_size])

    def _remember(self, memory: str | None, batch_size: int, totals: Totals) -> None:
        if memory is None:
            return
        self._samples[memory, batch_size] = totals.samples
        for measurement, value in totals.results.items():
            if not isinstance(measurement, Observed):
                self._totals[memory, batch_size, measurement] = value
        for key, value in totals.outputs.items():
            self._outputs[memory, batch_size, key] = value


class _Run:
    """One pass over the data, for everything that is not known yet."""

    def __init__(
        self,
        engine: Engine,
        wanted: Sequence[Measurement],
        keep: Sequence[Key],
        known: Totals | None,
        batch_size: int,
    ) -> None:
        self.engine = engine
        self.batch_size = batch_size
        self.known = known
        self.wanted = [m for m in wanted if known is None or m not in known.results]
        self.keep = [key for key in keep if known is None or key not in known.outputs]
        self.plans: dict[frozenset[Key], Plan] = {}

    def over(
        self,
        data: Data,
        memory: str | None,
        watch: Watch,
        stage: str,
        taken: Callable[[Measurement, Any], None] | None,
    ) -> Totals:
        """Run through all batches."""
        totals: dict[Measurement, Any] = {}
        parts: dict[Key, list[Array]] = {key: [] for key in self.keep}
        samples = 0
        for number, batch in enumerate(data.batches(self.batch_size, self.engine.network.device)):
            place = (memory, self.batch_size, number) if memory else None
            plan = self._plan(place)
            if number == 0:
                totals.update(plan.fixed)
                watch.begin(stage, len(plan.steps) * (data.count(self.batch_size) or 1))
            outcome = run_plan(
                plan,
                self.engine.network,
                batch,
                available=self.engine.cache.values(place, plan.available),
                watch=watch,
                release=self.engine.cache.keeper(place, plan, self.engine.table),
                taken=None if taken is None else _teller(plan, totals, taken),
            )
            for measurement, value in zip(plan.measurements, outcome.results, strict=True):
                totals[measurement] = merge(measurement, totals.get(measurement, _FIRST), value)
            rows = batch_rows(batch)
            samples += rows
            for key, value in outcome.kept.items():
                parts[key].append(to_numpy(value))
        known = self.known
        results = totals if known is None else {**known.results, **totals}
        outputs = {key: join(arrays) for key, arrays in parts.items()}
        return Totals(results, outputs if known is None else {**known.outputs, **outputs}, samples)

    def _plan(self, place: Any) -> Plan:
        available = self.engine.cache.keys(place)
        if available not in self.plans:
            self.plans[available] = make_plan(
                self.engine.table,
                self.engine.constants,
                self.wanted,
                keep=self.keep,
                available=available,
            )
        return self.plans[available]


_FIRST = object()


def _fan_out(
    aliases: Mapping[Measurement, Measurement], taken: Callable[[Measurement, Any], None]
) -> Callable[[Measurement, Any], None]:
    """Return what tells of a measurement under every name it was asked for."""
    names: dict[Measurement, list[Measurement]] = {}
    for name, measurement in aliases.items():
        names.setdefault(measurement, []).append(name)

    def tell(measurement: Measurement, total: Any) -> None:
        for name in names[measurement]:
            taken(name, total)

    return tell


def _teller(
    plan: Plan, totals: Mapping[Measurement, Any], taken: Callable[[Measurement, Any], None]
) -> Callable[[int, Any], None]:
    def tell(index: int, value: Any) -> None:
        measurement = plan.measurements[index]
        taken(measurement, merge(measurement, totals.get(measurement, _FIRST), value))

    return tell


def merge(measurement: Measurement, total: Any, value: Any) -> Any:
    """Return a measurement's total after one more batch; None stays None."""
    if total is _FIRST:
        return value
    match measurement:
        case Signal() | Noise():
            return None if total is None or value is None else total + value
        case Clipping():
            return total[0] + value[0], total[1] + value[1]
        case Range():
            if total is None or value is None:
                return total if value is None else value
            return np.minimum(total[0], value[0]), np.maximum(total[1], value[1])
        case Gauge():
            return measurement.merge(total, value)
        case Observed():
            return None


def join(arrays: Sequence[Array]) -> Array:
    """Return the batches of an output as one array, along the first axis.

    Outputs without a batch axis to join on (scalars, or other shapes that differ) are stacked
    where their shapes are equal.
    """
    if len(arrays) == 1:
        return arrays[0]
    if arrays[0].ndim and len({array.shape[1:] for array in arrays}) == 1:
        return np.concatenate(arrays)
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    joined = np.empty(len(arrays), object)
    joined[:] = arrays
    return joined
