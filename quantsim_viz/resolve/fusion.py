"""Fuse what the pass list names: several of the file's nodes become one of the view.

One walk over the top graph's nodes in order. At each node the rules of the listed passes are tried
in order; the first that fits replaces the nodes it matched by one in the anchor's place, which is
then looked at in its turn. If anything was fused, nodes that nothing uses any more are dropped
(`pruning`).

Source: `docs/semantics.md` §5.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.fusion_rules import FUSION_RULES
from quantsim_viz.resolve.patterns import match_at
from quantsim_viz.resolve.pruning import prune
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.view import SUPERGROUP_DOMAIN, GraphView, ViewNode, iter_views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

    from quantsim_viz.resolve.constant_reader import ConstantReader
    from quantsim_viz.resolve.fusion_rules import Fused, FusionRule
    from quantsim_viz.resolve.patterns import Match

Rules = dict[str, list[tuple[str, "FusionRule"]]]
"""Anchor's operator type → (pass, rule), in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class FusedGroup:
    """Nodes of the file that the pass list makes one operator of.

    Attributes:
        op_type: The type they are treated as: `Gemm`, `LayerNormalization`, ….
        nodes: Names of the file's nodes, in graph order.
        inputs: Inputs of the fused operator.
        outputs: Its outputs.
    """

    op_type: str
    nodes: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def fuse(
    view: GraphView,
    passes: Sequence[str],
    constants: ConstantReader,
    declared_ranks: Mapping[str, int],
    opset: int | None,
) -> GraphView:
    """Apply a pass list to a graph.

    Args:
        view: The top graph, unfused.
        passes: Names of the passes.
        constants: Reads the values of constants.
        declared_ranks: Ranks of tensors as the file declares them, without inference.
        opset: Version of the standard operator set, None if the model has none.

    Raises:
        Refused: A match makes AIMET fail.
    """
    rules: Rules = {}
    for name in passes:
        for rule in FUSION_RULES[name]:
            rules.setdefault(rule.pattern.op_type, []).append((name, rule))
    if not rules:
        return view
    graph = _Graph(view, constants, declared_ranks)
    changed = False
    for slot, original in enumerate(view.nodes):
        while (node := graph.slots[slot]) is not None and graph.try_rules(rules, slot, node):
            changed = True
        for body in original.bodies:
            _refuse_fusion_inside(body, rules, constants, declared_ranks)
    if not changed:
        return view
    nodes = tuple(node for node in graph.slots if node is not None)
    return prune(replace(view, nodes=nodes), opset)


def _refuse_fusion_inside(
    body: GraphView,
    rules: Rules,
    constants: ConstantReader,
    declared_ranks: Mapping[str, int],
) -> None:
    """Refuse a match inside the body of a control-flow node.

    AIMET fuses there too, but into functions without an operator set, which nothing can load.
    """
    graph = _Graph(body, constants, declared_ranks)
    for slot, node in enumerate(body.nodes):
        graph.try_rules(rules, slot, node)
        fused = graph.slots[slot]
        if fused is not None and fused.is_fused:
            raise Refused(
                "fusion-in-body",
                f"Pass {fused.fused_by} fits nodes inside the body of a control-flow node"
                f" ({', '.join(fused.members)}); AIMET fails on the model it makes of them. Take"
                " the pass off supergroup_pass_list.",
                "/supergroup_pass_list",
                fused.members,
            )
        for inner in node.bodies:
            _refuse_fusion_inside(inner, rules, constants, declared_ranks)


class _Graph:
    """A graph while it is being fused: slots of nodes, and who computes and uses what."""

    def __init__(
        self, view: GraphView, constants: ConstantReader, declared_ranks: Mapping[str, int]
    ) -> None:
        self.slots: list[ViewNode | None] = list(view.nodes)
        self._constants = constants
        self._declared_ranks = declared_ranks
        self._outputs = frozenset(view.outputs)
        self._local = {*view.inputs, *view.initializers}
        self._producer: dict[str, tuple[int, int]] = {}
        self._users: dict[str, list[int]] = {}
        self._slot_of: dict[str, int] = {}
        self._order: dict[str, int] = {}
        for slot, node in enumerate(view.nodes):
            self._slot_of[node.name] = slot
            self._order[node.name] = slot
            self._enter(slot, node)
        self._captured = _captured_names(view)

    # -- what the matcher asks -------------------------------------------------------------------

    def producer(self, tensor: str) -> tuple[ViewNode, int] | None:
        found = self._producer.get(tensor)
        if found is None:
            return None
        node = self.slots[found[0]]
        return None if node is None else (node, found[1])

    def is_local(self, tensor: str) -> bool:
        return tensor in self._producer or tensor in self._local

    def marked_constant(self, tensor: str) -> np.ndarray[Any, Any] | None:
        return self._constants.marked(tensor)

    # -- what the rules ask ----------------------------------------------------------------------

    def rank(self, tensor: str) -> int | None:
        return self._constants.rank(tensor)

    def singleton(self, tensor: str) -> int | float | None:
        return self._constants.singleton(tensor)

    def declared_rank(self, tensor: str) -> int | None:
        return self._declared_ranks.get(tensor)

    def cast_target(self, tensor: str) -> int | None:
        found = self.producer(tensor)
        if found is None or found[0].op_type != "Cast" or found[0].domain:
            return None
        target = found[0].attributes.get("to")
        return target if isinstance(target, int) else None

    # -- rewriting -------------------------------------------------------------------------------

    def try_rules(self, rules: Rules, slot: int, node: ViewNode) -> bool:
        """Apply the first rule anchored at a node that fits; tell whether there was one."""
        for pass_name, rule in rules.get(node.op_type, ()):
            match = match_at(rule.pattern, node, self)
            if match is None or not self._is_removable(match, node):
                continue
            fused = self._build(rule, match)
            if fused is not None:
                self._replace(slot, node, match, fused, pass_name)
                return True
        return False

    def _build(self, rule: FusionRule, match: Match) -> Fused | None:
        try:
            return rule.build(match.bindings, self)
        except Refused as refused:
            found = refused.refusal
            members = self._members(match.nodes.values())
            raise Refused(found.code, found.message, found.rule, members) from refused

    def _is_removable(self, match: Match, anchor: ViewNode) -> bool:
        """Tell whether nothing outside a match uses what its inner nodes compute."""
        slots = {self._slot_of[name] for name in match.nodes}
        for node in match.nodes.values():
            for name in node.outputs:
                if not name or (node is anchor and name == anchor.outputs[0]):
                    continue
                if name in self._outputs or name in self._captured:
                    return False
                if any(user not in slots for user in self._users.get(name, ())):
                    return False
        return True

    def _replace(
        self, slot: int, anchor: ViewNode, match: Match, fused: Fused, pass_name: str
    ) -> None:
        members = self._members(match.nodes.values())
        for node in match.nodes.values():
            self._leave(self._slot_of[node.name], node)
            self.slots[self._slot_of[node.name]] = None
        new = ViewNode(
            anchor.name,
            fused.op_type,
            SUPERGROUP_DOMAIN,
            fused.inputs,
            anchor.outputs[:1],
            fused.attributes,
            members,
            fused_by=pass_name,
        )
        self.slots[slot] = new
        self._enter(slot, new)

    def _members(self, nodes: Iterable[ViewNode]) -> tuple[str, ...]:
        names = {member for node in nodes for member in node.members}
        return tuple(sorted(names, key=lambda name: self._order[name]))

    def _enter(self, slot: int, node: ViewNode) -> None:
        for position, name in enumerate(node.outputs):
            if name:
                self._producer[name] = (slot, position)
        for name in node.inputs:
            if name:
                self._users.setdefault(name, []).append(slot)

    def _leave(self, slot: int, node: ViewNode) -> None:
        for name in node.outputs:
            self._producer.pop(name, None)
        for name in node.inputs:
            if name:
                self._users[name].remove(slot)


def _captured_names(view: GraphView) -> frozenset[str]:
    """Name every tensor that a graph inside this one reads or returns."""
    captured: set[str] = set()
    for node in view.nodes:
        for body in node.bodies:
            for inner in iter_views(body):
                captured.update(inner.outputs)
                captured.update(name for n in inner.nodes for name in n.inputs)
    return frozenset(captured)
