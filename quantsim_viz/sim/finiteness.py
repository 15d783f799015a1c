"""Where a float run leaves the finite numbers: watched for cheaply, and named by node."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

import torch

from quantsim_viz.errors import DataError
from quantsim_viz.sim.data import said_of
from quantsim_viz.sim.encodings import LIMIT
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.measurements import PERMUTING, Gauge
from quantsim_viz.sim.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.model.graph import Node
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.values import Key

KEEPS_FINITE = PERMUTING | {
    "Abs",
    "Ceil",
    "Clip",
    "Concat",
    "Erf",
    "Expand",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "GlobalMaxPool",
    "HardSigmoid",
    "LogSoftmax",
    "Max",
    "MaxPool",
    "Min",
    "Neg",
    "Relu",
    "Round",
    "Sigmoid",
    "Sign",
    "Sin",
    "Cos",
    "Slice",
    "Softmax",
    "Split",
    "Tanh",
    "Tile",
    "Where",
}
"""Operators of the standard domain that make finite numbers of any finite numbers."""

SHARE_OF_LIMIT = 0.9
"""Observers count an infinity as ±`LIMIT`; a grid is moved by less than a step from there."""


class Stain(IntFlag):
    """What a value holds that is no finite number."""

    NONE = 0
    INFINITY = 1
    NAN = 2

    def __str__(self) -> str:
        """Return what to call it in a message, the worse of the two."""
        return "NaN" if self & Stain.NAN else "infinity" if self else "finite"


@dataclass(frozen=True, slots=True)
class Stained(Gauge):
    """Whether a value holds infinities or NaN, in any batch.

    A finite sum says that there are none, at the price of reading the value once, or of nothing
    where its signal is measured.
    """

    @property
    def of_finite(self) -> Stain:
        """Nothing."""
        return Stain.NONE

    def measure(self, values: Sequence[Tensor]) -> Stain:
        """Return what one batch's value holds."""
        return stain_of(values[0])

    def merge(self, total: Stain, result: Stain) -> Stain:
        """Return what either holds."""
        return total | result


@dataclass(frozen=True, slots=True)
class Culprit:
    """The first node that makes NaN or infinity out of what it reads.

    Attributes:
        node: The node.
        tensor: Its output.
        stain: What it makes.
    """

    node: Node
    tensor: str
    stain: Stain

    def __str__(self) -> str:
        """Return what happened and where."""
        out_of = "numbers" if self.stain & Stain.NAN else "finite numbers"
        return (
            f"the float run makes {self.stain} at {self.tensor!r}, output of node "
            f"{self.node.name} ({self.node.op_type}), out of {out_of}"
        )

    def error(self) -> DataError:
        """Return the error that names it."""
        return DataError(
            str(self),
            code="nan-in-float-run" if self.stain & Stain.NAN else "infinity-in-float-run",
            hint="check the data's range, and the weights that this node reads",
        )


def stain_of(value: Tensor | None) -> Stain:
    """Return what a value holds that is no finite number."""
    if not isinstance(value, torch.Tensor) or not value.is_floating_point() or not value.numel():
        return Stain.NONE
    if math.isfinite(value.sum().item()):
        return Stain.NONE
    nan = Stain.NAN if bool(torch.isnan(value).any()) else Stain.NONE
    return nan | (Stain.INFINITY if bool(torch.isinf(value).any()) else Stain.NONE)


def stains_of(network: Network, keys: Mapping[str, Key]) -> dict[str, Stained]:
    """Return what to measure to notice that a float run leaves the finite numbers.

    That are the model's outputs and those of the nodes that can make what is not finite.
    """
    suspects = (
        name
        for node in network.nodes
        if node.domain or node.op_type not in KEEPS_FINITE
        for name in node.outputs
    )
    names = dict.fromkeys((*suspects, *network.outputs))
    return {name: Stained(keys[name]) for name in names if name and network.is_float(name)}


def find_culprit(engine: Engine, stains: Mapping[str, Stain]) -> Culprit | None:
    """Return the first node that makes NaN or infinity out of what it reads, None if none does.

    1. A node whose output holds an infinity and none of whose inputs holds one or NaN.
    2. A node whose output holds NaN and none of whose inputs does, though infinities may be there
       from the beginning (from a constant mask, say).

    Infinities that are handed on from constants, or written down in an attribute, are nobody's
    fault.

    Args:
        engine: Knows the model and its constants.
        stains: What tensors hold; those not named are taken for finite.
    """
    network = engine.network
    plain = engine.table.plain.raw
    constants = engine.table.constants
    known = dict(stains)

    def held(name: str) -> Stain:
        if not name:
            return Stain.NONE
        if name not in known:
            known[name] = stain_of(engine.constant(name)) if constants[plain[name]] else Stain.NONE
        return known[name]

    for node in network.nodes:
        read = Stain.NONE
        for name in network.reads[node.index]:
            read |= held(name)
        for name in node.outputs:
            if not name or constants[plain[name]]:
                continue
            made = stains.get(name, Stain.NONE) & ~read
            if (made & Stain.NAN) or (made and not read and not _writes_infinity(node)):
                return Culprit(node, name, stains[name])
    return None


def _writes_infinity(node: Node) -> bool:
    """Tell whether a node has an infinity for an attribute, or bodies that may have constants."""
    if node.op_type in ("ConstantOfShape", "If", "Loop", "Scan"):
        return True
    return any(isinstance(v, float) and math.isinf(v) for v in node.attributes.values())


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

    Raises:
        DataError: Names the first such node in the order of the graph.
    """
    with said_of(data):
        culprit = find_culprit(engine, all_stains(engine, data, batch_size))
        if culprit is not None:
            raise culprit.error()


def all_stains(engine: Engine, data: Data, batch_size: int) -> dict[str, Stain]:
    """Return what every tensor of the float run holds, from executing it once more."""
    table, network = engine.table, engine.network
    outputs = [table.plain.seen[name] for name in network.outputs]
    plan = make_plan(table, engine.constants, [], keep=outputs)
    names = {key: name for name, key in table.plain.raw.items()}
    found: dict[str, Stain] = {}

    def look(slot: int, value: Tensor) -> None:
        name = names[plan.keys[slot]]
        found[name] = found.get(name, Stain.NONE) | stain_of(value)

    for batch in data.batches(batch_size, network.device):
        outcome = run_plan(plan, network, batch, release=look)
        for key, value in outcome.kept.items():
            found[names[key]] = found.get(names[key], Stain.NONE) | stain_of(value)
    return found


def blame(
    engine: Engine,
    noticed: Mapping[str, Stain],
    guarded: Collection[str],
    data: Data,
    batch_size: int,
) -> Culprit | None:
    """Return who left the finite numbers without harm, None if nobody did.

    An infinity is harmful where it reaches a quantizer or an output; NaN always is. Where something
    was noticed that no constant explains, the float run is executed once more to find out.

    Args:
        engine: Knows the model and its constants.
        noticed: What was measured by the way.
        guarded: The tensors that have a quantizer, and the model's outputs.
        data: What was measured on.
        batch_size: Samples executed at once.

    Raises:
        DataError: Names who did harm, or the constant that brought NaN along.
    """
    has_nan = any(stain & Stain.NAN for stain in noticed.values())
    if not has_nan and find_culprit(engine, noticed) is None:
        return None
    with said_of(data):
        stains = all_stains(engine, data, batch_size)
        culprit = find_culprit(engine, stains)
        if culprit is not None and (has_nan or any(stains.get(name) for name in guarded)):
            raise culprit.error()
    if culprit is None and has_nan:
        raise _constant_with_nan(engine)
    return culprit


def _constant_with_nan(engine: Engine) -> DataError:
    """Return the error for NaN that was there from the beginning."""
    plain = engine.table.plain.raw
    for node in engine.network.nodes:
        for name in engine.network.reads[node.index]:
            is_constant = name and engine.table.constants[plain[name]]
            if is_constant and stain_of(engine.constant(name)) & Stain.NAN:
                return DataError(
                    f"the constant {name!r}, which node {node.name} ({node.op_type}) reads, holds "
                    "NaN, and so does what is computed from it",
                    code="nan-in-float-run",
                    hint="mend the model's weights",
                    path=engine.model.path,
                )
    return DataError(
        "the float run makes NaN", code="nan-in-float-run", hint="check the data and the weights"
    )
