"""`lint`: every finding about a configuration, alone or on a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.diagnostics import Severity
from quantsim_viz.lint.context import LintContext
from quantsim_viz.lint.effect import check_effect
from quantsim_viz.lint.fixes import with_safe_fix
from quantsim_viz.lint.kernels import check_kernels
from quantsim_viz.lint.refusal import check_refusal
from quantsim_viz.lint.supergroups import check_supergroups
from quantsim_viz.lint.traps import check_traps
from quantsim_viz.lint.vocabulary import check_vocabulary
from quantsim_viz.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quantsim_viz.config.rules import Config
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.precision import BitWidth

CHECKS = (check_effect, check_supergroups, check_traps, check_kernels)
"""Checks of a configuration that resolves on its model."""

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
    config, rules, run = cascade.config, cascade.config.rules, cascade.run
    found = [*config.diagnostics, *cascade.model.warnings]
    if rules is None:
        return _sorted(found)
    advice = [*check_vocabulary(config, rules, cascade.model), *check_refusal(cascade)]
    if cascade.error is None and run is not None:
        context = LintContext(cascade, rules, run)
        for check in CHECKS:
            advice += check(context)
    return _sorted([*found, *_without_double_entries(advice, cascade)])


def _without_double_entries(advice: Iterable[Diagnostic], cascade: Cascade) -> Iterable[Diagnostic]:
    """Drop that a misspelt operator type is dead as well, and every fix that would be refused."""
    found = list(advice)
    misspelt = {d.rule for d in found if d.code == "unknown-op-type"}
    for diagnostic in found:
        if diagnostic.code == "dead-rule" and diagnostic.rule in misspelt:
            continue
        if cascade.error is not None:  # the refusal's own fix is tried, others cannot be
            yield diagnostic
        else:
            yield with_safe_fix(cascade, diagnostic)


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(
        sorted(found, key=lambda d: (_ORDER[d.severity], d.line or 0, d.column or 0, d.code))
    )
