"""What resolving needs to know of a model, whatever the configuration's settings.

Depends on the model and the pass list alone, so an edit of the configuration reuses it. Tensors are
held by name, operators and quantizers by number.

Source: `docs/semantics.md` §1 (operators, consumers, order), §2 (quantizers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from quantsim_viz.resolve.grid import QUANTIZABLE_DTYPES
from quantsim_viz.resolve.status_tables import StatusTables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve.settings import Kind
    from quantsim_viz.resolve.view import GraphView, ViewNode


class Param(NamedTuple):
    """A constant that an operator uses as a parameter.

    Attributes:
        tensor: Its name.
        type: `weight`, `bias`, … (`params.PARAM_INPUTS`).
        quantizer: Number of its quantizer, None inside a `Scan` body, where there is none.
    """

    tensor: str
    type: str
    quantizer: int | None


@dataclass(frozen=True, slots=True)
class Op:
    """An operator: any node but `Constant`, of the top graph or of a `Scan` body (§1.4).

    Attributes:
        index: Its number.
        node: The view's node.
        op_type: Its type, from the node.
        inputs: Names of its inputs without those left out.
        in_body: Whether it belongs to a `Scan` body.
        bodies: Numbers of the operators of its own body.
    """

    index: int
    node: ViewNode
    op_type: str
    inputs: tuple[str, ...]
    in_body: bool
    bodies: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Topology:
    """The graph as the stages read it.

    Attributes:
        view: The top graph's view.
        passes: Names of the pass list it was made with.
        ops: Every operator, the top graph's first (§1.4).
        ordered: Numbers of all operators in topological order (§1.6).
        by_type: Numbers of the operators of each type, in operator order.
        producer: Number of the operator that computes a tensor.
        consumers: Numbers of the operators that use a tensor, one entry a use (§1.5).
        following: For each operator the only use of all its outputs, -1 unless there is just one.
        output_uses: For each operator how many uses its outputs have together.
        names: Tensor of each quantizer: parameters first, then activations.
        kinds: What each quantizer sits on.
        quantizer_of: Number of the quantizer on each tensor that has one.
        param_count: How many quantizers are parameters'.
        input_quantizers: For each operator those on its activation inputs, one a use.
        output_quantizers: For each operator those on its outputs.
        params: For each operator its parameters.
        axis: Channel axis of each parameter's quantizer, None where it has none.
        above: For tensors computed by grid-keeping operators, the tensor the look-up goes to next.
        input_uses: (operator, quantizer) for each use of a model input that has a quantizer.
        free_inputs: Quantizers of activation constants stored with the graph (§2).
        constant_outputs: Quantizers on outputs of `Constant` and `ConstantOfShape`.
        constants: Tensors that count as constants, parameters left out (§5.2).
        shapes: Shapes of inputs, stored constants and `Constant` outputs, where known.
        scalars: Constants of the top graph by tensor name, to compare by value in patterns.
        dtypes: Element types known for tensors of the top graph.
        ends: Operators none of whose outputs is used (§3 f).
    """

    view: GraphView
    passes: tuple[str, ...]
    ops: tuple[Op, ...]
    ordered: tuple[int, ...]
    by_type: Mapping[str, Sequence[int]]
    producer: Mapping[str, int]
    consumers: Mapping[str, Sequence[int]]
    following: Sequence[int]
    output_uses: Sequence[int]
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    quantizer_of: Mapping[str, int]
    param_count: int
    input_quantizers: Sequence[tuple[int, ...]]
    output_quantizers: Sequence[tuple[int, ...]]
    params: Sequence[tuple[Param, ...]]
    axis: Sequence[int | None]
    above: Mapping[str, str]
    input_uses: tuple[tuple[int, int], ...]
    free_inputs: tuple[int, ...]
    constant_outputs: tuple[int, ...]
    constants: frozenset[str]
    shapes: Mapping[str, tuple[Any, ...]]
    scalars: Mapping[str, Any]
    dtypes: Mapping[str, str]
    ends: tuple[int, ...]

    def param_quantizers(self, op: int) -> tuple[tuple[int, str], ...]:
        """Return (quantizer, parameter type) of an operator's parameters that have a quantizer."""
        return tuple((p.quantizer, p.type) for p in self.params[op] if p.quantizer is not None)

    @cached_property
    def float_ports(self) -> Sequence[tuple[tuple[str, ...], tuple[str, ...]]]:
        """For each operator its quantizable inputs, parameters left out, and outputs, by type."""
        return [self._float_ports(op) for op in self.ops]

    def _float_ports(self, op: Op) -> tuple[tuple[str, ...], tuple[str, ...]]:
        dtypes, params = self.dtypes, {param.tensor for param in self.params[op.index]}
        inputs = (name for name in op.inputs if name not in params)
        return (
            tuple(name for name in inputs if dtypes.get(name) in QUANTIZABLE_DTYPES),
            tuple(name for name in op.node.outputs if dtypes.get(name) in QUANTIZABLE_DTYPES),
        )

    @cached_property
    def op_of_node(self) -> Mapping[str, int]:
        """The operator that each node of the top graph but `Constant` is, or is a member of."""
        return {name: op.index for op in self.ops if not op.in_body for name in op.node.members}

    @cached_property
    def hidden_members(self) -> frozenset[str]:
        """Nodes that a pass fused into an operator, its last left out."""
        return frozenset(name for op in self.ops for name in op.node.members[:-1])

    @cached_property
    def fused_ops(self) -> frozenset[int]:
        """Operators that a pass made of several nodes."""
        return frozenset(op.index for op in self.ops if op.node.is_fused)

    @cached_property
    def ops_with_params(self) -> tuple[int, ...]:
        """Operators that have a parameter."""
        return tuple(op.index for op in self.ops if self.params[op.index])

    @cached_property
    def ops_with_param(self) -> Mapping[str, tuple[int, ...]]:
        """Operators that have a parameter of a type."""
        found: dict[str, list[int]] = {}
        for op in self.ops_with_params:
            for kind in dict.fromkeys(param.type for param in self.params[op]):
                found.setdefault(kind, []).append(op)
        return {kind: tuple(ops) for kind, ops in found.items()}

    @cached_property
    def heads(self) -> Mapping[tuple[str, ...], Sequence[int]]:
        """Operators with exactly one use by their own type and that of the user.

        Real configurations have a hundred supergroups, few of which occur: they need not try every
        head.
        """
        found: dict[tuple[str, ...], list[int]] = {}
        for op, following in zip(self.ops, self.following, strict=True):
            if following >= 0:
                found.setdefault((op.op_type, self.ops[following].op_type), []).append(op.index)
        return found

    @cached_property
    def status_tables(self) -> StatusTables:
        """What the operators' statuses hang on."""
        return StatusTables(self)

    def output_ops(self, op: int) -> list[int]:
        """Return the operators that use an operator's outputs, one entry a use."""
        return [use for out in self.ops[op].node.outputs for use in self.consumers.get(out, ())]
