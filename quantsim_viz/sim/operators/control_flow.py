"""Control flow: subgraphs run by our own interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import storage_type
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.model.graph import Graph
    from quantsim_viz.sim.operators.program import Program
    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


def _adopt(spec: OperatorSpec, *programs: Program) -> list[tuple[int, ...]]:
    """Declare what the programs capture; return where each finds its captures among all."""
    names = tuple(dict.fromkeys(name for program in programs for name in program.captures))
    spec.captures = names
    if any(program.executor != "torch" for program in programs):
        spec.executor = "onnx.reference"
    places = {name: len(spec.node.inputs) + index for index, name in enumerate(names)}
    return [tuple(places[name] for name in program.captures) for program in programs]


def _pick(inputs: Sequence[Tensor | None], places: Sequence[int]) -> list[Tensor | None]:
    return [inputs[place] for place in places]


@operator("If", aliases=True)
def if_(spec: OperatorSpec) -> Kernel:
    """Run one of two branches."""
    yes, no = spec.program("then_branch"), spec.program("else_branch")
    yes_places, no_places = _adopt(spec, yes, no)

    def kernel(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        condition = inputs[0]
        if condition is not None and bool(condition):
            return yes.run((), _pick(inputs, yes_places))
        return no.run((), _pick(inputs, no_places))

    return kernel


@operator("Loop", aliases=True)
def loop(spec: OperatorSpec) -> Kernel:
    """Repeat a body while its condition holds, at most so many times.

    The body takes the iteration's number, the condition and the carried values; it returns the
    condition, the carried values, and one more entry of each of the stacked outputs.
    """
    body = spec.program("body")
    (places,) = _adopt(spec, body)
    own = len(spec.node.inputs)
    carried_count = own - 2
    stacked = _stacked(spec, 1 + carried_count)

    def kernel(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        limit, condition = inputs[0], inputs[1]
        captured = _pick(inputs, places)
        carried = list(inputs[2:own])
        rows: list[list[Tensor]] = [[] for _ in stacked]
        count = None if limit is None else int(limit)
        going = condition is None or bool(condition)
        iteration = 0
        while going and (count is None or iteration < count):
            number = torch.tensor(iteration, dtype=torch.int64, device=spec.device)
            flag = torch.tensor(True, device=spec.device)
            results = body.run([number, flag, *carried], captured)
            going = results[0] is None or bool(results[0])
            carried = list(results[1 : 1 + carried_count])
            for row, value in zip(rows, results[1 + carried_count :], strict=True):
                row.append(_required(value))
            iteration += 1
        return (*carried, *map(Stacked.join, stacked, rows))

    return kernel


@dataclass(frozen=True, slots=True)
class Stacked:
    """An output of a body of which every run of it adds an entry.

    Attributes:
        shape: That of an entry; like onnxruntime we take 0 for lengths that are not declared, and
            `[]` where not even the rank is.
        dtype: Element type.
        device: Where the entries are.
    """

    shape: tuple[int, ...]
    dtype: str
    device: torch.device

    def join(self, rows: Sequence[Tensor], axis: int = 0) -> Tensor:
        """Join entries along a new axis, whose length is 0 without any."""
        if rows:
            return torch.stack(list(rows), axis_of(axis, rows[0].ndim + 1))
        place = axis_of(axis, len(self.shape) + 1)
        shape = (*self.shape[:place], 0, *self.shape[place:])
        return torch.zeros(shape, dtype=storage_type(self.dtype), device=self.device)


def _stacked(spec: OperatorSpec, states: int) -> list[Stacked]:
    """Return what a node's body declares of its outputs behind the first `states`."""
    body: Graph = spec.node.attributes["body"]
    declared = [body.tensors[name] for name in body.outputs[states:]]
    return [
        Stacked(
            tuple(length if isinstance(length, int) else 0 for length in tensor.shape or ()),
            tensor.dtype or "float32",
            spec.device,
        )
        for tensor in declared
    ]


def _required(value: Tensor | None) -> Tensor:
    if value is None:
        message = "a subgraph returned nothing for one of its outputs"
        raise RuntimeError(message)
    return value


@operator("Scan", since=8)
def scan_batched(spec: OperatorSpec) -> Kernel:
    """Scan every entry of a leading batch axis (version 8)."""
    body = spec.program("body")
    (places,) = _adopt(spec, body)
    own = len(spec.node.inputs)
    count = spec.integer("num_scan_inputs")
    stacked = _stacked(spec, own - 1 - count)
    reverse = spec.integers("directions") or (0,) * count

    def kernel(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        lengths = inputs[0]
        states, sequences = (
            inputs[1 : own - count],
            [_required(v) for v in inputs[own - count : own]],
        )
        batch, longest = sequences[0].shape[0], sequences[0].shape[1]
        results = []
        for entry in range(batch):
            steps = longest if lengths is None else int(lengths[entry])
            parts = [sequence[entry, :steps] for sequence in sequences]
            parts = [p.flip(0) if r else p for p, r in zip(parts, reverse, strict=True)]
            first = [_required(state)[entry] for state in states]
            final, rows = _scan(body, first, parts, (0,) * count, _pick(inputs, places))
            joined = map(Stacked.join, stacked, rows)
            results.append((*final, *(_extend(row, longest) for row in joined)))
        return tuple(torch.stack(column) for column in zip(*results, strict=True))

    return kernel


def _extend(rows: Tensor, length: int) -> Tensor:
    if rows.shape[0] == length:
        return rows
    return torch.cat([rows, rows.new_zeros(length - rows.shape[0], *rows.shape[1:])])


@operator("Scan", since=9, aliases=True)
def scan(spec: OperatorSpec) -> Kernel:
    """Run a body over slices of the scan inputs, carrying states, stacking its other outputs."""
    body = spec.program("body")
    (places,) = _adopt(spec, body)
    own = len(spec.node.inputs)
    count = spec.integer("num_scan_inputs")
    stacked = _stacked(spec, own - count)
    in_axes = spec.integers("scan_input_axes") or (0,) * count
    out_axes = spec.integers("scan_output_axes") or (0,) * len(stacked)
    in_reverse = spec.integers("scan_input_directions") or (0,) * count
    out_reverse = spec.integers("scan_output_directions") or (0,) * len(stacked)

    def kernel(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        states = [_required(value) for value in inputs[: own - count]]
        sequences = [
            _required(value).flip(axis) if back else _required(value)
            for value, axis, back in zip(
                inputs[own - count : own], in_axes, in_reverse, strict=True
            )
        ]
        final, rows = _scan(body, states, sequences, in_axes, _pick(inputs, places))
        turned = [row[::-1] if back else row for row, back in zip(rows, out_reverse, strict=True)]
        return (*final, *map(Stacked.join, stacked, turned, out_axes))

    return kernel


def _scan(
    body: Program,
    states: Sequence[Tensor],
    sequences: Sequence[Tensor],
    axes: Sequence[int],
    captured: Sequence[Tensor | None],
) -> tuple[list[Tensor], list[list[Tensor]]]:
    """Return the final states and the rows of every stacked output."""
    carried: list[Tensor] = list(states)
    rows: list[list[Tensor]] = [[] for _ in range(len(body.outputs) - len(states))]
    for step in range(sequences[0].shape[axes[0]]):
        slices = [s.select(axis, step) for s, axis in zip(sequences, axes, strict=True)]
        results = [_required(value) for value in body.run([*carried, *slices], captured)]
        carried = results[: len(states)]
        for row, value in zip(rows, results[len(states) :], strict=True):
            row.append(value)
    return carried, rows
