"""What the status of every operator hangs on, as arrays: made once, asked after every edit.

Each operator has three lists of flags (whether its outputs, its weights and its inputs' grids are
quantized). All lists of a kind stand behind one another, and one `reduceat` answers for all
operators at once; lists that are empty hold a flag that is always off or always on instead.

Source: `docs/semantics.md`, Status.
"""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.resolve.grid import is_grid_preserving
from quantsim_viz.resolve.params import MINOR_PARAMS
from quantsim_viz.resolve.settings import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from quantsim_viz.resolve.topology import Op, Topology

STATUSES = tuple(Status)
"""Statuses by their number in `Cascade.status_numbers`."""

NUMBER: Mapping[Status, int] = {status: number for number, status in enumerate(STATUSES)}


class StatusTables:
    """The lists of one topology."""

    def __init__(self, topology: Topology) -> None:
        self._off = len(topology.names)
        always_on = self._off + 1
        self._grids = _Grids(topology, self._off)
        ports = topology.float_ports
        numbers = topology.quantizer_of
        self._outputs = _Lists(
            [[numbers.get(name, self._off) for name in outputs] for _, outputs in ports], self._off
        )
        self._weights = _Lists([_weights(topology, op) for op in topology.ops], always_on)
        self._inputs = _Lists(
            [[self._grids.number[name] for name in inputs] for inputs, _ in ports], self._grids.none
        )
        self._kept = _Lists(
            [self._grids.kept_by(op) for op in topology.ops],
            self._grids.none,
        )
        self._has_weights = np.array([bool(_weights(topology, op)) for op in topology.ops], bool)
        self._is_float = np.array([any(names) for names in ports], bool)

    def judge(self, enabled: Sequence[bool], inner: Sequence[int]) -> NDArray[np.uint8]:
        """Return every operator's status by number (the first of the cases that holds).

        Args:
            enabled: Whether each quantizer is.
            inner: Operators that are inside a group: all members but the last.
        """
        flags = np.array([*enabled, False, True], bool)
        grids = self._grids.carried(flags)
        outputs_on = self._outputs.all(flags)
        weights_on = self._weights.all(flags)
        inputs_on = self._inputs.all(grids)
        passes = self._kept.any(grids) & ~self._outputs.any(flags)
        found = np.full(len(outputs_on), NUMBER[Status.FLOAT], np.uint8)
        found[weights_on & self._has_weights] = NUMBER[Status.WEIGHT_ONLY]
        found[weights_on & inputs_on] = NUMBER[Status.INPUT_WEIGHT]
        found[outputs_on] = NUMBER[Status.OUTPUT_ONLY]
        found[outputs_on & weights_on] = NUMBER[Status.QUANTIZED]
        found[passes] = NUMBER[Status.PASSTHROUGH]
        found[list(inner)] = NUMBER[Status.FUSED]
        found[~self._is_float] = NUMBER[Status.UNQUANTIZABLE]
        return found


def _weights(topology: Topology, op: Op) -> list[int]:
    """Return the quantizers of an operator's parameters, biases and their like left out."""
    return [
        param.quantizer
        for param in topology.params[op.index]
        if param.type not in MINOR_PARAMS and param.quantizer is not None
    ]


class _Lists:
    """Lists of places in an array of flags, one after the other."""

    def __init__(self, lists: Sequence[Sequence[int]], empty: int) -> None:
        filled = [places or (empty,) for places in lists]
        self._places = np.fromiter(chain.from_iterable(filled), np.intp)
        starts = [0, *accumulate(len(places) for places in filled)][:-1]
        self._starts = np.array(starts, np.intp)

    def all(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_and.reduceat(flags[self._places], self._starts)

    def any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_or.reduceat(flags[self._places], self._starts)


class _Grids:
    """Which tensors carry a quantizer's grid: their own, or one above (`grid.effective_quantizer`).

    Attributes:
        number: Place of each tensor in the array of answers.
        none: Place of the answer for no tensor at all, which is no.
    """

    def __init__(self, topology: Topology, off: int) -> None:
        self._topology = topology
        asked = [name for inputs, _ in topology.float_ports for name in inputs]
        asked += [name for op in topology.ops for name in self._outputs_kept(op)]
        self.number: dict[str, int] = {}
        for name in asked:
            above: str | None = name
            while above is not None and above not in self.number:
                self.number[above] = len(self.number)
                above = topology.above.get(above)
        self.none = len(self.number)
        numbers, up = topology.quantizer_of, topology.above
        self._own = np.array([*(numbers.get(name, off) for name in self.number), off], np.intp)
        step = [self.number[up[n]] if n in up else self.none for n in self.number]
        self._steps = _doubled(np.array([*step, self.none], np.intp), self.none)

    def kept_by(self, op: Op) -> list[int]:
        return [self.number[name] for name in self._outputs_kept(op)]

    def _outputs_kept(self, op: Op) -> list[str]:
        if not is_grid_preserving(op.op_type, op.node.domain):
            return []
        return [name for name in op.node.outputs if name]

    def carried(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = flags[self._own]
        for step in self._steps:
            found = found | found[step]
        return found


def _doubled(step: NDArray[np.intp], end: int) -> list[NDArray[np.intp]]:
    """Return steps of 1, 2, 4, … tensors upwards, until every chain has ended."""
    steps = []
    while (step != end).any():
        steps.append(step)
        step = step[step]
    return steps
