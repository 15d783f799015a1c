"""The cascade of one tensor or node as text for a terminal or a code review."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import QuantSimError
from quantsim_viz.resolve.builtins import explain_builtin
from quantsim_viz.resolve.settings import Kind, Property, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.model.graph import Node
    from quantsim_viz.resolve.cascade import Cascade
    from quantsim_viz.resolve.settings import Declaration, QuantizerSetting

_SHOWN_WHEN_DECLARED = (
    Property.STRICT_SYMMETRIC,
    Property.UNSIGNED_SYMMETRIC,
    Property.PER_CHANNEL,
    Property.CHANNEL_AXIS,
    Property.FIXED_RANGE,
    Property.TIED_TO,
    Property.DTYPE,
)
"""Properties left out of the text while only the start and the precision stage declare them."""


_ALWAYS_DECLARED = (Stage.START, Stage.PRECISION)
"""Stages that declare for every quantizer alike, and so go without an explanation."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the text: property, value, who says so, where, and what became of it."""

    property: str
    value: str
    source: str
    place: str
    remark: str


def explain(cascade: Cascade, name: str) -> str:
    """Explain a tensor, or every tensor of a node.

    Args:
        cascade: A resolved configuration.
        name: A tensor's or a node's name; a tensor wins where both exist.

    Raises:
        QuantSimError: There is neither.
    """
    graph = cascade.model.graph
    if name in graph.tensors:
        return _explain_tensor(cascade, name) + _refusal_text(cascade)
    node = next((node for node in graph.nodes if node.name == name), None)
    if node is None:
        raise QuantSimError(
            f"{cascade.model.name} has no tensor and no node named {name!r}"
            + _nearest(cascade, name),
            code="unknown-name",
            hint="Give a name as the model file has it.",
        )
    return _explain_node(cascade, node) + _refusal_text(cascade)


def _nearest(cascade: Cascade, name: str) -> str:
    from rapidfuzz import fuzz, process

    graph = cascade.model.graph
    names = [*graph.tensors, *(node.name for node in graph.nodes)]
    found = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=60)  # whole names
    return f" (did you mean {found[0]!r}?)" if found is not None else ""


def _refusal_text(cascade: Cascade) -> str:
    if cascade.error is None:
        return ""
    return f"\nAIMET refuses this configuration here: {cascade.error.message}"


def _explain_node(cascade: Cascade, node: Node) -> str:
    state = cascade.nodes[node.name]
    header = f"{node.name}   {node.op_type}"
    if node.module:
        header += f", module {node.module}"
    lines = [f"{header}   {state.status.value}"]
    if state.supergroup is not None:
        lines.append("  in group " + " → ".join(cascade.supergroups[state.supergroup]))
    lines.extend(
        f"  fused into {group.op_type}: " + " → ".join(group.nodes)
        for group in cascade.fused_groups
        if node.name in group.nodes
    )
    tensors = [t for t in (*node.outputs, *node.inputs) if t]
    blocks = [_explain_tensor(cascade, t) for t in dict.fromkeys(tensors)]
    return "\n".join([*lines, "", *blocks])


def _explain_tensor(cascade: Cascade, name: str) -> str:
    if name not in cascade.quantizers:
        return _explain_without_quantizer(cascade, name)
    setting = cascade.quantizers[name]
    header = f"{name}   {_kind(cascade, name, setting)}   {describe(setting)}"
    return "\n".join([header, *_layout(list(_lines(cascade, name)))])


def _explain_without_quantizer(cascade: Cascade, name: str) -> str:
    if cascade.error is not None:
        return f"{name}   no settings: AIMET refuses"
    found = cascade.effective_quantizer(name)
    if found is None:
        return f"{name}   {_origin(cascade, name)}   no quantizer"
    return (
        f"{name}   {_origin(cascade, name)}   no quantizer of its own, carries the grid of {found}"
    )


def _kind(cascade: Cascade, name: str, setting: QuantizerSetting) -> str:
    if setting.kind is Kind.PARAM:
        users = cascade.model.graph.tensors[name].uses
        node = cascade.model.graph.nodes[users[0].node] if users else None
        return "parameter" + (f" of {node.name} ({node.op_type})" if node is not None else "")
    if setting.kind is Kind.CONSTANT:
        return "constant operand"
    return _origin(cascade, name)


def _origin(cascade: Cascade, name: str) -> str:
    graph = cascade.model.graph
    tensor = graph.tensors[name]
    if tensor.producer is not None:
        node = graph.nodes[tensor.producer]
        return f"activation, output of {node.name} ({node.op_type})"
    return "model input" if tensor.is_input else "constant"


def describe(setting: QuantizerSetting) -> str:
    """Return a setting in a few words.

    >>> from quantsim_viz.resolve.settings import Kind, QuantizerSetting
    >>> describe(QuantizerSetting(Kind.PARAM, enabled=True, symmetric=True, per_channel=True))
    'int8 symmetric per channel'
    """
    if not setting.enabled:
        return "float"
    words = [f"{setting.dtype}{setting.bitwidth}"]
    if setting.symmetric:
        words.append("symmetric")
    if setting.per_channel:
        words.append("per channel")
    if setting.fixed_range is not None:
        words.append(f"range {_value(setting.fixed_range)}")
    return " ".join(words)


def _lines(cascade: Cascade, name: str) -> Iterator[_Line]:
    trace = cascade.trace(name)
    for prop in Property:
        declared = [d for d in trace if d.property is prop]
        if not declared or (
            prop in _SHOWN_WHEN_DECLARED and all(d.stage in _ALWAYS_DECLARED for d in declared)
        ):
            continue
        shown = [d for d in declared if d.stage is not Stage.START] or declared
        label = prop.value
        for declaration in reversed(shown):
            yield _line(cascade, label, declaration)
            label = ""


def _line(cascade: Cascade, label: str, declaration: Declaration) -> _Line:
    file = PurePath(cascade.config.path or cascade.config.name).name
    place = f"{file}:{declaration.line}" if declaration.line is not None else ""
    if not declaration.effective:
        remark = "agrees"
    elif declaration.overridden_by is not None:
        remark = "overridden"
    elif declaration.builtin is not None and declaration.stage not in _ALWAYS_DECLARED:
        remark = explain_builtin(declaration.builtin)
    else:
        remark = ""
    if declaration.source is not None:
        remark = f"from {declaration.source}" + (f"; {remark}" if remark else "")
    return _Line(label, _value(declaration.value), _source(cascade, declaration), place, remark)


def _source(cascade: Cascade, declaration: Declaration) -> str:
    if declaration.rule is not None:
        return rule_words(cascade, declaration.rule)
    if declaration.stage is Stage.START:
        return "built-in start value"
    return f"built-in {declaration.builtin}"


def rule_words(cascade: Cascade, pointer: str) -> str:
    """Write a rule as people do: `op_type.Conv.params.weight`, `supergroups[0] Conv→Relu`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    words = ".".join(parts)
    if len(parts) == 2 and parts[1].isdigit():
        words = f"{parts[0]}[{parts[1]}]"
        rule = cascade.rules_by_pointer.get(pointer)
        if rule is not None:
            words += " " + ("→".join(rule.value) if isinstance(rule.value, tuple) else rule.value)
    return words


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join("none" if v is None else f"{v:g}" for v in value) + "]"
    return str(value)


def _layout(lines: list[_Line]) -> list[str]:
    """Align the columns; the last is free."""
    widths = [
        max((len(getattr(line, column)) for line in lines), default=0)
        for column in ("property", "value", "source", "place")
    ]
    return [
        (
            f"  {line.property:<{widths[0]}}  {line.value:<{widths[1]}}  "
            f"{line.source:<{widths[2]}}  {line.place:<{widths[3]}}  {line.remark}"
        ).rstrip()
        for line in lines
    ]
