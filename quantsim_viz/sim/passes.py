"""One pass over data: batch by batch through a plan, the results of batches added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import Cancelled
from quantsim_viz.sim.data import batch_rows, said_of
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.failures import constants_too_large, ran_out
from quantsim_viz.sim.measurements import Clipping, Gauge, Noise, Observed, Range, Signal
from quantsim_viz.sim.memory import HeapGuard
from quantsim_viz.sim.operators import to_numpy
from quantsim_viz.sim.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.plan import Plan
    from quantsim_viz.sim.values import Key
    from quantsim_viz.sim.watch import Watch

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


class Stopped(Cancelled):
    """Raised where measuring was stopped, with what had been measured.

    Attributes:
        totals: Those of the batches that were complete; of what was measured of the first batch
            where that was not. All figures are over the same samples.
    """

    totals: Totals

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as what it means to others, without totals."""
        return Cancelled(self.message, code=self.code, hint=self.hint).__reduce__()


_FIRST = object()


class Pass:
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
        self.totals: dict[Measurement, Any] = {}
        self.first: dict[Measurement, Any] = {}
        self.fixed: Mapping[Measurement, Any] = {}
        self.parts: dict[Key, list[Array]] = {key: [] for key in self.keep}
        self.samples = 0
        self.rows = 0

    def over(
        self,
        data: Data,
        memory: str | None,
        watch: Watch,
        stage: str,
        taken: Callable[[Measurement, Any], None] | None,
    ) -> Totals:
        """Run through all batches."""
        guard = HeapGuard()
        try:
            for number, batch in enumerate(
                data.batches(self.batch_size, self.engine.network.device)
            ):
                place = (memory, self.batch_size, number) if memory else None
                plan = self._plan(place, watch)
                if number == 0:
                    self.fixed = plan.fixed
                    self.totals.update(plan.fixed)
                    steps = len(plan.steps) * (data.count(self.batch_size) or 1)
                    watch.begin(stage, steps, self.engine.network.nodes, data.samples)
                with said_of(data):
                    self._execute(plan, place, batch, watch, taken)
                watch.count(batch_rows(batch))
                guard.after_batch()
        except Cancelled as cancelled:
            stop = Stopped(cancelled.message, code=cancelled.code)
            stop.totals = self._so_far(data.count(self.batch_size) == 1)
            raise stop from None
        return self._joined(self.totals)

    def _execute(
        self,
        plan: Plan,
        place: Any,
        batch: Mapping[str, Tensor],
        watch: Watch,
        taken: Callable[[Measurement, Any], None] | None,
    ) -> None:
        """Run one batch and add up what it gave."""
        totals = self.totals

        def tell(index: int, value: Any) -> None:
            measurement = plan.measurements[index]
            total = merge(measurement, totals.get(measurement, _FIRST), value)
            if not self.samples:
                self.first[measurement] = total
            if taken is not None:
                taken(measurement, total)

        rows = batch_rows(batch)
        self.rows = rows
        outcome = run_plan(
            plan,
            self.engine.network,
            batch,
            available=self.engine.cache.values(place, plan.available),
            watch=watch,
            release=self.engine.cache.keeper(place, plan, self.engine.table),
            taken=tell if taken is not None or (watch.cancelled and not self.samples) else None,
        )
        for measurement, value in zip(plan.measurements, outcome.results, strict=True):
            totals[measurement] = merge(measurement, totals.get(measurement, _FIRST), value)
        self.samples += rows
        constants = self.engine.table.constants
        for key, kept in outcome.kept.items():
            if not (constants[key] and self.parts[key]):  # what never changes is kept once
                self.parts[key].append(to_numpy(kept))

    def _joined(self, totals: Mapping[Measurement, Any]) -> Totals:
        """Return what this pass gave together with what was known before."""
        outputs = {key: join(arrays) for key, arrays in self.parts.items() if arrays}
        if self.known is None:
            return Totals(totals, outputs, self.samples)
        return Totals(
            {**self.known.results, **totals}, {**self.known.outputs, **outputs}, self.samples
        )

    def _so_far(self, is_one_batch: bool) -> Totals:
        """Return what there is of an interrupted pass, all figures over the same samples.

        What was known before is over all samples: nothing of this pass goes with it, unless the
        first batch is all there is.
        """
        if self.known is not None:
            first = self.first if is_one_batch else {}
            results = {**self.known.results, **self.fixed, **first}
            return Totals(results, dict(self.known.outputs), self.known.samples)
        if self.samples:
            return self._joined(self.totals)
        return Totals({**self.totals, **self.first}, {}, self.rows if self.first else 0)

    def _plan(self, place: Any, watch: Watch) -> Plan:
        available = self.engine.cache.keys(place)
        if available not in self.plans:
            try:
                self.plans[available] = make_plan(
                    self.engine.table,
                    self.engine.constants,
                    self.wanted,
                    keep=self.keep,
                    available=available,
                    check=watch.check,
                )
            except (MemoryError, RuntimeError) as error:
                if not ran_out(error):
                    raise
                raise constants_too_large(error, self.engine.network) from error
        return self.plans[available]


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
