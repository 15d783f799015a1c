"""The navigator's lists: rules with their two counts, problems with their fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import split
from quantsim_viz.ui.views.words import rule_label, value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.resolve.settings import RuleCount
    from quantsim_viz.ui.workspace import Picture

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
    """Return the rules in document order, a heading before each section."""
    if picture.cascade is None or picture.config is None or picture.config.rules is None:
        return []
    counts = picture.cascade.rules
    data = picture.config.document.data
    rows: list[dict[str, Any]] = []
    section = ""
    for rule in sorted(picture.config.rules, key=lambda rule: (rule.line, rule.column)):
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
    return rows


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
    """Return the findings, errors first."""
    order = {"error": 0, "warning": 1, "info": 2}
    rows = [{**finding.to_dict(), "id": finding_id(finding)} for finding in diagnostics]
    return sorted(rows, key=lambda row: (order[row["severity"]], row["line"] or 0))


def reach_rows(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Return (line, matched, decided, nodes) of every rule, for the editor's margin."""
    if picture.cascade is None:
        return []
    return sorted(
        (count.line, count.matched, count.decided, count.nodes)
        for count in picture.cascade.rules.values()
        if count.line is not None
    )


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
