"""What to say when a step fails: which node, on what, and what to do; above all without memory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.errors import DataError, ModelError, QuantSimError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.plan import Plan, PlannedStep

MIB = 1 << 20
USABLE = 0.5
"""Share of the free memory that values may take: operators need room too, and the heap has gaps."""

_ASKED = re.compile(r"(?i)allocate (?P<number>[\d.]+) ?(?P<unit>bytes|[KMG]iB)")
_UNITS = {"bytes": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_SIGNS = ("allocate memory", "bad_alloc", "out of memory", "unable to allocate")


def explain_failure(
    error: Exception,
    step: PlannedStep,
    plan: Plan,
    network: Network,
    inputs: Mapping[str, Tensor],
    slots: Iterable[Any] = (),
) -> QuantSimError:
    """Return the error to raise when a step failed.

    Args:
        error: What it raised.
        step: The step.
        plan: Its plan.
        network: The network.
        inputs: The batch.
        slots: The values that were held then.
    """
    node = network.nodes[step.node] if step.node >= 0 else None
    place = f"node {node.name} ({node.op_type})" if node else "a model input"
    if ran_out(error):
        tensor = f" for its output {node.outputs[0]!r}" if node else ""
        return _out_of_memory(f"{place}{tensor}", error, plan, network, inputs, slots)
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in inputs.items())
    return ModelError(
        f"{place} cannot be executed on these data: {text} (inputs {shapes})",
        code="node-failed",
        hint="check that the data have the shapes that the model was made for",
        path=network.model.path,
    )


def ran_out(error: BaseException) -> bool:
    """Tell whether an exception means that memory was not enough."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)


def bytes_asked(error: BaseException) -> int | None:
    """Return how much memory was asked for when there was not enough, None if nobody says.

    >>> bytes_asked(RuntimeError("can't allocate memory: you tried to allocate 2048 bytes."))
    2048
    >>> bytes_asked(MemoryError("Unable to allocate 1.50 GiB for an array")) >> 20
    1536
    """
    found = _ASKED.search(str(error))
    if found is None:
        return None
    return int(float(found["number"]) * _UNITS[found["unit"].lower()])


def constants_too_large(error: BaseException, network: Network) -> DataError:
    """Return the error for memory that constants and weights did not leave."""
    asked = bytes_asked(error)
    needed = "" if asked is None else f", {asked / MIB:,.0f} MiB more were needed"
    return DataError(
        f"memory ran out for the model's constants and their quantized copies{needed}",
        code="out-of-memory",
        hint="simulate fewer configurations at once, or use a machine with more memory",
        path=network.model.path,
    )


def _out_of_memory(
    place: str,
    error: Exception,
    plan: Plan,
    network: Network,
    inputs: Mapping[str, Tensor],
    slots: Iterable[Any],
) -> DataError:
    asked, held = bytes_asked(error), _storage_bytes(slots)
    free = free_bytes(network.device)
    batch = max((value.shape[0] for value in inputs.values() if value.dim()), default=1)
    needed = "" if asked is None else f"{asked / MIB:,.0f} MiB more were needed"
    parts = [
        needed,
        f"{held / MIB:,.0f} MiB of activations and constants were held",
        "" if free is None else f"some {free / MIB:,.0f} MiB are free",
    ]
    one = _bytes_for_one(plan, network, inputs, batch)
    moving = held - _storage_bytes(plan.initial)
    if one is None:
        one = (moving + (asked or moving)) // max(1, batch)
    fitting = None if free is None or not one else int(USABLE * (free + moving)) // one
    return DataError(
        f"memory ran out at {place} with {batch} samples at once: "
        + ", ".join(part for part in parts if part),
        code="out-of-memory",
        hint=_advice(batch, fitting, one),
    )


def _advice(batch: int, fitting: int | None, one: int) -> str:
    if batch > 1 and (fitting is None or fitting >= 1):
        size = batch // 2 if fitting is None else min(fitting, batch - 1)
        return f"a batch size of {max(1, size)} should fit (--batch-size {max(1, size)})"
    return (
        f"one sample alone needs some {one / MIB:,.0f} MiB: measure fewer things or fewer "
        "configurations at once, or use a machine with more memory"
    )


def _bytes_for_one(
    plan: Plan, network: Network, inputs: Mapping[str, Tensor], batch: int
) -> int | None:
    """Return the most bytes that values take at once for one sample, from executing it.

    None where a sample cannot be executed by itself.
    """
    if plan.available or any(not value.dim() or len(value) != batch for value in inputs.values()):
        return None
    slots: list[Any] = list(plan.initial)
    for name, slot in plan.inputs.items():
        slots[slot] = inputs[name][:1]
    constant = _storage_bytes(plan.initial)
    results: list[Any] = [None] * len(plan.measurements)
    most = 0
    try:
        with torch.inference_mode():
            for step in plan.steps:
                step.run(slots, results)
                most = max(most, _storage_bytes(slots) - constant)
                for slot in step.frees:
                    slots[slot] = None
    except Exception:  # it failed before; this is only to advise better
        return None
    return most


def _storage_bytes(values: Iterable[Any]) -> int:
    """Return how much memory tensors take, counting what they share once."""
    storages = {}
    for value in values:
        if isinstance(value, torch.Tensor):
            storage = value.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def free_bytes(device: torch.device) -> int | None:
    """Return how much more memory there is to be had, None where nobody can tell.

    The least of what the machine, its control group and the process's own limit leave.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    limits = [bound for bound in (_machine(), _group(), _process()) if bound is not None]
    return min(limits, default=None)


def _machine() -> int | None:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return None


def _group() -> int | None:
    most, used = (_lines(f"/sys/fs/cgroup/memory.{what}") for what in ("max", "current"))
    if not most or not used or not most[0].isdigit():
        return None
    return max(0, int(most[0]) - int(used[0]))


def _process() -> int | None:
    try:
        import resource
    except ImportError:  # not everywhere
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _lines("/proc/self/statm")
    if soft == resource.RLIM_INFINITY or not pages:
        return None
    return max(0, soft - int(pages[0].split()[0]) * resource.getpagesize())


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="ascii").splitlines()
    except OSError:
        return []
