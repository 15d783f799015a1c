"""In one sentence why a node has its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Status
from quantsim_viz.ui.views.offers import deciding_rule
from quantsim_viz.ui.views.words import rule_label

if TYPE_CHECKING:
    from quantsim_viz.model import Node
    from quantsim_viz.resolve import Cascade


def why(cascade: Cascade, node: Node, data: Any) -> str:
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
