"""What the cascade makes of each node, in one word (`docs/semantics.md`, Status)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import ENABLED
from quantsim_viz.resolve.grid import QUANTIZABLE_DTYPES, is_grid_preserving
from quantsim_viz.resolve.params import MINOR_PARAMS
from quantsim_viz.resolve.settings import NodeState, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.model.graph import Graph, Model, Node
    from quantsim_viz.resolve.columns import Columns
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Op, Topology


def node_states(model: Model, run: Run) -> dict[str, NodeState]:
    """Return the state of every node of the top graph after a run without refusal."""
    inner, group_of = _memberships(run)
    op_of = {member: op for op in run.topology.ops if not op.in_body for member in op.node.members}
    judge = _Judge(run.topology, run.columns)
    states: dict[str, NodeState] = {}
    for node in model.graph.nodes:
        op = op_of.get(node.name)
        if op is None:
            status = judge.constant(node)
        elif not any(run.topology.float_ports[op.index]):
            status = Status.UNQUANTIZABLE
        elif node.name in inner:
            status = Status.FUSED
        else:
            status = judge.status(op)
        states[node.name] = _state(node, status, group_of.get(node.name))
    return states


def refused_states(model: Model, culprits: Sequence[str]) -> dict[str, NodeState]:
    """Return the state of every node where AIMET refuses: nothing quantized, culprits marked."""
    guilty = set(culprits)
    return {
        node.name: _state(node, _refused_status(model.graph, node, guilty), None)
        for node in model.graph.nodes
    }


def _state(node: Node, status: Status, group: int | None) -> NodeState:
    return NodeState(node.op_type, status, group, node.scope, node.module)


def _refused_status(graph: Graph, node: Node, guilty: set[str]) -> Status:
    if node.name in guilty:
        return Status.CONFLICT
    tensors = (graph.tensors.get(name) for name in (*node.inputs, *node.outputs) if name)
    if any(t is not None and t.dtype in QUANTIZABLE_DTYPES for t in tensors):
        return Status.FLOAT
    return Status.UNQUANTIZABLE


def _memberships(run: Run) -> tuple[set[str], dict[str, int]]:
    """Return the inner members of groups and passes, and the supergroup match of each member."""
    ops = run.topology.ops
    inner: set[str] = set()
    group_of: dict[str, int] = {}
    for op in ops:
        inner.update(op.node.members[:-1])
    for number, match in enumerate(run.matches):
        for op_number in match.ops:
            group_of.update(dict.fromkeys(ops[op_number].node.members, number))
        for op_number in match.ops[:-1]:
            inner.update(ops[op_number].node.members)
    for found in run.passes:
        for op_number in found.ops[:-1]:
            inner.update(ops[op_number].node.members)
    return inner, group_of


class _Judge:
    """Answers the questions that a status is made of."""

    def __init__(self, topology: Topology, columns: Columns) -> None:
        self._topology = topology
        self._enabled: Sequence[bool] = columns[ENABLED]
        self._quantizer_of: Mapping[str, int] = topology.quantizer_of
        self._carries: dict[str, bool] = {}

    def constant(self, node: Node) -> Status:
        """Judge a `Constant` node by its output: the quantizer of an operand, or nothing."""
        quantizers = [self._quantizer_of.get(name, -1) for name in node.outputs]
        operands = [q for q in quantizers if q >= self._topology.param_count]
        if not operands:
            return Status.UNQUANTIZABLE
        return Status.QUANTIZED if all(self._enabled[q] for q in operands) else Status.FLOAT

    def status(self, op: Op) -> Status:
        """Judge an operator that is not inside a group (the first of the cases that holds)."""
        float_inputs, float_outputs = self._topology.float_ports[op.index]
        outputs = [self._is_enabled(name) for name in float_outputs]
        if self._is_passthrough(op, outputs):
            return Status.PASSTHROUGH
        weights = [
            self._enabled[param.quantizer]
            for param in self._topology.params[op.index]
            if param.type not in MINOR_PARAMS and param.quantizer is not None
        ]
        inputs = [self._carries_grid(name) for name in float_inputs]
        weights_on, outputs_on = all(weights), bool(outputs) and all(outputs)
        inputs_on = bool(inputs) and all(inputs)
        if outputs_on:
            return Status.QUANTIZED if weights_on else Status.OUTPUT_ONLY
        if weights_on and inputs_on:
            return Status.INPUT_WEIGHT
        return Status.WEIGHT_ONLY if weights_on and weights else Status.FLOAT

    def _is_passthrough(self, op: Op, outputs: Sequence[bool]) -> bool:
        return (
            is_grid_preserving(op.op_type, op.node.domain)
            and not any(outputs)
            and any(self._carries_grid(name) for name in op.node.outputs if name)
        )

    def _is_enabled(self, name: str) -> bool:
        quantizer = self._quantizer_of.get(name)
        return quantizer is not None and self._enabled[quantizer]

    def _carries_grid(self, name: str) -> bool:
        """Tell whether the look-up finds a quantizer, remembering the way for the next walk."""
        known, way = self._carries, []
        current: str | None = name
        while current is not None and current not in known:
            way.append(current)
            if self._is_enabled(current):
                break
            current = self._topology.above.get(current)
        found = current is not None and known.get(current, True)
        known.update(dict.fromkeys(way, found))
        return found
