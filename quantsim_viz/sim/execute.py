"""The executor: runs a plan over a batch, says how far it is, and stops when asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.errors import DataError, ModelError
from quantsim_viz.sim.watch import Progress, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.plan import Plan, PlannedStep
    from quantsim_viz.sim.values import Key
__all__ = ["Outcome", "Progress", "Watch", "explain_failure", "run_plan"]


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
    with torch.inference_mode():
        for step in plan.steps:
            if advance is not None:
                advance(step.node)
            try:
                step.run(slots, results)
            except (RuntimeError, ValueError, IndexError, TypeError) as error:
                raise explain_failure(error, step, network, inputs) from error
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


def explain_failure(
    error: Exception, step: PlannedStep, network: Network, inputs: Mapping[str, Tensor]
) -> DataError | ModelError:
    """Return the error to raise when a step failed: which node, on what, and what to do."""
    node = network.nodes[step.node] if step.node >= 0 else None
    place = f"node {node.name} ({node.op_type})" if node else "a model input"
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    batch = max((value.shape[0] for value in inputs.values() if value.dim()), default=1)
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in text:
        return DataError(
            f"memory ran out at {place} with batches of {batch}: {text}",
            code="out-of-memory",
            hint=f"try --batch-size {max(1, batch // 2)}",
        )
    shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in inputs.items())
    return ModelError(
        f"{place} cannot be executed on these data: {text} (inputs {shapes})",
        code="node-failed",
        hint="check that the data have the shapes that the model was made for",
        path=network.model.path,
    )
