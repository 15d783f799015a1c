"""The configuration's own sections as stages (`docs/semantics.md` §3, a to f)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import (
    ENABLED,
    STRICT,
    SYMMETRIC,
    UNSIGNED,
    Row,
    Rows,
    UniformRows,
)
from quantsim_viz.resolve.grid import is_grid_preserving
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.stages.entries import FirstWriteStage, param_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quantsim_viz.config.rules import Rules
    from quantsim_viz.resolve.supergroups import Match
    from quantsim_viz.resolve.topology import Topology

INPUTS_WAIT = "inputs-wait-for-model-input"
GRID_DEFAULT = "grid-preserving-default"


def default_ops(topology: Topology, rules: Rules) -> list[Row]:
    """Declare stage a, `defaults.ops` for all operators; then inputs and constants off again."""
    stage = FirstWriteStage(topology)
    for op in range(len(topology.ops)):
        stage.apply(op, rules.default_ops)
    waiting = dict.fromkeys(quantizer for _, quantizer in topology.input_uses)
    waiting |= dict.fromkeys(topology.free_inputs)
    waiting |= dict.fromkeys(topology.constant_outputs)
    return stage.rows + [
        (quantizer, ENABLED, False, None, INPUTS_WAIT, -1, -1) for quantizer in waiting
    ]


def default_params(topology: Topology, rules: Rules) -> Rows:
    """Declare stage b, `defaults.params` for all parameters, then both symmetric modes for all."""
    entry = rules.default_params
    params, everything = range(topology.param_count), range(len(topology.names))
    settings = (
        (params, ENABLED, entry.is_quantized),
        (params, SYMMETRIC, entry.is_symmetric),
        (everything, STRICT, rules.strict_symmetric),
        (everything, UNSIGNED, rules.unsigned_symmetric),
    )
    return tuple(
        UniformRows(quantizers, prop, rule.value, rule.pointer, None)
        for quantizers, prop, rule in settings
        if rule is not None
    )


def params_section(topology: Topology, rules: Rules) -> list[Row]:
    """`params`: each operator's parameters by type, in operator order."""
    if not rules.params:
        return []
    rows: list[Row] = []
    for op in range(len(topology.ops)):
        if topology.params[op]:
            rows.extend(param_rows(topology.param_quantizers(op), rules.params))
    return rows


def op_type_section(topology: Topology, rules: Rules) -> list[Row]:
    """Declare stage c, `op_type`: each operator type's entry, or the grid-preserving default.

    1. An operator whose type has an entry takes that entry.
    2. A grid-preserving one whose type has none gets its outputs' quantizers switched off. From the
       first such operator on, operators of the same type in any other domain are treated alike.
    """
    stage = FirstWriteStage(topology)
    defaulted: set[str] = set()
    for op in topology.ops:
        entry = rules.op_type.get(op.op_type)
        if entry is not None:
            stage.apply(op.index, entry)
            continue
        if op.op_type in defaulted or is_grid_preserving(op.op_type, op.node.domain):
            defaulted.add(op.op_type)
            stage.switch_off(topology.output_quantizers[op.index], GRID_DEFAULT, op.index)
    return stage.rows


def supergroup_section(topology: Topology, matches: Sequence[Match]) -> list[Row]:
    """Declare stage d, `supergroups`: outputs of all members but the last off (§4a)."""
    return [
        (quantizer, ENABLED, False, match.pointer, None, -1, -1)
        for match in matches
        for op in match.ops[:-1]
        for quantizer in topology.output_quantizers[op]
    ]


def model_input(topology: Topology, rules: Rules) -> list[Row]:
    """Declare stage e, `model_input`: model inputs at each use, then constants not touched before.

    Raises:
        Refused: There are constant operands and the section does not say `is_input_quantized`.
    """
    stage = FirstWriteStage(topology)
    rule = rules.model_input.is_input_quantized
    if rule is not None:
        for op, quantizer in topology.input_uses:
            stage.write((quantizer,), ENABLED, rule, op)
    for quantizer in _constants_to_set(topology, stage.touched()):
        if rule is None:
            raise _constants_without_rule(topology, quantizer)
        stage.write((quantizer,), ENABLED, rule, -1)
    return stage.rows


def _constants_to_set(topology: Topology, touched: set[int]) -> Iterable[int]:
    for quantizer in topology.free_inputs:
        if quantizer not in touched:
            touched.add(quantizer)
            yield quantizer
    for quantizer in topology.constant_outputs:
        if quantizer >= topology.param_count and quantizer not in touched:
            touched.add(quantizer)
            yield quantizer


def _constants_without_rule(topology: Topology, quantizer: int) -> Refused:
    tensor = topology.names[quantizer]
    users = topology.consumers.get(tensor, ())
    nodes = tuple(dict.fromkeys(m for op in users for m in topology.ops[op].node.members))
    return Refused(
        "model-input-missing-key",
        f"model_input does not say is_input_quantized, but the model has a constant operand"
        f" ({tensor!r}"
        + (f", used by {nodes[0]!r}" if nodes else "")
        + '), for which AIMET reads that key and fails. Add "is_input_quantized": "True".',
        "/model_input",
        nodes,
    )


def model_output(topology: Topology, rules: Rules) -> list[Row]:
    """Declare stage f, `model_output`: outputs of operators whose outputs nothing uses."""
    rule = rules.model_output.is_output_quantized
    if rule is None:
        return []
    return [
        (quantizer, ENABLED, rule.value, rule.pointer, None, -1, -1)
        for op in topology.ends
        for quantizer in topology.output_quantizers[op]
    ]
