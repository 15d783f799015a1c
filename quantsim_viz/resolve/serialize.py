"""A cascade as the JSON document that `resolve --json` prints (`docs/formats.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantsim_viz.resolve.cascade import Cascade
    from quantsim_viz.resolve.settings import Declaration, NodeState, QuantizerSetting, Refusal

SEMANTICS = "aimet-onnx 2.42"


def cascade_to_dict(cascade: Cascade) -> dict[str, Any]:
    """Return a cascade as plain JSON values."""
    from quantsim_viz import __version__

    return {
        "quantsim_viz": __version__,
        "semantics": SEMANTICS,
        "model": cascade.model.path or cascade.model.name,
        "config": cascade.config.path or cascade.config.name,
        "param_bits": cascade.param_bits,
        "act_bits": cascade.act_bits,
        "error": refusal_to_dict(cascade.error),
        "quantizers": {t: setting_to_dict(s) for t, s in cascade.quantizers.items()},
        "nodes": {name: node_to_dict(state) for name, state in cascade.nodes.items()},
        "supergroups": [list(group) for group in cascade.supergroups],
        "trace": {
            tensor: [declaration_to_dict(d) for d in cascade.trace(tensor)]
            for tensor in cascade.quantizers
        },
        "rules": {
            pointer: {
                "nodes": count.nodes,
                "matched": count.matched,
                "decided": count.decided,
                "line": count.line,
            }
            for pointer, count in cascade.rules.items()
        },
        "diagnostics": [diagnostic.to_dict() for diagnostic in cascade.diagnostics],
    }


def refusal_to_dict(refusal: Refusal | None) -> dict[str, Any] | None:
    """Return a refusal as JSON values."""
    if refusal is None:
        return None
    return {
        "code": refusal.code,
        "message": refusal.message,
        "rule": refusal.rule,
        "nodes": list(refusal.nodes),
    }


def setting_to_dict(setting: QuantizerSetting) -> dict[str, Any]:
    """Return a quantizer's setting as JSON values."""
    return {
        "kind": setting.kind.value,
        "enabled": setting.enabled,
        "bitwidth": setting.bitwidth,
        "dtype": setting.dtype,
        "symmetric": setting.symmetric,
        "strict_symmetric": setting.strict_symmetric,
        "unsigned_symmetric": setting.unsigned_symmetric,
        "per_channel": setting.per_channel,
        "channel_axis": setting.channel_axis,
        "fixed_range": None if setting.fixed_range is None else list(setting.fixed_range),
        "tied_to": setting.tied_to,
    }


def declaration_to_dict(declaration: Declaration) -> dict[str, Any]:
    """Return one row of a trace as JSON values."""
    value = declaration.value
    return {
        "property": declaration.property.value,
        "value": list(value) if isinstance(value, tuple) else value,
        "stage": declaration.stage.value,
        "rule": declaration.rule,
        "line": declaration.line,
        "builtin": declaration.builtin,
        "from": declaration.source,
        "effective": declaration.effective,
        "overridden_by": declaration.overridden_by,
        "agrees": declaration.agrees,
    }


def node_to_dict(state: NodeState) -> dict[str, Any]:
    """Return a node's state as JSON values."""
    return {
        "op_type": state.op_type,
        "status": state.status.value,
        "supergroup": state.supergroup,
        "scope": list(state.scope),
        "module": state.module,
    }
