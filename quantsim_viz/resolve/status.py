"""What the cascade makes of each node, in one word (`docs/semantics.md`, Status)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import ENABLED
from quantsim_viz.resolve.grid import QUANTIZABLE_DTYPES
from quantsim_viz.resolve.settings import NodeState, Status
from quantsim_viz.resolve.status_tables import NUMBER, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.model.graph import Graph, Model, Node
    from quantsim_viz.resolve.columns import Columns
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Topology


def status_numbers(model: Model, run: Run) -> bytes:
    """Return the status of every node of the top graph after a run without refusal.

    Returns:
        A byte a node, in file order: the place of its status in `STATUSES`.
    """
    topology = run.topology
    op_of = topology.op_of_node
    judged = topology.status_tables.judge(run.columns[ENABLED], _inner_ops(run)).tobytes()
    fused, unquantizable = NUMBER[Status.FUSED], NUMBER[Status.UNQUANTIZABLE]
    hidden = topology.hidden_members
    found = bytearray()
    for node in model.graph.nodes:
        op = op_of.get(node.name)
        if op is None:
            found.append(_constant(node, topology, run.columns))
        elif hidden and node.name in hidden and judged[op] != unquantizable:
            found.append(fused)
        else:
            found.append(judged[op])
    return bytes(found)


def refused_numbers(model: Model, culprits: Sequence[str]) -> bytes:
    """Return the status of every node where AIMET refuses: nothing quantized, culprits marked."""
    guilty = set(culprits)
    return bytes(NUMBER[_refused_status(model.graph, n, guilty)] for n in model.graph.nodes)


def _refused_status(graph: Graph, node: Node, guilty: set[str]) -> Status:
    if node.name in guilty:
        return Status.CONFLICT
    tensors = (graph.tensors.get(name) for name in (*node.inputs, *node.outputs) if name)
    if any(t is not None and t.dtype in QUANTIZABLE_DTYPES for t in tensors):
        return Status.FLOAT
    return Status.UNQUANTIZABLE


def _inner_ops(run: Run) -> list[int]:
    """Return the operators of every group but its last."""
    groups = [*(match.ops for match in run.matches), *(match.ops for match in run.passes)]
    return [op for members in groups for op in members[:-1]]


def _constant(node: Node, topology: Topology, columns: Columns) -> int:
    """Judge a `Constant` node by its output: the quantizer of an operand, or nothing."""
    quantizers = [topology.quantizer_of.get(name, -1) for name in node.outputs]
    operands = [q for q in quantizers if q >= topology.param_count]
    if not operands:
        return NUMBER[Status.UNQUANTIZABLE]
    enabled = columns[ENABLED]
    return NUMBER[Status.QUANTIZED if all(enabled[q] for q in operands) else Status.FLOAT]


class NodeStates(Mapping[str, NodeState]):
    """The state of every node of the top graph by name, made when asked for.

    Args:
        model: The model.
        numbers: Their statuses (`status_numbers`).
        groups: Members of each supergroup match.
    """

    __slots__ = ("_groups", "_made", "_model", "_numbers", "_place")

    def __init__(self, model: Model, numbers: bytes, groups: Sequence[Sequence[str]]) -> None:
        self._model = model
        self._numbers = numbers
        self._place = {node.name: place for place, node in enumerate(model.graph.nodes)}
        self._groups = {name: number for number, group in enumerate(groups) for name in group}
        self._made: dict[str, NodeState] = {}

    def __getitem__(self, name: str) -> NodeState:
        found = self._made.get(name)
        if found is not None:
            return found
        place = self._place[name]
        node, status = self._model.graph.nodes[place], STATUSES[self._numbers[place]]
        group = self._groups.get(name)
        state = NodeState(node.op_type, status, group, node.scope, node.module)
        self._made[name] = state
        return state

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, name: object) -> bool:
        return name in self._place
