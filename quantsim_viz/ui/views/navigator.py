"""The navigator's lists: rules with their two counts, problems with their fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import split
from quantsim_viz.ui.views.words import rule_label, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.resolve.settings import RuleCount
    from quantsim_viz.ui.workspace import Picture

MOST_RULES = 1500
MOST_PROBLEMS = 300
"""What is listed: a person reads no more, and a browser draws no more at once."""

SECTION_TITLES = {
    "defaults": "Defaults",
    "params": "Parameter types",
    "op_type": "Operator types",
    "supergroups": "Supergroups",
    "supergroup_pass_list": "Supergroup passes",
    "model_input": "Model input",
    "model_output": "Model output",
}


def rule_rows(picture: Picture) -> list[dict[str, Any]]:
    """Return the rules in document order, a heading before each section.

    Of very many only those are listed that match something.
    """
    if picture.cascade is None or picture.config is None or picture.config.rules is None:
        return []
    counts = picture.cascade.rules
    data = picture.config.document.data
    rows: list[dict[str, Any]] = []
    section = ""
    rules = sorted(picture.config.rules, key=lambda rule: (rule.line, rule.column))
    shown = rules if len(rules) <= MOST_RULES else [r for r in rules if _matters(counts, r)]
    for rule in shown[:MOST_RULES]:
        head = split(rule.pointer)[0]
        if head != section:
            section = head
            rows.append({"heading": True, "pointer": f"#{head}", "label": SECTION_TITLES[head]})
        count = counts.get(rule.pointer)
        rows.append(
            {
                "pointer": rule.pointer,
                "label": _short_label(rule.pointer, data),
                "value": "" if head.startswith("supergroup") else value_text(rule.value),
                "line": rule.line,
                "matched": count.matched if count else 0,
                "decided": count.decided if count else 0,
                "note": count_note(count),
            }
        )
    left_out = len(rules) - min(len(shown), MOST_RULES)
    if left_out:
        words = "match nothing here" if len(shown) <= MOST_RULES else "are not listed"
        rows.append({"heading": True, "pointer": "#more", "label": f"{left_out:,} more {words}"})
    return rows


def _matters(counts: Mapping[str, RuleCount], rule: Rule) -> bool:
    count = counts.get(rule.pointer)
    return count is not None and (count.matched > 0 or count.nodes > 0)


def _short_label(pointer: str, data: Any) -> str:
    label = rule_label(pointer, data)
    for lead in ("supergroup ", "pass ", "defaults.", "params.", "op_type."):
        if label.startswith(lead):
            return label.removeprefix(lead)
    return label.partition(".")[2] or label


def count_note(count: RuleCount | None) -> str:
    """Return what a rule's two counts mean, in a sentence."""
    if count is None:
        return "AIMET-ONNX reads this and changes no quantizer."
    if not count.matched and count.nodes:
        nodes = _plural(count.nodes, "node")
        return f"Applies to {nodes} and to no quantizer: such outputs carry their input's grid."
    if not count.matched:
        return "Dead: it matches nothing in this model."
    if not count.decided:
        quantizers = _plural(count.matched, "quantizer")
        return f"Shadowed: it matches {quantizers}, and a later rule decides each of them."
    quantizers = _plural(count.matched, "quantizer")
    return f"Decides {count.decided} of the {quantizers} it matches."


def finding_id(finding: Diagnostic) -> str:
    """Return what tells a finding from the others of its document."""
    return f"{finding.code}:{finding.rule}:{finding.line}:{finding.column}"


def problem_rows(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Return the findings, errors first; the last row may stand for `more` that are not listed."""
    order = {"error": 0, "warning": 1, "info": 2}
    found = sorted(diagnostics, key=lambda d: (order[d.severity.value], d.line or 0))
    rows = [{**d.to_dict(), "id": finding_id(d)} for d in found[:MOST_PROBLEMS]]
    if len(found) > len(rows):
        more = len(found) - len(rows)
        message = f"And {more:,} more, which are marked in the editor."
        row = {"id": "more", "severity": "info", "code": "", "message": message, "more": more}
        rows.append(row)
    return rows


def reach_rows(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Return (line, matched, decided, nodes) of the rules, for the editor's margin.

    Of very many only those that match something.
    """
    if picture.cascade is None:
        return []
    counts = [count for count in picture.cascade.rules.values() if count.line is not None]
    if len(counts) > MOST_RULES:
        counts = [count for count in counts if count.matched or count.nodes]
    return sorted((c.line or 0, c.matched, c.decided, c.nodes) for c in counts)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
