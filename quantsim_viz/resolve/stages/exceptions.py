"""The runtime's exception rules for norms, dynamic products and grouped deconvolutions.

Source: `docs/semantics.md` §3 k, §8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.columns import (
    AXIS,
    BITWIDTH,
    DTYPE,
    ENABLED,
    PER_CHANNEL,
    SYMMETRIC,
    Columns,
    Row,
)
from quantsim_viz.resolve.grid import effective_quantizer
from quantsim_viz.resolve.stages.dynamic_weights import is_param

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.config.rules import Rule, Rules
    from quantsim_viz.resolve.topology import Op, Topology

EIGHT_BIT_ONLY = frozenset({"V66", "V68", "V69"})
"""Values of `hw_version` whose hardware has 8-bit weight kernels only; compared literally."""

NORM_PARAMS = "norm-param-precision"
NORM_FOLLOWS_OUTPUT = "norm-param-follows-output"
DYNAMIC_MATMUL = "dynamic-matmul-precision"
GROUPED_DECONVOLUTION = "grouped-convtranspose-per-tensor"


class _Working:
    """The columns as they stand while the stage's rows are made: the stage reads its own writes."""

    def __init__(self, columns: Columns) -> None:
        self.rows: list[Row] = []
        self._columns = columns
        self._written: dict[tuple[int, int], Any] = {}

    def get(self, quantizer: int, prop: int) -> Any:
        written = self._written
        key = (quantizer, prop)
        return written[key] if key in written else self._columns[prop][quantizer]

    def put(
        self, quantizer: int, prop: int, value: Any, builtin: str, rule: Rule | None = None
    ) -> None:
        self._written[quantizer, prop] = value
        pointer = None if rule is None else rule.pointer
        self.rows.append((quantizer, prop, value, pointer, builtin, -1, -1))


def exceptions(topology: Topology, rules: Rules, columns: Columns) -> list[Row]:
    """Declare stage k: what the runtime does differently for some operators, in operator order."""
    working = _Working(columns)
    affected = sorted(op for kind in _HANDLERS for op in topology.by_type.get(kind, ()))
    for index in affected:
        op = topology.ops[index]
        _HANDLERS[op.op_type](topology, op, rules.hw_version, working)
    return working.rows


def _batch_or_layer_norm(topology: Topology, op: Op, hw: Rule | None, work: _Working) -> None:
    """At least 8 bits, at most 8 on the oldest hardware; symmetric exactly from 16 bits on."""
    oldest = hw is not None and hw.value in EIGHT_BIT_ONLY
    for quantizer in _enabled_int_params(topology, op, work):
        bits = work.get(quantizer, BITWIDTH)
        wanted = 8 if oldest else max(bits, 8)
        if wanted != bits:
            work.put(quantizer, BITWIDTH, wanted, NORM_PARAMS, hw if oldest else None)
        work.put(quantizer, SYMMETRIC, wanted >= 16, NORM_PARAMS)


def _norm_like_output(topology: Topology, op: Op, hw: Rule | None, work: _Working) -> None:
    """At least 8 bits; width and symmetry of the first output's quantizer if that is enabled."""
    outputs = _outputs_with_quantizer(topology, op)
    output = outputs[0] if outputs and work.get(outputs[0], ENABLED) else None
    for quantizer in _enabled_int_params(topology, op, work):
        bits = work.get(quantizer, BITWIDTH)
        wanted = max(bits, 8) if output is None else work.get(output, BITWIDTH)
        if wanted != bits:
            builtin = NORM_PARAMS if output is None else NORM_FOLLOWS_OUTPUT
            work.put(quantizer, BITWIDTH, wanted, builtin)
        symmetric = False if output is None else work.get(output, SYMMETRIC)
        work.put(quantizer, SYMMETRIC, symmetric, NORM_FOLLOWS_OUTPUT)


def _dynamic_matmul(topology: Topology, op: Op, hw: Rule | None, work: _Working) -> None:
    """Fit both operands of a product of activations to what the hardware can multiply."""
    if hw is None or len(op.inputs) < 2 or is_param(topology, op.inputs[1]):
        return

    def enabled(quantizer: int) -> bool:
        return bool(work.get(quantizer, ENABLED))

    above, of = topology.above, topology.quantizer_of
    first = effective_quantizer(op.inputs[0], above, of, enabled)
    second = effective_quantizer(op.inputs[1], above, of, enabled)
    if first is None or second is None:
        return
    if "float" in (work.get(first, DTYPE), work.get(second, DTYPE)):
        return
    if hw.value in EIGHT_BIT_ONLY:
        work.put(second, SYMMETRIC, True, DYNAMIC_MATMUL, hw)
        work.put(second, BITWIDTH, 8, DYNAMIC_MATMUL, hw)
    elif work.get(second, BITWIDTH) == 16:
        work.put(second, SYMMETRIC, True, DYNAMIC_MATMUL, hw)
        work.put(first, BITWIDTH, 16, DYNAMIC_MATMUL, hw)


def _grouped_deconvolution(topology: Topology, op: Op, hw: Rule | None, work: _Working) -> None:
    """One encoding for the whole weight of a grouped `ConvTranspose`; its bias stays as it is."""
    if op.node.attributes.get("group", 1) == 1:
        return
    for quantizer, kind in topology.param_quantizers(op.index):
        if kind == "weight" and work.get(quantizer, PER_CHANNEL):
            work.put(quantizer, PER_CHANNEL, False, GROUPED_DECONVOLUTION)
            work.put(quantizer, AXIS, None, GROUPED_DECONVOLUTION)


def _enabled_int_params(topology: Topology, op: Op, work: _Working) -> list[int]:
    by_type = {kind: quantizer for quantizer, kind in topology.param_quantizers(op.index)}
    return [q for q in by_type.values() if work.get(q, ENABLED) and work.get(q, DTYPE) == "int"]


def _outputs_with_quantizer(topology: Topology, op: Op) -> list[int]:
    return [
        topology.quantizer_of[name]
        for name in op.node.outputs
        if name in topology.quantizer_of and not op.in_body
    ]


_HANDLERS: Mapping[str, Callable[[Topology, Op, Rule | None, _Working], None]] = {
    "BatchNormalization": _batch_or_layer_norm,
    "LayerNormalization": _batch_or_layer_norm,
    "GroupNormalization": _norm_like_output,
    "InstanceNormalization": _norm_like_output,
    "RMSNormalization": _norm_like_output,
    "MatMul": _dynamic_matmul,
    "ConvTranspose": _grouped_deconvolution,
}
"""Which exception concerns which operator type; one line a type (§8)."""
