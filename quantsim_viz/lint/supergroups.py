"""Supergroups that never match, and for every near miss the reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.lint.context import LintContext, count, finding, removal, sample
from quantsim_viz.lint.trial import Trial
from quantsim_viz.resolve.params import WEIGHTED_PRODUCTS
from quantsim_viz.resolve.supergroups import follow_chain, is_conv_3d, is_depthwise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.supergroups import Match

_STARTING = WEIGHTED_PRODUCTS | {"Add", "Sub", "Mul", "BatchNormalization"}
"""Types with which the groups of real runtimes begin."""


def check_supergroups(context: LintContext) -> Iterator[Diagnostic]:
    """Yield a finding for every supergroup without a match, and for outputs lost in one."""
    matched = {match.pointer for match in context.run.matches}
    for rule in context.rules.supergroups:
        if rule.pointer not in matched:
            yield _explain(context, rule)
    yield from _lost_outputs(context)


def _explain(context: LintContext, rule: Rule) -> Diagnostic:
    topology = context.topology
    types: tuple[str, ...] = rule.value
    name = " → ".join(types)
    missing = [op_type for op_type in types if op_type not in topology.by_type]
    if missing:
        return finding(
            context.config,
            "supergroup-never-matches",
            rule.pointer,
            f"{name} never matches: the model has no {missing[0]}.",
            fix=removal(rule.pointer, "Remove this supergroup"),
        )
    misses = [find_miss(context, head, types) for head in topology.by_type[types[0]]]
    hidden_by = _hiding_matches(context, misses)
    if hidden_by:
        return _hidden(context, rule, name, hidden_by)
    reasons = _reasons(context, misses)
    return finding(
        context.config,
        "supergroup-never-matches",
        rule.pointer,
        f"{name} never matches. {reasons[0].upper()}{reasons[1:]}.{_reversed_hint(context, types)}",
        nodes=context.op_names(topology.by_type[types[0]]),
    )


@dataclass(frozen=True, slots=True)
class Miss:
    """Why no match of a supergroup starts at an operator.

    Attributes:
        head: Number of the operator.
        reason: The reason in words.
        nearness: How near it came: operators that fit, and one more for the right one in a branch.
        chain: The chain, where it is whole and something else keeps it from being a match.
    """

    head: int
    reason: str
    nearness: int
    chain: tuple[int, ...] = ()


def find_miss(context: LintContext, head: int, types: Sequence[str]) -> Miss:
    """Say why no chain of these types starts at an operator (`docs/semantics.md` §4a).

    1. An operator before the last is used several times, by the wanted one or by others only.
    2. Nothing uses it.
    3. The next operator is of another type.
    4. The chain is whole; its head is a depthwise or a 3-D convolution.
    5. … its head belongs to a pattern of the pass list.
    6. … one of its operators belongs to another match.
    """
    topology = context.topology
    current = head
    for position, op_type in enumerate(types[1:], start=1):
        users = [topology.ops[op].op_type for op in topology.output_ops(current)]
        if len(users) > 1 and op_type in users:
            reason = f"the output of {types[position - 1]} is used {len(users)} times"
            return Miss(head, reason, position + 1)
        if users != [op_type]:
            matched = " → ".join(types[:position])
            verb = "comes" if len(set(users)) == 1 else "come"
            found = f"after {matched} {verb} {_joined(users)}, not {op_type}"
            return Miss(head, found if users else f"nothing follows {matched}", position)
        current = topology.following[current]
    chain = follow_chain(topology, head, types) or ()
    return Miss(head, _obstacle(context, head), len(types) + 1, chain)


def why_not_grouped(cascade: Cascade, nodes: Sequence[str]) -> str:
    """Say why nodes are not one match of a supergroup of their types.

    Args:
        cascade: A configuration with that supergroup, which AIMET does not refuse.
        nodes: Names in the order of the graph, two or more.
    """
    run, rules = cascade.run, cascade.config.rules
    if run is None or rules is None:
        return "the document is not valid"
    context = LintContext(cascade, rules, run, Trial(cascade))
    number = {name: op for op in range(len(run.topology.ops)) for name in context.op_names([op])}
    for name in nodes:
        if name not in number:
            return f"{name} takes no part in quantization"
    wanted = [number[name] for name in nodes]
    miss = find_miss(context, wanted[0], [run.topology.ops[op].op_type for op in wanted])
    for op, name, other in zip(wanted, nodes, context.op_names(miss.chain), strict=False):
        if number[other] != op:
            return f"{other} comes first, where {name} was selected"
    if miss.reason != _TAKEN:
        return miss.reason
    taken = next(m for m in run.matches if not set(m.ops).isdisjoint(miss.chain))
    chain = " → ".join(run.topology.ops[op].op_type for op in taken.ops)
    held = next(op for op in miss.chain if op in taken.ops)
    return f"{context.op_names([held])[0]} belongs to a group {chain} already"


def _obstacle(context: LintContext, head: int) -> str:
    """Say what keeps a whole chain from being a match."""
    topology = context.topology
    op = topology.ops[head]
    if op.op_type in ("Conv", "ConvTranspose"):
        if is_depthwise(topology, op):
            return f"a depthwise {op.op_type} cannot be the first operator of a group"
        if is_conv_3d(topology, op):
            return f"a 3-D {op.op_type} cannot be the first operator of a group"
    if any(head in match.ops for match in context.run.passes):
        return f"the {op.op_type} belongs to a pattern of supergroup_pass_list"
    return _TAKEN


_TAKEN = "an operator of the chain belongs to another supergroup"


def _joined(types: Sequence[str]) -> str:
    *others, last = dict.fromkeys(types) or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _reasons(context: LintContext, misses: Sequence[Miss]) -> str:
    """Write the reasons of the nearest misses, the commonest of equally near ones first."""
    heads: dict[tuple[int, str], list[int]] = defaultdict(list)
    for miss in misses:
        heads[miss.nearness, miss.reason].append(miss.head)
    ranked = sorted(heads.items(), key=lambda item: (-item[0][0], -len(item[1])))
    return "; ".join(
        f"{reason} ({sample(context.op_names(found))})" for (_, reason), found in ranked[:3]
    )


def _hiding_matches(context: LintContext, misses: Sequence[Miss]) -> tuple[Match, ...]:
    """Return the matches that took what this supergroup would match, if it would match at all."""
    members = {op for miss in misses if miss.reason == _TAKEN for op in miss.chain}
    return tuple(m for m in context.run.matches if not members.isdisjoint(m.ops))


def _hidden(context: LintContext, rule: Rule, name: str, matches: tuple[Match, ...]) -> Diagnostic:
    by = sorted({match.pointer for match in matches})
    lists = {r.pointer: " → ".join(r.value) for r in context.rules.supergroups}
    longer = ", ".join(f"supergroups[{p.rsplit('/', 1)[1]}] {lists[p]}" for p in by)
    return finding(
        context.config,
        "supergroup-hidden",
        rule.pointer,
        f"{name} would match, but every place is taken by {longer}: longer groups go first, equal"
        " ones in the document's order.",
        nodes=tuple(n for match in matches for n in context.op_names(match.ops)),
        related=tuple(by),
        fix=removal(rule.pointer, "Remove this supergroup"),
    )


def _reversed_hint(context: LintContext, types: tuple[str, ...]) -> str:
    """Notice a list written backwards: it ends with the operator that a group starts with."""
    backwards = types[::-1]
    if types[0] in _STARTING or backwards[0] not in _STARTING:
        return ""
    heads = context.topology.by_type[backwards[0]]
    found = [h for h in heads if follow_chain(context.topology, h, backwards) is not None]
    if not found:
        return ""
    arrow = " → ".join(backwards)
    return f" The model has {arrow} in {count(len(found), 'place')}: list them in that order."


def _lost_outputs(context: LintContext) -> Iterator[Diagnostic]:
    outputs = set(context.cascade.model.graph.outputs)
    for match in context.run.matches:
        for op in match.ops[:-1]:
            lost = [name for name in context.topology.ops[op].node.outputs if name in outputs]
            if lost:
                yield finding(
                    context.config,
                    "output-lost-in-supergroup",
                    match.pointer,
                    f"The model output {sample(lost)} is computed by"
                    f" {context.op_label(context.topology.ops[op])} in the middle of this"
                    " supergroup, and is left unquantized: being a model output does not keep an"
                    " operator out of a group.",
                    nodes=context.op_names(match.ops),
                )
