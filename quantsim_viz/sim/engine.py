"""The engine: takes measurements over data, and remembers what it has measured and computed.

One engine serves one model. Totals of measurements are remembered as long as it lives, values of
activations under a memory budget, so that after an edit of the configuration only what the edit
reached is executed again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.sim.cache import ValueCache
from quantsim_viz.sim.constants import ConstantStore
from quantsim_viz.sim.data import BATCH_SIZE
from quantsim_viz.sim.measurements import Observed, canonical
from quantsim_viz.sim.memory import keep_freed_memory, return_freed_memory
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.passes import Pass, Stopped, Totals
from quantsim_viz.sim.values import ValueTable
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import torch
    from torch import Tensor

    from quantsim_viz.model.graph import Model
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.passes import Array
    from quantsim_viz.sim.values import Key, Trace

__all__ = ["Engine", "Stopped", "Totals"]


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
        self.constants = ConstantStore(self.network, self.table, is_lasting=cache_bytes > 0)
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
        if self.cache.budget:
            self.forget_constants(traces)
        else:
            self.constants.prune(())
        return_freed_memory()

    def forget_constants(self, traces: Iterable[Trace]) -> None:
        """Forget the constants that neither the float run nor any of some scenarios needs."""
        kept: set[Key] = set()
        for trace in (self.table.plain, *traces):
            kept.update(trace.raw.values(), trace.seen.values())
        self.constants.prune(kept)

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
            Stopped: The user asked to stop.
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
            run = Pass(self, wanted, keep, known, batch_size)
            tell = None if taken is None else _fan_out(aliases, taken)
            try:
                known = run.over(data, memory, watch or Watch(), stage, tell)
            except Stopped as stop:
                found = stop.totals.results
                results = {m: found[alias] for m, alias in aliases.items() if alias in found}
                stop.totals = replace(stop.totals, results=results)
                raise
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
