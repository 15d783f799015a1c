"""Rules without effect: dead, shadowed, redundant, without a quantizer or on disabled ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import join, split
from quantsim_viz.lint.context import (
    START,
    LintContext,
    count,
    finding,
    label,
    removal,
    sample,
    source_of,
    sources,
)
from quantsim_viz.resolve.columns import ENABLED, PROPERTIES
from quantsim_viz.resolve.grid import GRID_PRESERVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.diagnostics import Diagnostic, Fix
    from quantsim_viz.resolve import Declaration

_PARAM_LEAF = 3
"""Names behind `op_type` in `/op_type/Conv/params/bias/is_quantized` that lead to the leaf."""


def check_effect(context: LintContext) -> Iterator[Diagnostic]:
    """Yield at most one finding for every rule that does nothing on this model."""
    cascade = context.cascade
    unused = {rule.pointer for rule in context.rules.unused}
    said: set[str] = set()
    for pointer, rule in cascade.rules_by_pointer.items():
        if pointer in unused or pointer.startswith("/supergroups/"):
            continue
        counts = cascade.rules[pointer]
        if pointer.startswith("/supergroup_pass_list/"):
            if counts.nodes == 0:
                message = f"The pass {rule.value} finds no pattern in this model."
                fix = removal(pointer)
                yield finding(context.config, "dead-rule", pointer, message, fix=fix)
        elif counts.nodes == 0:
            yield from _dead(context, pointer, said)
        elif counts.matched == 0 and pointer.endswith("/per_channel_quantization"):
            yield from _per_tensor(context, pointer)
        elif counts.matched == 0:
            yield from _without_quantizer(context, pointer)
        elif counts.decided == 0:
            yield from _shadowed(context, rule)
        else:
            yield from _redundant_or_ineffective(context, rule)


def _dead(context: LintContext, pointer: str, said: set[str]) -> Iterator[Diagnostic]:
    """Report an entry of an operator type once, however many leaves it has."""
    section, *names = split(pointer)
    if section == "op_type" and names[0] not in context.topology.by_type:
        entry = join("/op_type", names[0])
        if entry not in said:
            said.add(entry)
            message = f"The model has no {names[0]}; this entry applies to nothing here."
            yield finding(context.config, "dead-rule", entry, message, fix=removal(entry))
        return
    fix = _removal_without_effect(context, pointer)
    if fix is not None:
        message = f"{_missing(section, names)}; {label(pointer)} applies to nothing here."
        yield finding(context.config, "dead-rule", pointer, message, fix=fix)


def _missing(section: str, names: Sequence[str]) -> str:
    """Say what the model lacks that a rule is about."""
    if section == "params":
        return f"The model has no parameter of type '{names[0]}'"
    if section == "op_type" and len(names) > _PARAM_LEAF:
        return f"No {names[0]} of the model has a parameter of type '{names[2]}'"
    if names[0] == "hw_version":
        return "The model has no normalization and no product that the hardware makes exceptions of"
    if names[0] in ("params", "per_channel_quantization"):
        return "The model has no parameters for it"
    return "No node of the model is concerned"


def _without_quantizer(context: LintContext, pointer: str) -> Iterator[Diagnostic]:
    nodes = context.cascade.rule_nodes(pointer)
    yield finding(
        context.config,
        "no-quantizer-to-set",
        pointer,
        f"{label(pointer)} applies to {count(len(nodes), 'node')} ({sample(nodes)}) and sets no"
        f" quantizer: {_why_none(context, pointer, len(nodes))}. It is harmless.",
        nodes=nodes,
    )


def _why_none(context: LintContext, pointer: str, number: int) -> str:
    section, *names = split(pointer)
    if section == "op_type" and ("", names[0]) in GRID_PRESERVING:
        return f"{'its output carries' if number == 1 else 'their outputs carry'} the input's grid"
    ports = context.topology.float_ports
    ops = context.topology.by_type.get(names[0], ()) if section == "op_type" else ()
    if names[-1] == "is_output_quantized" and ops and not any(ports[op][1] for op in ops):
        return f"{'its output is' if number == 1 else 'their outputs are'} not float"
    return "it has none" if number == 1 else "none of them has one"


def _per_tensor(context: LintContext, pointer: str) -> Iterator[Diagnostic]:
    """Report a "False" that keeps nothing from becoming per channel."""
    fix = _removal_without_effect(context, pointer)
    if fix is not None:
        yield finding(
            context.config,
            "redundant-rule",
            pointer,
            f"{label(pointer)} repeats what holds without it: parameters are quantized per tensor"
            " unless a rule asks for channels.",
            fix=fix,
        )


def _shadowed(context: LintContext, rule: Rule) -> Iterator[Diagnostic]:
    """Report a rule none of whose declarations is in force in the end."""
    matched, _ = context.cascade.rule_tensors(rule.pointer)
    replaced: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    for declaration, other in _iter_losses(context, rule.pointer, matched):
        source = source_of(other.rule, other.builtin)
        (repeated if other.value == declaration.value else replaced)[source] += 1
    alike = f"{sources(repeated)} {'says' if len(repeated) == 1 else 'say'} the same"
    subject = f"{label(rule.pointer)} matches {count(len(matched), 'quantizer')} and decides none"
    if replaced:
        yield finding(
            context.config,
            "shadowed-rule",
            rule.pointer,
            f"{subject}: {sources(replaced)} {'replaces' if len(replaced) == 1 else 'replace'} what"
            f" it says{f'; {alike}' if repeated else ''}.",
            nodes=context.cascade.rule_nodes(rule.pointer),
            related=_rules(replaced),
            fix=_removal_without_effect(context, rule.pointer),
        )
    elif repeated and not any(_removal_without_effect(context, r) for r in _rules(repeated)):
        yield finding(
            context.config,
            "redundant-rule",
            rule.pointer,
            f"{subject}: {alike}.",
            related=_rules(repeated),
            fix=_removal_without_effect(context, rule.pointer),
        )


def _iter_losses(
    context: LintContext, pointer: str, matched: Iterable[str]
) -> Iterator[tuple[Declaration, Declaration]]:
    """Yield each declaration of a rule with the one that it agrees with or that overrides it."""
    for tensor in matched:
        trace = context.cascade.trace(tensor)
        for declaration in trace:
            if declaration.rule != pointer:
                continue
            by = declaration.agrees if declaration.agrees is not None else declaration.overridden_by
            if by is not None:
                yield declaration, trace[by]


def _rules(counted: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name in counted if name.startswith("/"))


def _redundant_or_ineffective(context: LintContext, rule: Rule) -> Iterator[Diagnostic]:
    if _says_what_presence_does(rule.pointer):
        return
    written = context.written_by.get(rule.pointer, [])
    effective = [w for w in written if w.row[6] < 0]
    quantizers = {w.row[0] for w in written}
    if all(w.row[2] == w.before for w in effective):
        fix = _removal_without_effect(context, rule.pointer)
        if fix is not None:
            yield _redundant(context, rule, Counter(w.source for w in effective), fix)
        return
    enabled = context.run.columns[ENABLED]
    if all(w.row[1] != ENABLED for w in written) and not any(enabled[q] for q in quantizers):
        properties = sorted({PROPERTIES[w.row[1]].value for w in written})
        yield finding(
            context.config,
            "ineffective-setting",
            rule.pointer,
            f"{label(rule.pointer)} sets {', '.join(properties)} of"
            f" {count(len(quantizers), 'quantizer')}, all of them switched off.",
            nodes=context.cascade.rule_nodes(rule.pointer),
        )


def _redundant(context: LintContext, rule: Rule, before: Counter[str], fix: Fix) -> Diagnostic:
    del before[rule.pointer]
    if set(before) == {START}:
        reason = "every quantizer is so from the start"
    elif before:
        reason = f"{sources(before)} made every quantizer so already"
    else:
        reason = "every quantizer is so without it"
    return finding(
        context.config,
        "redundant-rule",
        rule.pointer,
        f"{label(rule.pointer)} changes nothing on this model: {reason}.",
        related=_rules(before),
        fix=fix,
    )


def _says_what_presence_does(pointer: str) -> bool:
    """Tell whether a rule spells out what its entry's mere presence would do (§10.10)."""
    section, *names = split(pointer)
    return section == "op_type" and ("", names[0]) in GRID_PRESERVING


def _removal_without_effect(context: LintContext, pointer: str) -> Fix | None:
    """Offer to remove a rule only where that provably changes nothing."""
    fix = removal(pointer)
    return fix if context.trial.changes_nothing(fix) else None
