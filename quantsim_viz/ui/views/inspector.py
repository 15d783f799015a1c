"""The inspector: what is in effect at a node, and every rule that had a say, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.builtins import BUILTINS
from quantsim_viz.resolve.params import PARAM_INPUTS
from quantsim_viz.resolve.settings import Kind, Property, Stage, Status
from quantsim_viz.ui.views.offers import Offer, Target, deciding_rule, effect_of, iter_offers
from quantsim_viz.ui.views.table import grid_words, shape_text
from quantsim_viz.ui.views.words import (
    PROPERTY_TITLES,
    STAGE_TITLES,
    rule_label,
    setting_summary,
    status_look,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.model import Model, Node
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import Declaration, QuantizerSetting
    from quantsim_viz.ui.workspace import Workspace

PROPERTIES = (
    Property.ENABLED,
    Property.SYMMETRIC,
    Property.BITWIDTH,
    Property.PER_CHANNEL,
    Property.STRICT_SYMMETRIC,
    Property.UNSIGNED_SYMMETRIC,
    Property.FIXED_RANGE,
    Property.TIED_TO,
)
"""What is shown of a quantizer, in this order."""

LONGEST_ATTRIBUTE = 120


def inspect_node(
    workspace: Workspace, name: str, figures: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return what the inspector shows of a node, None if there is no such node.

    Args:
        workspace: Model and document.
        name: The node.
        figures: Figures of the last simulation by tensor (`views.table.layer_figures`).
    """
    model = workspace.model
    node = next((node for node in model.graph.nodes if node.name == name), None)
    picture = workspace.shown()
    if node is None or picture.cascade is None or name not in picture.cascade.nodes:
        return None
    cascade = picture.cascade
    data = picture.config.document.data if picture.config is not None else None
    measured = (figures or {}).get("layers", {})
    quantizers = [
        _quantizer(workspace, cascade, target, data, measured.get(target.tensor))
        for target in iter_targets(model, cascade, node)
    ]
    return {
        "name": node.name,
        "op_type": node.op_type,
        "module": node.module,
        "status": status_look(cascade.nodes[name].status),
        "why": why(model, cascade, node, data),
        "quantizers": quantizers,
        "limits": _limits(model, node, quantizers),
        "tensors": list(_tensors(model, node)),
        "attributes": [
            [key, _attribute_text(value)] for key, value in sorted(node.attributes.items())
        ],
    }


def iter_targets(model: Model, cascade: Cascade, node: Node) -> Iterator[Target]:
    """Yield the quantizers that belong to a node: outputs, parameters, then inputs of its own.

    An input that another node computes belongs to that node.
    """
    quantizers = cascade.quantizers
    for tensor in node.outputs:
        if tensor in quantizers:
            yield Target(tensor, node.name, node.op_type, None)
    for tensor in dict.fromkeys(node.inputs):
        if tensor in quantizers and quantizers[tensor].kind is Kind.PARAM:
            yield Target(tensor, node.name, node.op_type, param_type(node, tensor))
    for tensor in dict.fromkeys(node.inputs):
        if tensor in quantizers and quantizers[tensor].kind in (Kind.INPUT, Kind.CONSTANT):
            yield Target(tensor, node.name, node.op_type, None)


def find_offer(workspace: Workspace, node_name: str | None, offer_id: str) -> Offer | None:
    """Return the offer of that id at a node, None when it is no longer made."""
    cascade = workspace.shown().cascade
    node = next((n for n in workspace.model.graph.nodes if n.name == node_name), None)
    if cascade is None or node is None:
        return None
    for target in iter_targets(workspace.model, cascade, node):
        for offer in iter_offers(target, cascade.quantizers[target.tensor], cascade):
            if offer.id == offer_id:
                return offer
    return None


def param_type(node: Node, tensor: str) -> str:
    """Return what a node calls one of its parameters: `weight`, `bias`, … (§2)."""
    index = node.inputs.index(tensor)
    return dict(PARAM_INPUTS.get(node.op_type, ())).get(index, "weight")


def _quantizer(
    workspace: Workspace,
    cascade: Cascade,
    target: Target,
    data: Any,
    measured: Mapping[str, Any] | None,
) -> dict[str, Any]:
    setting = cascade.quantizers[target.tensor]
    trace = cascade.trace(target.tensor)
    return {
        "tensor": target.tensor,
        "role": target.param or _role(setting),
        "summary": grid_words(cascade, target.tensor) or setting_summary(setting),
        "enabled": setting.enabled,
        "measured": _measured_text(measured),
        "note": _tie_note(target.tensor, setting),
        "properties": [
            _property(prop, setting, trace, data)
            for prop in PROPERTIES
            if prop is Property.ENABLED or _is_worth_showing(prop, setting, trace)
        ],
        "offers": _offers(workspace, cascade, target, setting),
    }


def _role(setting: QuantizerSetting) -> str:
    return {"activation": "output", "input": "model input", "constant": "constant"}.get(
        setting.kind.value, setting.kind.value
    )


def _tie_note(tensor: str, setting: QuantizerSetting) -> str:
    if setting.tied_to is None:
        return ""
    if setting.tied_to == tensor:
        return "Other tensors share this quantizer."
    return f"Shares one quantizer with {setting.tied_to}."


def _measured_text(measured: Mapping[str, Any] | None) -> str:
    if not measured or "f" not in measured:
        return ""
    parts = [_figure_text(measured["f"])]
    parts += [f"{name} {_figure_text(f)}" for name, f in measured.get("m", {}).items()]
    return " · ".join(parts)


def _figure_text(figure: Sequence[float | None]) -> str:
    decibels, _, noise = figure
    if decibels is not None:
        return f"{decibels:.1f} dB"
    return "no noise" if noise == 0 else "no signal"


def _is_worth_showing(
    prop: Property, setting: QuantizerSetting, trace: Sequence[Declaration]
) -> bool:
    if not setting.enabled:
        return False
    if prop in (Property.FIXED_RANGE, Property.TIED_TO):
        return getattr(setting, prop.value) is not None
    if prop is Property.PER_CHANNEL:
        return setting.kind is Kind.PARAM
    if prop is Property.STRICT_SYMMETRIC or prop is Property.UNSIGNED_SYMMETRIC:
        return setting.symmetric
    return any(declaration.property is prop for declaration in trace)


def _property(
    prop: Property, setting: QuantizerSetting, trace: Sequence[Declaration], data: Any
) -> dict[str, Any]:
    rows = [(index, d) for index, d in enumerate(trace) if d.property is prop]
    rows.reverse()
    above = [None, *(index for index, _ in rows)]
    return {
        "name": prop.value,
        "title": PROPERTY_TITLES[prop],
        "value": value_text(getattr(setting, prop.value)),
        "declarations": [
            _declaration(d, trace, data) | {"beaten_by_row_above": d.overridden_by == above[place]}
            for place, (_, d) in enumerate(rows)
        ],
    }


def _declaration(
    declaration: Declaration, trace: Sequence[Declaration], data: Any
) -> dict[str, Any]:
    if declaration.agrees is not None:
        state, beaten = "agrees", "says the same as the first, and so has no effect"
    elif declaration.overridden_by is not None:
        winner = trace[declaration.overridden_by]
        state, beaten = "overridden", f"overridden by {_source_label(winner, data)}"
    else:
        state, beaten = "wins", ""
    return {
        "value": value_text(declaration.value),
        "label": _source_label(declaration, data),
        "pointer": declaration.rule,
        "line": declaration.line,
        "explain": BUILTINS.get(declaration.builtin or "", ""),
        "state": state,
        "beaten": beaten,
    }


def _source_label(declaration: Declaration, data: Any) -> str:
    if declaration.rule is not None:
        return rule_label(declaration.rule, data)
    if declaration.source is not None:
        return f"tie with {declaration.source}"
    if declaration.stage is Stage.START:
        return "built-in start value"
    return f"built in: {STAGE_TITLES[declaration.stage]}"


def _offers(
    workspace: Workspace, cascade: Cascade, target: Target, setting: QuantizerSetting
) -> list[dict[str, Any]]:
    offers = list(iter_offers(target, setting, cascade))
    rows = []
    for offer in offers:
        row: dict[str, Any] = {
            "id": offer.id,
            "title": offer.title,
            "detail": offer.detail,
            "property": offer.property.value,
            "counts": "",
            "refused": "",
        }
        if workspace.is_quick:
            effect = effect_of(workspace, offer)
            row["counts"], row["refused"] = effect.words, effect.refused
        rows.append(row)
    return rows


def _limits(model: Model, node: Node, quantizers: Sequence[Mapping[str, Any]]) -> str:
    same = sum(other.op_type == node.op_type for other in model.graph.nodes)
    if same < 2 or not quantizers:
        return ""
    return (
        f"There is no rule for this one node: the configuration speaks of all {same}"
        f" {node.op_type} nodes, of parameter types, or of everything."
    )


def why(model: Model, cascade: Cascade, node: Node, data: Any) -> str:
    """Return in one sentence why a node has its status."""
    state = cascade.nodes[node.name]
    if state.status is Status.CONFLICT:
        return cascade.error.message if cascade.error is not None else "AIMET refuses here."
    if state.status is Status.FUSED:
        return _why_fused(cascade, node, data)
    outputs = [name for name in node.outputs if name in cascade.quantizers]
    decider = deciding_rule(cascade, outputs[0]) if outputs else None
    reason = _reason(cascade, outputs[0], decider, data) if outputs else ""
    if state.status is Status.FLOAT:
        return f"Nothing here is quantized{reason or ': no rule asks for it'}."
    if state.status is Status.PASSTHROUGH:
        return "It only moves values, so its output is still on the grid of its input."
    if state.status is Status.UNQUANTIZABLE:
        return "It reads and writes no floating-point data, so there is nothing to quantize."
    if state.status is Status.QUANTIZED:
        return f"Its output is quantized{reason}."
    if state.status is Status.OUTPUT_ONLY:
        return f"Its output is quantized{reason}, its weights are not."
    inputs = "inputs and weights" if state.status is Status.INPUT_WEIGHT else "weights"
    return f"Only its {inputs} are quantized; its output is float{reason}."


def _why_fused(cascade: Cascade, node: Node, data: Any) -> str:
    group = cascade.nodes[node.name].supergroup
    decider = next(
        (rule for name in node.outputs if (rule := _try_decider(cascade, name)) is not None), None
    )
    label = rule_label(decider, data) if decider else "a pass of the runtime"
    if group is None:
        return f"Fused by {label}: only what leaves the pattern is quantized."
    last_member = cascade.supergroups[group][-1]
    return f"Fused into {last_member} by {label}: only the group's last output is quantized."


def _try_decider(cascade: Cascade, tensor: str) -> str | None:
    return deciding_rule(cascade, tensor) if tensor in cascade.quantizers else None


def _reason(cascade: Cascade, tensor: str, decider: str | None, data: Any) -> str:
    if decider is None:
        return ""
    line = next((d.line for d in reversed(cascade.trace(tensor)) if d.rule == decider), None)
    return f": {rule_label(decider, data)}{f', line {line},' if line else ''} decides"


def _tensors(model: Model, node: Node) -> Iterator[dict[str, Any]]:
    tensors = model.graph.tensors
    nodes = model.graph.nodes
    for direction, names in (("in", node.inputs), ("out", node.outputs)):
        for index, name in enumerate(names):
            tensor = tensors.get(name)
            if tensor is None:
                continue
            other = None
            if direction == "in" and tensor.producer is not None:
                other = nodes[tensor.producer].name
            elif direction == "out" and tensor.uses:
                other = nodes[tensor.uses[0].node].name
            yield {
                "role": f"{direction} {index}",
                "name": name,
                "type": f"{tensor.dtype or '?'} {shape_text(tensor)}",
                "node": other,
            }


def _attribute_text(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= LONGEST_ATTRIBUTE else f"{text[:LONGEST_ATTRIBUTE]}…"
