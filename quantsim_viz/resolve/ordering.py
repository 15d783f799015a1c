"""The order in which operators are visited where order matters (`docs/semantics.md` §1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve.topology import Op


def ordered_ops(
    ops: Sequence[Op], consumers: Mapping[str, Sequence[int]], producer: Mapping[str, int]
) -> tuple[int, ...]:
    """List all operators in topological order, bodies right before the `Scan` that runs them.

    1. Depth first from the operators that read nothing another operator computes, the first of
       them in graph order first.
    2. An operator is emitted when all operators that use its outputs have been; of several that
       have not, the first use comes first.
    3. The list of emissions is reversed.

    Args:
        ops: All operators.
        consumers: Uses of each tensor, as numbers of operators.
        producer: Number of the operator that computes a tensor.
    """
    users = [
        [use for name in op.node.outputs for use in consumers.get(name, ()) if not ops[use].in_body]
        for op in ops
    ]
    stack = [
        op.index
        for op in reversed(ops)
        if not op.in_body and not any(name in producer for name in op.inputs)
    ]
    place = [0] * len(ops)
    emitted = [False] * len(ops)
    backwards: list[int] = []
    while stack:
        current = stack[-1]
        waiting = users[current]
        at = place[current]
        while at < len(waiting) and emitted[waiting[at]]:
            at += 1
        place[current] = at
        if at < len(waiting) and not emitted[current]:
            stack.append(waiting[at])
            continue
        stack.pop()
        if not emitted[current]:
            emitted[current] = True
            backwards.append(current)
    return tuple(_with_bodies(ops, backwards[::-1]))


def _with_bodies(ops: Sequence[Op], top_level: Sequence[int]) -> list[int]:
    result: list[int] = []
    seen: set[int] = set()

    def emit(indices: Sequence[int]) -> None:
        for index in indices:
            if index not in seen:
                seen.add(index)
                emit(ops[index].bodies)
                result.append(index)

    emit(top_level)
    return result
