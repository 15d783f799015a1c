"""Tensors that the runtime makes share one quantizer (`docs/semantics.md` §3 l, §9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import FIXED, Columns, Row
from quantsim_viz.resolve.grid import QUANTIZABLE_DTYPES, is_grid_preserving
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.stages.shared import SharedQuantizers

if TYPE_CHECKING:
    from quantsim_viz.resolve.topology import Op, Topology

BACKWARD = frozenset({"Concat", "Scatter", "ScatterElements", "ScatterND"})
"""Types, of any domain, whose inputs take over their output's quantizer (§9.1)."""

FORWARD = frozenset({"AveragePool", "Relu", "Resize", "Upsample"})
"""Types, of any domain, whose outputs take over their input's quantizer (§9.2)."""

RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
"""Types whose states share the quantizer of their output (§9.3)."""

TIE_BACKWARD, TIE_FORWARD, TIE_RECURRENT = "tie-backward", "tie-forward", "tie-recurrent"


def ties(topology: Topology, columns: Columns) -> list[Row]:
    """Declare stage l: tie backward, then forward, then the states of recurrent operators.

    Raises:
        Refused: Two quantizers that must become one do not fit together.
    """
    if not any(kind in topology.by_type for kind in BACKWARD | FORWARD | RECURRENT):
        return []
    shared = SharedQuantizers(topology, columns)
    _tie_backward(topology, shared)
    _tie_forward(topology, shared)
    _tie_recurrent(topology, shared)
    return shared.rows()


# -- backward ------------------------------------------------------------------------------------


def _tie_backward(topology: Topology, shared: SharedQuantizers) -> None:
    if not any(kind in topology.by_type for kind in BACKWARD):
        return
    visited: set[int] = set()
    for index in reversed(topology.ordered):
        op = topology.ops[index]
        if op.op_type not in BACKWARD or not op.node.outputs:
            continue
        output = topology.quantizer_of.get(op.node.outputs[0])
        if output is None:
            continue
        if len(op.node.outputs) != 1:
            raise Refused(
                "tie-needs-one-output",
                f"{op.node.name!r} ({op.op_type}) has {len(op.node.outputs)} outputs; AIMET ties"
                " operators of this type only when they have exactly one, and refuses.",
                nodes=op.node.members,
            )
        _tie_sources(topology, shared, op, visited)


def _tie_sources(topology: Topology, shared: SharedQuantizers, op: Op, visited: set[int]) -> None:
    target = shared.object_of[topology.quantizer_of[op.node.outputs[0]]]
    sources, ranges = _collect_sources(topology, shared, op, visited)
    if len(ranges) == 1:
        limits, origin = next(iter(ranges.items()))
        shared.put(target, FIXED, limits, origin, TIE_BACKWARD)
    else:
        sources = {q: obj for q, obj in sources.items() if not shared.get(obj, FIXED)}
    for quantizer in sources:
        shared.refer(quantizer, target, TIE_BACKWARD)


def _collect_sources(
    topology: Topology, shared: SharedQuantizers, op: Op, visited: set[int]
) -> tuple[dict[int, int], dict[tuple[float, float | None] | None, int]]:
    """Collect what an operator joins, through operators that keep the grid.

    Returns:
        The sources that nothing else uses, as home → object, and every fixed range met among
        enabled sources, with an object that has it.
    """
    sources: dict[int, int] = {}
    ranges: dict[tuple[float, float | None] | None, int] = {}
    stack = [op.index]
    while stack:
        current = topology.ops[stack.pop()]
        if current.index in visited:
            continue
        visited.add(current.index)
        for name in current.inputs:
            if topology.dtypes.get(name) not in QUANTIZABLE_DTYPES:
                continue
            found = shared.effective(name)
            obj = shared.object_of[found] if found is not None else None
            if obj is not None:
                ranges.setdefault(shared.get(obj, FIXED), obj)
            home = topology.names[obj] if obj is not None else name
            if _has_other_users(topology, shared, name, home):
                continue
            if obj is not None:
                sources[obj] = obj
            producer = topology.producer.get(name)
            if producer is not None and _is_expanded(topology.ops[producer]):
                stack.append(producer)
    return sources, ranges


def _is_expanded(op: Op) -> bool:
    return op.op_type in BACKWARD or is_grid_preserving(op.op_type, op.node.domain)


def _has_other_users(topology: Topology, shared: SharedQuantizers, name: str, home: str) -> bool:
    """Tell whether more than one operator uses a source or anything on the way from it."""
    users = set(topology.consumers.get(home, ()))
    path = _path_above(topology, shared, name)
    if path:
        users.update(use for op in path for use in topology.output_ops(op))
        users -= path
    return len(users) > 1


def _path_above(topology: Topology, shared: SharedQuantizers, name: str) -> set[int]:
    """Return the grid-keeping operators from a tensor up to the first enabled quantizer above it.

    The tensor's own quantizer is not looked at; without an enabled one above there is no path.
    """
    path: set[int] = set()
    while name in topology.above:
        path.add(topology.producer[name])
        name = topology.above[name]
        quantizer = topology.quantizer_of.get(name)
        if quantizer is not None and shared.enabled(quantizer):
            return path
    return set()


# -- forward -------------------------------------------------------------------------------------


def _tie_forward(topology: Topology, shared: SharedQuantizers) -> None:
    if not any(kind in topology.by_type for kind in FORWARD):
        return
    for index in topology.ordered:
        op = topology.ops[index]
        if op.op_type not in FORWARD:
            continue
        if not op.inputs:
            raise Refused(
                "tie-needs-input",
                f"{op.node.name!r} ({op.op_type}) has no input; AIMET refuses such an operator.",
                nodes=op.node.members,
            )
        found = shared.effective(op.inputs[0])
        if found is not None:
            _tie_outputs(topology, shared, op, shared.object_of[found])


def _tie_outputs(topology: Topology, shared: SharedQuantizers, op: Op, source: int) -> None:
    for name in op.node.outputs:
        output = topology.quantizer_of.get(name)
        if output is None or not shared.enabled(output):
            continue
        own = shared.object_of[output]
        limits = shared.get(own, FIXED)
        if limits and limits != shared.get(source, FIXED) and _branches(topology, shared, op):
            continue
        shared.merge(source, own, op, TIE_FORWARD)
        shared.refer(output, source, TIE_FORWARD)


def _branches(topology: Topology, shared: SharedQuantizers, op: Op) -> bool:
    """Tell whether a tensor between an operator's input and its quantizer has other than one use.

    Uses are counted in the top graph with the quantizers in it: a tensor with a quantizer is used
    by that alone, and a disabled quantizer's own output is not looked at (§9.2).
    """
    name = op.node.inputs[0]
    branched = False
    while True:
        quantizer = topology.quantizer_of.get(name)
        if quantizer is not None and shared.enabled(quantizer):
            return branched or _uses(topology, name) != 1
        if name not in topology.above:
            return False
        first_output = topology.ops[topology.producer[name]].node.outputs[0]
        if first_output not in topology.quantizer_of and _uses(topology, first_output) != 1:
            branched = True
        name = topology.above[name]


def _uses(topology: Topology, name: str) -> int:
    return sum(not topology.ops[use].in_body for use in topology.consumers.get(name, ()))


# -- recurrent -----------------------------------------------------------------------------------


def _tie_recurrent(topology: Topology, shared: SharedQuantizers) -> None:
    replaced: dict[int, int] = {}
    nodes = sorted(op for kind in RECURRENT for op in topology.by_type.get(kind, ()))
    for index in nodes:
        op = topology.ops[index]
        if not op.in_body:
            _collect_states(topology, shared, op, replaced)
    for old, new in replaced.items():
        if old == new:
            continue
        for quantizer, obj in enumerate(shared.object_of):
            if obj == old:
                shared.refer(quantizer, new, TIE_RECURRENT)


def _collect_states(
    topology: Topology, shared: SharedQuantizers, op: Op, replaced: dict[int, int]
) -> None:
    """Note which objects an operator's output Y (and cell output Y_c) replaces."""
    inputs, outputs = op.node.inputs, op.node.outputs

    def own(name: str) -> int:
        quantizer = topology.quantizer_of.get(name)
        if quantizer is None:
            raise Refused(
                "recurrent-output-missing",
                f"{op.node.name!r} ({op.op_type}) shares its hidden state's quantizer with its"
                f" output, but {name or 'that output'!r} has no quantizer; AIMET fails on it.",
                nodes=op.node.members,
            )
        return shared.object_of[quantizer]

    def effective(position: int) -> int | None:
        name = inputs[position] if position < len(inputs) else ""
        found = shared.effective(name) if name else None
        return None if found is None else shared.object_of[found]

    hidden = outputs[0]
    if (source := effective(0)) is not None:
        replaced[source] = own(hidden)
    if len(outputs) > 1 and outputs[1]:
        replaced[own(outputs[1])] = own(hidden)
    if (state := effective(5)) is not None:
        replaced[state] = own(hidden)
    if op.op_type == "LSTM" and len(outputs) > 2 and outputs[2]:
        cell = effective(6)
        if cell is not None:
            replaced[cell] = own(outputs[2])
