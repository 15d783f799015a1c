"""Match the configuration's supergroups (`docs/semantics.md` §4a)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.resolve.topology import Op, Topology

_CONVOLUTIONS = ("Conv", "ConvTranspose")


@dataclass(frozen=True, slots=True)
class Match:
    """A chain of operators found for a supergroup.

    Attributes:
        pointer: JSON pointer of the supergroup.
        ops: Numbers of its operators, in order.
    """

    pointer: str
    ops: tuple[int, ...]


def match_supergroups(
    topology: Topology, supergroups: Sequence[Rule], excluded: Iterable[int]
) -> tuple[Match, ...]:
    """Find every match of every supergroup.

    1. Longer patterns first; of equal length in document order.
    2. For each, the operators of its first type in operator order are tried as heads.
    3. A chain follows operator types; all but the last must have exactly one use over all outputs.
    4. A head is rejected if it is a 3-D or depthwise convolution, or excluded.
    5. An operator belongs to one match at most.

    Args:
        topology: The graph.
        supergroups: Rules whose values are tuples of operator types.
        excluded: Operators that a pass of the pass list takes, which may not be heads.
    """
    if not supergroups:
        return ()
    taken: set[int] = set()
    not_heads = set(excluded)
    heads = topology.heads
    matches: list[Match] = []
    for rule in sorted(supergroups, key=lambda rule: len(rule.value), reverse=True):
        for head in heads.get(rule.value[:2], ()):
            chain = follow_chain(topology, head, rule.value)
            if chain is None or not taken.isdisjoint(chain):
                continue
            if head in not_heads or is_rejected_head(topology, topology.ops[head]):
                continue
            taken.update(chain)
            matches.append(Match(rule.pointer, chain))
    return tuple(matches)


def follow_chain(topology: Topology, head: int, types: Sequence[str]) -> tuple[int, ...] | None:
    """Return the operators of a chain that starts at `head`, None where it breaks off."""
    chain = [head]
    for op_type in types[1:]:
        head = topology.following[head]
        if head < 0 or topology.ops[head].op_type != op_type:
            return None
        chain.append(head)
    return tuple(chain)


def is_rejected_head(topology: Topology, op: Op) -> bool:
    """Tell whether a chain may not start here: a 3-D or depthwise convolution."""
    return op.op_type in _CONVOLUTIONS and (is_conv_3d(topology, op) or is_depthwise(topology, op))


def is_conv_3d(topology: Topology, op: Op) -> bool:
    """Tell whether a convolution is known to be 3-D from its input's or its weight's rank."""
    return any(len(topology.shapes.get(name, ())) == 5 for name in op.inputs[:2])


def is_depthwise(topology: Topology, op: Op) -> bool:
    """Tell whether a convolution is depthwise by the shape of a constant weight.

    1. `Conv`: grouped, one input channel a group.
    2. `ConvTranspose`: as many input channels as groups.
    """
    groups = op.node.attributes.get("group", 1) or 1
    if groups == 1 or len(op.inputs) < 2:
        return False
    shape = topology.shapes.get(op.inputs[1])
    if shape is None or len(shape) < 2:
        return False
    return bool(shape[1] == 1 if op.op_type == "Conv" else shape[0] == groups)
