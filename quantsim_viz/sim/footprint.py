"""How much memory a run's activations take at its fullest, found by running one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.sim.data import ArrayData
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.plan import make_plan

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.engine import Engine


def activation_peak(engine: Engine, data: Data, batch_size: int) -> int | None:
    """Return the most bytes that one float run's activations take at once, for a whole batch.

    Args:
        engine: Executes the model.
        data: What it is fed.
        batch_size: Samples executed at once.

    Returns:
        None where one sample cannot be taken by itself.
    """
    if not isinstance(data, ArrayData) or data.layout.whole or data.layout.entries:
        return None
    table, network = engine.table, engine.network
    outputs = [table.plain.seen[name] for name in network.outputs]
    every = [key for key in dict.fromkeys(table.plain.seen.values()) if not table.constants[key]]
    plan = make_plan(table, engine.constants, [], keep=outputs)
    probe = make_plan(table, engine.constants, [], keep=every)
    step = data.layout.step(1)
    for batch in data.take(step).batches(1, network.device):
        sizes = {key: _bytes(v) for key, v in run_plan(probe, network, batch).kept.items()}
        alive = sum(sizes.get(plan.keys[slot], 0) for slot in plan.inputs.values())
        peak = alive
        for planned in plan.steps:
            alive += sum(sizes.get(plan.keys[slot], 0) for slot in planned.writes)
            peak = max(peak, alive)
            alive -= sum(sizes.get(plan.keys[slot], 0) for slot in planned.frees)
        return peak * max(1, data.layout.step(batch_size) // step)
    return None


def _bytes(value: Tensor | None) -> int:
    return 0 if value is None else value.numel() * value.element_size()
