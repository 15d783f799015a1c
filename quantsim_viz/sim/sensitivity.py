"""Sensitivity: the noise at the model's outputs with one layer's own quantizers on, for each layer.

A batch's float activations are computed once and kept; for each layer only what its noise reaches
is executed again, on top of them. The result is exact, not an approximation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.report.layers import Power
from quantsim_viz.report.report import finite
from quantsim_viz.sim.data import ArrayData, batch_rows
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.measurements import Signal
from quantsim_viz.sim.plan import make_plan
from quantsim_viz.sim.suffixes import SuffixPlanner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.layers import Layer
    from quantsim_viz.sim.plan import Plan
    from quantsim_viz.sim.watch import Watch

ACTIVATION_BYTES = 1 << 30
"""Memory that the kept float activations of one batch may take; batches are made small enough."""


def measure_sensitivity(
    engine: Engine,
    owned: Mapping[Layer, Mapping[str, Encoding]],
    data: Data,
    batch_size: int,
    watch: Watch,
    found: dict[Layer, Power] | None = None,
) -> dict[Layer, Power]:
    """Measure every layer's noise at the model's floating-point outputs, powers added.

    Args:
        engine: Executes the model.
        owned: For each layer the encodings of its own quantizers.
        data: What to feed the model.
        batch_size: Samples executed at once, at most.
        watch: Whom to tell and to ask.
        found: Filled on the way, so that something is left of a run that is stopped: during the
            first batch with each layer, then with every batch.
    """
    found = {} if found is None else found
    network = engine.network
    outputs = [name for name in network.outputs if network.is_float(name)]
    sweep = _Sweep(engine, outputs, owned)
    size = sweep.fitting(data, batch_size)
    noise = dict.fromkeys(owned, 0.0)
    signal = 0.0
    for number, batch in enumerate(data.batches(size, network.device)):
        if number == 0:
            steps = sweep.steps * (data.count(size) or 1)
            watch.begin("sensitivity", steps, network.nodes, data.samples)
        outcome = run_plan(sweep.float_plan, network, batch, watch=watch)
        signal += sum(outcome.results)
        for layer, plan in sweep.plans.items():
            added = run_plan(plan, network, batch, available=outcome.kept, watch=watch)
            noise[layer] += sum(added.results) + sum(plan.fixed.values())
            if number == 0:
                found[layer] = Power(finite(signal), finite(noise[layer]))
        watch.count(batch_rows(batch))
        found.update({x: Power(finite(signal), finite(power)) for x, power in noise.items()})
    return found


class _Sweep:
    """The plans: one for the float run, one for each layer that has quantizers of its own."""

    def __init__(
        self,
        engine: Engine,
        outputs: Sequence[str],
        owned: Mapping[Layer, Mapping[str, Encoding]],
    ) -> None:
        self.engine = engine
        planner = SuffixPlanner(engine.table, engine.constants, outputs)
        signals = [Signal(engine.table.plain.seen[name]) for name in planner.outputs]
        self.float_plan = make_plan(engine.table, engine.constants, signals, keep=planner.kept)
        self.plans: dict[Layer, Plan] = {}
        for layer, encodings in reversed(list(owned.items())):
            plan = planner.plan(encodings) if encodings else None
            if plan is not None:
                self.plans[layer] = plan

    @property
    def steps(self) -> int:
        """Steps a batch."""
        return len(self.float_plan.steps) + sum(len(plan.steps) for plan in self.plans.values())

    def fitting(self, data: Data, batch_size: int) -> int:
        """Return the largest batch whose float activations fit the memory set aside for them."""
        if not isinstance(data, ArrayData) or data.layout.whole or data.layout.entries:
            return batch_size
        probe = data.take(data.layout.step(1))
        for batch in probe.batches(1, self.engine.network.device):
            kept = run_plan(self.float_plan, self.engine.network, batch).kept
            one = sum(_bytes(value) for value in kept.values())
            return max(1, min(batch_size, ACTIVATION_BYTES // max(1, one)))
        return batch_size


def _bytes(value: Tensor | None) -> int:
    return 0 if value is None else value.numel() * value.element_size()
