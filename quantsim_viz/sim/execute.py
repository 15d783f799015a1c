"""The executor: runs a plan over a batch, says how far it is, and stops when asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.sim.failures import explain_failure
from quantsim_viz.sim.operators.interruption import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.plan import Plan
    from quantsim_viz.sim.values import Key
    from quantsim_viz.sim.watch import Watch


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one batch gave.

    Attributes:
        results: One entry for each of the plan's measurements.
        kept: The values to hand out.
    """

    results: list[Any]
    kept: Mapping[Key, Tensor]


def run_plan(
    plan: Plan,
    network: Network,
    inputs: Mapping[str, Tensor],
    *,
    available: Mapping[Key, Tensor] | None = None,
    watch: Watch | None = None,
    release: Callable[[int, Tensor], None] | None = None,
    taken: Callable[[int, Any], None] | None = None,
) -> Outcome:
    """Execute a plan for one batch.

    Args:
        plan: What to do.
        network: The network it was made for.
        inputs: The batch, by graph input.
        available: The values that the plan counts on.
        watch: Whom to tell and to ask.
        release: Offered every value, by slot, just before its slot is emptied.
        taken: Told every measurement, by index, as soon as it is taken.

    Raises:
        Cancelled: The user asked to stop.
        DataError: The batch does not fit the model, or memory was not enough.
        ModelError: A node failed in execution.
    """
    slots: list[Any] = list(plan.initial)
    for name, slot in plan.inputs.items():
        slots[slot] = inputs[name]
    for key, slot in plan.available.items():
        slots[slot] = (available or {})[key]
    results: list[Any] = [None] * len(plan.measurements)
    advance = None if watch is None or not watch.is_attended else watch.advance
    check = None if watch is None or watch.cancelled is None else watch.check
    with torch.inference_mode(), asking(check):
        for step in plan.steps:
            if advance is not None:
                advance(step.node)
            try:
                step.run(slots, results)
            except (RuntimeError, ValueError, IndexError, TypeError, MemoryError) as error:
                failure = explain_failure(error, step, plan, network, inputs, slots)
                slots.clear()  # or the traceback holds them for as long as somebody holds the error
                raise failure from error
            if taken is not None:
                for index in step.results:
                    taken(index, results[index])
            if release is not None:
                for slot in step.frees:
                    if slots[slot] is not None:
                        release(slot, slots[slot])
            for slot in step.frees:
                slots[slot] = None
    return Outcome(results, {key: slots[slot] for key, slot in plan.keep.items()})
