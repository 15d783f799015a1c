"""Find which constants operators use as parameters (`docs/semantics.md` §1.7, §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.params import PARAM_INPUTS
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.resolve.graph_index import GraphIndex
    from quantsim_viz.resolve.topology import Op
    from quantsim_viz.resolve.view import ViewNode

PRODUCTS = frozenset({"Conv", "ConvTranspose", "MatMul", "Gemm"})
"""Operator types whose weights may not be shared with operators of another type (§1.7)."""


class ParamFinder:
    """Finds the parameters of operators in one graph."""

    def __init__(self, index: GraphIndex) -> None:
        self._index = index

    def find(self, op: Op) -> dict[str, str]:
        """Map the constants an operator uses as parameters to their type (§2).

        1. By operator type and input (`PARAM_INPUTS`), through `Identity` nodes above it.
        2. `MatMul`: input 1, or the constant that a `Transpose` above it reads.
        """
        node = op.node
        if node.op_type == "MatMul":
            candidates = [(self._matmul_weight(node), "weight")]
        else:
            inputs = node.inputs
            candidates = [
                (self._head_of_identities(inputs[index]), kind)
                for index, kind in PARAM_INPUTS.get(node.op_type, ())
                if index < len(inputs)
            ]
        values = self._index.values
        return {name: kind for name, kind in candidates if name is not None and name in values}

    def is_transposed(self, op: Op) -> bool:
        """Tell whether an operator reads its weight transposed (§6)."""
        node = op.node
        if node.op_type == "Gemm":
            return bool(node.attributes.get("transB", 0))
        return node.op_type == "MatMul" and node.inputs[1] not in self._index.static

    def _head_of_identities(self, name: str) -> str | None:
        while (above := self._identity_input(name)) is not None:
            name = above
        return name if name in self._index.static else None

    def _identity_input(self, name: str) -> str | None:
        number = self._index.producer.get(name) if name else None
        if number is None:
            return None
        op = self._index.ops[number]
        return op.node.inputs[0] if op.op_type == "Identity" and op.node.inputs else None

    def _matmul_weight(self, node: ViewNode) -> str | None:
        if len(node.inputs) < 2:
            return None
        if node.inputs[1] in self._index.static:
            return node.inputs[1]
        number = self._index.producer.get(node.inputs[1])
        if number is None or self._index.ops[number].op_type != "Transpose":
            return None
        above = self._index.ops[number].node.inputs
        return next((name for name in above if name in self._index.static), None)


def refuse_conflicting_weights(
    index: GraphIndex, params: Sequence[tuple[tuple[str, str], ...]]
) -> None:
    """Refuse a weight that operators of different types share, one of them a product (§1.7).

    Args:
        index: The graph.
        params: For each operator (tensor, parameter type).

    Raises:
        Refused: There is one.
    """
    for name in {n: None for of_op in params for n, kind in of_op if kind == "weight"}:
        users = _users_of_weight(index, name)
        types = {op.op_type for op in users}
        if len(types) < 2 or not types & PRODUCTS:
            continue
        raise Refused(
            "shared-weight",
            f"Weight {name!r} is shared by operators of different types: "
            + ", ".join(f"{op.node.name!r} ({op.op_type})" for op in users)
            + ". AIMET refuses such a model; give each of them its own copy of the weight.",
            nodes=tuple(member for op in users for member in op.node.members),
        )


def _users_of_weight(index: GraphIndex, name: str) -> list[Op]:
    """Return who uses a weight, `Shape` left out, looking through `Transpose` and `Identity`."""
    found: dict[int, Op] = {}
    queue = list(index.consumers.get(name, ()))
    while queue:
        op = index.ops[queue.pop()]
        if op.op_type == "Shape":
            continue
        if op.op_type in ("Transpose", "Identity"):
            queue.extend(index.consumers.get(op.node.outputs[0], ()))
        else:
            found[op.index] = op
    return [found[number] for number in sorted(found)]
