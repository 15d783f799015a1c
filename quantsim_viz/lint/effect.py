"""Rules without effect: dead, shadowed, redundant, without a quantizer or on disabled ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import join, split
from quantsim_viz.lint.context import LintContext, count, finding, label, removal, sample
from quantsim_viz.resolve.columns import ENABLED, PROPERTIES
from quantsim_viz.resolve.grid import GRID_PRESERVING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.diagnostics import Diagnostic, Fix

_PARAM_LEAF = 3
"""Names behind `op_type` in `/op_type/Conv/params/bias/is_quantized` that lead to the leaf."""


def check_effect(context: LintContext) -> Iterator[Diagnostic]:
    """Yield at most one finding for every rule that does nothing on this model."""
    cascade = context.cascade
    unused = {rule.pointer for rule in context.rules.unused}
    said: set[str] = set()
    for pointer, rule in cascade.rules_by_pointer.items():
        if pointer in unused or pointer.startswith(("/supergroups/", "/supergroup_pass_list/")):
            continue
        counts = cascade.rules[pointer]
        if counts.nodes == 0:
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
    if names[0] in ("params", "per_channel_quantization"):
        return "The model has no such parameters"
    return "No node of the model is concerned"


def _without_quantizer(context: LintContext, pointer: str) -> Iterator[Diagnostic]:
    nodes = context.cascade.rule_nodes(pointer)
    tokens = split(pointer)
    grid = tokens[0] == "op_type" and ("", tokens[1]) in GRID_PRESERVING
    reason = "their outputs carry their input's grid" if grid else "none of them has a quantizer"
    yield finding(
        context.config,
        "no-quantizer-to-set",
        pointer,
        f"{label(pointer)} applies to {count(len(nodes), 'node')} ({sample(nodes)}) and sets no"
        f" quantizer: {reason}. It is harmless.",
        nodes=nodes,
    )


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
    matched, _ = context.cascade.rule_tensors(rule.pointer)
    winners: Counter[str] = Counter()
    agreeing: Counter[str] = Counter()
    for tensor in matched:
        trace = context.cascade.trace(tensor)
        for declaration in trace:
            if declaration.rule != rule.pointer:
                continue
            if declaration.agrees is not None:
                agreeing[_source(trace[declaration.agrees].rule, None)] += 1
            elif declaration.overridden_by is not None:
                beaten_by = trace[declaration.overridden_by]
                winners[_source(beaten_by.rule, beaten_by.builtin)] += 1
    if winners:
        yield finding(
            context.config,
            "shadowed-rule",
            rule.pointer,
            f"{label(rule.pointer)} matches {count(len(matched), 'quantizer')} and decides none:"
            f" {_sources(winners)} replace what it says.",
            nodes=context.cascade.rule_nodes(rule.pointer),
            related=tuple(name for name in winners if name.startswith("/")),
            fix=_removal_without_effect(context, rule.pointer),
        )
    elif agreeing:
        yield finding(
            context.config,
            "redundant-rule",
            rule.pointer,
            f"{label(rule.pointer)} says what {_sources(agreeing)} already said of the same"
            f" {count(len(matched), 'quantizer')}.",
            related=tuple(name for name in agreeing if name.startswith("/")),
            fix=_removal_without_effect(context, rule.pointer),
        )


def _source(rule: str | None, builtin: str | None) -> str:
    return rule if rule is not None else f"built-in {builtin}"


def _sources(sources: Counter[str]) -> str:
    names = [
        f"{label(name) if name.startswith('/') else name} ({number})"
        for name, number in sources.most_common(3)
    ]
    more = len(sources) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _redundant_or_ineffective(context: LintContext, rule: Rule) -> Iterator[Diagnostic]:
    if _says_what_presence_does(rule.pointer):
        return
    rows = context.rows_of.get(rule.pointer, [])
    if all(row[2] == before for row, before in rows if row[6] < 0):
        fix = _removal_without_effect(context, rule.pointer)
        if fix is not None:
            yield finding(
                context.config,
                "redundant-rule",
                rule.pointer,
                f"{label(rule.pointer)} repeats what holds without it on all"
                f" {count(len({row[0] for row, _ in rows}), 'quantizer')} it matches.",
                fix=fix,
            )
        return
    enabled = context.run.columns[ENABLED]
    shaped = {row[0] for row, _ in rows}
    if all(row[1] != ENABLED for row, _ in rows) and not any(enabled[q] for q in shaped):
        properties = sorted({PROPERTIES[row[1]].value for row, _ in rows})
        yield finding(
            context.config,
            "ineffective-setting",
            rule.pointer,
            f"{label(rule.pointer)} sets {', '.join(properties)} of"
            f" {count(len(shaped), 'quantizer')}, all of them switched off.",
            nodes=context.cascade.rule_nodes(rule.pointer),
        )


def _says_what_presence_does(pointer: str) -> bool:
    """Tell whether a rule spells out what its entry's mere presence would do (§10.10)."""
    section, *names = split(pointer)
    return section == "op_type" and ("", names[0]) in GRID_PRESERVING


def _removal_without_effect(context: LintContext, pointer: str) -> Fix | None:
    """Offer to remove a rule only where that provably changes nothing."""
    fix = removal(pointer)
    return fix if context.trial.changes_nothing(fix) else None
