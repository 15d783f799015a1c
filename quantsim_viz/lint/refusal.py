"""Refusals on this model, with a way out that is known to work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.diagnostics import Fix
from quantsim_viz.lint.context import finding, label, removal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config.rules import Rule, Rules
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.lint.trial import Trial
    from quantsim_viz.resolve import Cascade


def check_refusal(cascade: Cascade, trial: Trial) -> Iterator[Diagnostic]:
    """Yield the refusal of a valid configuration on this model, with a mend where there is one."""
    error, rules = cascade.error, cascade.config.rules
    if error is None or rules is None:
        return
    fix = next((fix for fix in _iter_candidates(cascade, rules) if trial.is_safe(fix)), None)
    way_out = "" if fix is None else f" Way out: {fix.title[0].lower()}{fix.title[1:]}."
    yield finding(
        cascade.config,
        "refused-on-model",
        error.rule or "",
        f"AIMET refuses this configuration on this model ({error.code}): {error.message}{way_out}",
        nodes=error.nodes,
        fix=fix,
    )


def _iter_candidates(cascade: Cascade, rules: Rules) -> Iterator[Fix]:
    """Yield changes that might avoid the refusal, the most telling first."""
    error = cascade.error
    if error is None:
        return
    if error.code == "model-input-missing-key":
        path = "/model_input/is_input_quantized"
        yield Fix("Quantize the model's inputs", ({"op": "add", "path": path, "value": "True"},))
    for rule in _iter_suspects(cascade, rules):
        if isinstance(rule.value, tuple) and rule.pointer.endswith("/encoding_constraints"):
            low, high = rule.value
            if high is None:
                path = f"{rule.pointer}/max"
                yield Fix(
                    f"Give {label(rule.pointer)} a max of {-low or 6.0:g}",
                    ({"op": "add", "path": path, "value": -low or 6.0},),
                )
        yield removal(rule.pointer)


def _iter_suspects(cascade: Cascade, rules: Rules) -> Iterator[Rule]:
    """Yield rules that may have brought the refusal about, the named one first."""
    error = cascade.error
    if error is None:
        return
    named = cascade.rules_by_pointer.get(error.rule or "")
    if named is not None:
        yield named
    if cascade.run is None:  # refused before the first stage: only the pass list was read so far
        yield from rules.supergroup_passes
        return
    types = {node.op_type for node in cascade.model.graph.nodes if node.name in set(error.nodes)}
    for op_type in sorted(types & rules.op_type.keys()):
        yield from rules.op_type[op_type]
    yield from rules.default_ops
    if rules.per_channel_quantization is not None:
        yield rules.per_channel_quantization
