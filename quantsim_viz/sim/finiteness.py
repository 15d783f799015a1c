"""Where a float run leaves the finite numbers: looked for only once there is reason to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from quantsim_viz.errors import DataError
from quantsim_viz.sim.encodings import LIMIT
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine

SHARE_OF_LIMIT = 0.9
"""Observers count an infinity as ±`LIMIT`; a grid is moved by less than a step from there."""


def spans_infinity(encodings: Iterable[Encoding | None]) -> bool:
    """Tell whether an infinity must have been among the values that gave a range.

    Sure for the scheme `min_max`; the others drop infinities from their histograms, and their
    range need not show them.
    """
    reach = SHARE_OF_LIMIT * LIMIT
    for encoding in encodings:
        if encoding is None or encoding.dtype != "int":
            continue
        lowest, highest = min(encoding.minimum), max(encoding.maximum)
        if math.isfinite(lowest) and math.isfinite(highest) and max(-lowest, highest) >= reach:
            return True
    return False


def check_finite(engine: Engine, data: Data, batch_size: int) -> None:
    """Raise if a node of the float run makes NaN or infinity out of finite numbers.

    Infinities that a node only hands on, from a constant mask for example, are nobody's fault.

    Raises:
        DataError: Names the first such node in the order of the graph.
    """
    table, network = engine.table, engine.network
    outputs = [table.plain.seen[name] for name in network.outputs]
    plan = make_plan(table, engine.constants, [], keep=outputs)
    names = {key: name for name, key in table.plain.raw.items()}
    for batch in data.batches(batch_size, network.device):
        found: dict[str, str] = {}

        def look(slot: int, value: Tensor, found: dict[str, str] = found) -> None:
            if kind := _kind(value):
                found[names[plan.keys[slot]]] = kind

        outcome = run_plan(plan, network, batch, release=look)
        for key, value in outcome.kept.items():
            if kind := _kind(value):
                found[names[key]] = kind
        _raise_first(engine, found)


def _raise_first(engine: Engine, found: Mapping[str, str]) -> None:
    network = engine.network
    for node in network.nodes:
        made = [name for name in node.outputs if name in found]
        if not made or any(_is_tainted(engine, name, found) for name in network.reads[node.index]):
            continue
        raise DataError(
            f"the float run makes {found[made[0]]} at {made[0]!r}, output of node "
            f"{node.name} ({node.op_type}), out of finite numbers",
            code="nan-in-float-run" if found[made[0]] == "NaN" else "infinity-in-float-run",
            hint="check the data's range, and the weights that this node reads",
        )


def _is_tainted(engine: Engine, name: str, found: Mapping[str, str]) -> bool:
    """Tell whether a tensor that a node reads holds NaN or infinity itself."""
    if not name:
        return False
    if engine.table.constants[engine.table.plain.raw[name]]:
        return bool(_kind(engine.constant(name)))
    return name in found


def _kind(value: Tensor | None) -> str:
    """Return `NaN` or `infinity`, whichever a value holds, or nothing."""
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return ""
    if bool(torch.isnan(value).any()):
        return "NaN"
    return "infinity" if bool(torch.isinf(value).any()) else ""
