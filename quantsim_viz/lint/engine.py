"""`lint`: every finding about a configuration, alone or on a model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import split
from quantsim_viz.diagnostics import Severity
from quantsim_viz.lint.context import LintContext
from quantsim_viz.lint.effect import check_effect
from quantsim_viz.lint.kernels import check_kernels
from quantsim_viz.lint.refusal import check_refusal
from quantsim_viz.lint.supergroups import check_supergroups
from quantsim_viz.lint.traps import (
    bias_quantized,
    check_traps,
    presence_acts,
    strict_without_symmetry,
)
from quantsim_viz.lint.trial import Trial
from quantsim_viz.lint.vocabulary import check_vocabulary
from quantsim_viz.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from quantsim_viz.config.rules import Config
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.precision import BitWidth

CHECKS = (check_effect, check_supergroups, check_traps, check_kernels)
"""Checks of a configuration that resolves on its model."""

_FOUND_AGAIN_BY: Mapping[str, Callable[[LintContext], Iterator[Diagnostic]]] = {
    "bias-quantized": bias_quantized,
    "presence-acts": presence_acts,
    "strict-without-symmetry": strict_without_symmetry,
}
"""Findings whose fix changes other rules than their own, and the check that must be content."""

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def lint(
    config: Config,
    model: Model | None = None,
    *,
    param_bits: BitWidth = 8,
    act_bits: BitWidth = 8,
) -> tuple[Diagnostic, ...]:
    """Find what is wrong, void or surprising in a configuration.

    Args:
        config: From `load_config`; it need not be valid.
        model: The model it is for; without one, only what holds for every model is found.
        param_bits: Precision of parameters: 4, 8, 16, 32 or `"float16"`.
        act_bits: Precision of activations.

    Returns:
        Findings, errors first, each in document order. Every fix that they offer was applied and
        resolved: none leads to a refusal.

    Raises:
        QuantSimError: A bit width is not one of these.
    """
    if model is None:
        found = list(config.diagnostics)
        if config.rules is not None:
            found += check_vocabulary(config, config.rules, None)
        return _sorted(found)
    return lint_cascade(resolve(model, config, param_bits=param_bits, act_bits=act_bits))


def lint_cascade(cascade: Cascade) -> tuple[Diagnostic, ...]:
    """Find the same in a configuration that is resolved already."""
    trial = Trial(cascade)
    advice = _without_doubles(_advice(cascade, trial))
    trial.try_together([d.fix for d in advice if d.fix is not None and _reaches_nothing(d)])
    found = [*cascade.config.diagnostics, *advice]
    checked = [_with_mending_fix(trial, trial.checked(diagnostic)) for diagnostic in found]
    return _sorted([*checked, *cascade.model.warnings])


def _with_mending_fix(trial: Trial, diagnostic: Diagnostic) -> Diagnostic:
    """Return a finding without its fix if that leaves the same to be found."""
    check = _FOUND_AGAIN_BY.get(diagnostic.code)
    after = trial.after(diagnostic.fix) if check and diagnostic.fix else None
    if check is None or after is None or after.config.rules is None or after.run is None:
        return diagnostic
    again = check(LintContext(after, after.config.rules, after.run, trial))
    is_mended = all(d.rule != diagnostic.rule for d in again)
    return diagnostic if is_mended else replace(diagnostic, fix=None)


def _advice(cascade: Cascade, trial: Trial) -> Iterator[Diagnostic]:
    config, rules, run = cascade.config, cascade.config.rules, cascade.run
    if rules is None:
        return
    yield from check_vocabulary(config, rules, cascade.model)
    yield from check_refusal(cascade)
    if cascade.error is None and run is not None:
        context = LintContext(cascade, rules, run, trial)
        for check in CHECKS:
            yield from check(context)


def _without_doubles(advice: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Drop that what is misspelt is dead as well: a type of operators or of parameters."""
    found = list(advice)
    misspelt = {d.rule for d in found if d.code in ("unknown-op-type", "unknown-param-type")}
    return [
        d
        for d in found
        if d.code != "dead-rule" or misspelt.isdisjoint((d.rule, d.rule.rpartition("/")[0]))
    ]


def _reaches_nothing(diagnostic: Diagnostic) -> bool:
    """Tell whether it is about an entry, a supergroup or a pass without any declaration."""
    if diagnostic.code == "dead-rule":
        section, *names = split(diagnostic.rule)
        return section in ("op_type", "supergroup_pass_list") and len(names) == 1
    return diagnostic.code in ("supergroup-never-matches", "supergroup-hidden")


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(
        sorted(found, key=lambda d: (_ORDER[d.severity], d.line or 0, d.column or 0, d.code))
    )
