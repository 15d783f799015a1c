"""Refusals on this model, with a way out that is known to work."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join
from quantsim_viz.diagnostics import Fix
from quantsim_viz.lint.context import finding, label, removal
from quantsim_viz.lint.trial import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from quantsim_viz.config.rules import Rule, Rules
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.resolve import Cascade

_MOST_STEPS = 4
"""Changes that a way out may consist of: behind one refusal there may be another."""

_MOST_CANDIDATES = 16
"""Changes tried for each step."""


def check_refusal(cascade: Cascade) -> Iterator[Diagnostic]:
    """Yield the refusal of a valid configuration on this model, with a mend where there is one."""
    error, rules = cascade.error, cascade.config.rules
    if error is None or rules is None:
        return
    fix = find_way_out(cascade)
    way_out = "" if fix is None else f" Way out: {_lower(fix.title)}."
    yield finding(
        cascade.config,
        "refused-on-model",
        error.rule or "",
        f"AIMET refuses this configuration on this model ({error.code}): {error.message}{way_out}",
        nodes=error.nodes,
        fix=fix,
    )


def find_way_out(cascade: Cascade) -> Fix | None:
    """Find changes after which AIMET takes the configuration on this model.

    The first candidate that avoids the refusal is taken. Where none does, the first that leads to
    another refusal is, and the search goes on from there.
    """
    steps: list[Fix] = []
    current = cascade
    while len(steps) < _MOST_STEPS:
        onward: tuple[Fix, Cascade] | None = None
        for fix in islice(_iter_candidates(current), _MOST_CANDIDATES):
            after = applied(current, fix.patch)
            if after is None:
                continue
            if after.error is None:
                return _joined([*steps, fix])
            if onward is None and after.error != current.error:
                onward = fix, after
        if onward is None:
            return None
        steps.append(onward[0])
        current = onward[1]
    return None


def _joined(steps: list[Fix]) -> Fix:
    first, *others = (fix.title for fix in steps)
    title = ", then ".join([first, *map(_lower, others)])
    return Fix(title, tuple(step for fix in steps for step in fix.patch))


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


def _iter_candidates(cascade: Cascade) -> Iterator[Fix]:
    """Yield changes that might avoid the refusal, the most telling and the mildest first."""
    error, rules = cascade.error, cascade.config.rules
    if error is None or rules is None:
        return
    specific = _SPECIFIC.get(error.code)
    if specific is not None:
        yield from specific(cascade, rules)
    for rule in _iter_suspects(cascade, rules):
        yield removal(rule.pointer)


def _iter_suspects(cascade: Cascade, rules: Rules) -> Iterator[Rule]:
    """Yield rules that may have brought the refusal about, the named one first."""
    error = cascade.error
    named = cascade.rules_by_pointer.get(error.rule or "") if error is not None else None
    if named is not None:
        yield named
    yield from rules.supergroup_passes
    if cascade.run is None:  # refused before the first stage: only the pass list was read so far
        return
    for op_type in _culprit_types(cascade):
        if op_type in rules.op_type:
            yield from rules.op_type[op_type]
    yield from rules.default_ops
    if rules.per_channel_quantization is not None:
        yield rules.per_channel_quantization


def _culprit_types(cascade: Cascade) -> list[str]:
    """Return the operator types of the nodes that a refusal names, as the rules know them."""
    culprits = set(cascade.error.nodes) if cascade.error is not None else set()
    if cascade.run is None:
        return sorted({n.op_type for n in cascade.model.graph.nodes if n.name in culprits})
    ops = cascade.run.topology.ops
    return sorted({op.op_type for op in ops if not culprits.isdisjoint(op.node.members)})


def _quantize_inputs(cascade: Cascade, rules: Rules) -> Iterator[Fix]:
    path = "/model_input/is_input_quantized"
    yield Fix("Quantize the model's inputs", ({"op": "add", "path": path, "value": "True"},))


def _quantize_per_tensor(cascade: Cascade, rules: Rules) -> Iterator[Fix]:
    for op_type in _culprit_types(cascade):
        entry = join("/op_type", op_type)
        key = "per_channel_quantization"
        step: dict[str, Any] = {"op": "add", "path": join(entry, key), "value": "False"}
        if op_type not in rules.op_type:
            step = {"op": "add", "path": entry, "value": {key: "False"}}
        yield Fix(f"Quantize the parameters of {op_type} per tensor", (step,))


def _drop_ranges(cascade: Cascade, rules: Rules) -> Iterator[Fix]:
    """Yield the removal of each fixed range, those of the culprits first, then of symmetries."""
    culprits = _culprit_types(cascade)
    order = sorted(rules.op_type.items(), key=lambda item: item[0] not in culprits)
    ranges = [entry.encoding_constraints for _, entry in order]
    found = [rule for rule in ranges if rule is not None]
    yield from (removal(rule.pointer) for rule in found)
    for rule in found:
        low, high = rule.value
        if high is None and low < 0:
            step = {"op": "add", "path": f"{rule.pointer}/max", "value": -low}
            yield Fix(f"Give {label(rule.pointer)} a max of {-low:g}", (step,))
    yield from (removal(entry.is_symmetric.pointer) for _, entry in order if entry.is_symmetric)


_SPECIFIC: Mapping[str, Callable[[Cascade, Rules], Iterator[Fix]]] = {
    "model-input-missing-key": _quantize_inputs,
    "no-channel-axis": _quantize_per_tensor,
    "range-merge": _drop_ranges,
    "range-without-max": _drop_ranges,
}
"""What to try first, by the refusal's code."""
