"""Bit widths and channels: the stages that follow the configuration's sections (§3 g, h; §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import AXIS, BITWIDTH, DTYPE, PER_CHANNEL, Row, Rows, UniformRows
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.config.rules import Rules
    from quantsim_viz.resolve.precision import Precision
    from quantsim_viz.resolve.topology import Topology

PRECISION = "requested-precision"


def precision(topology: Topology, params: Precision, activations: Precision) -> Rows:
    """Declare stage g: all parameters at one precision, all activations at the other."""
    border, end = topology.param_count, len(topology.names)
    ranges = ((range(border), params), (range(border, end), activations))
    return tuple(
        UniformRows(quantizers, prop, value, None, PRECISION)
        for quantizers, chosen in ranges
        for prop, value in ((BITWIDTH, chosen.bits), (DTYPE, chosen.dtype))
    )


def per_channel_rules(
    rules: Rules,
) -> tuple[Mapping[str, tuple[bool, str]], tuple[bool, str | None]]:
    """Return (value, pointer) of `per_channel_quantization` by operator type, and the default's."""
    by_type = {
        op_type: (
            bool(entry.per_channel_quantization.value),
            entry.per_channel_quantization.pointer,
        )
        for op_type, entry in rules.op_type.items()
        if entry.per_channel_quantization is not None
    }
    default = rules.per_channel_quantization
    return by_type, (False, None) if default is None else (bool(default.value), default.pointer)


def per_channel(topology: Topology, rules: Rules) -> list[Row]:
    """Declare stage h: one encoding a channel for parameters whose operator asks for it (§6).

    1. An operator asks if its type's entry says so, or, without that key, if the default does.
    2. All its parameters become per-channel, also those that are not quantized.
    3. Nothing switches it off again.

    Raises:
        Refused: A parameter has no channel axis.
    """
    by_type, default = per_channel_rules(rules)
    rows: list[Row] = []
    for op in topology.ordered:
        if not topology.params[op]:
            continue
        node = topology.ops[op].node
        wanted, pointer = by_type.get(node.op_type, default)
        if not wanted:
            continue
        for quantizer, kind in topology.param_quantizers(op):
            axis = topology.axis[quantizer]
            if axis is None:
                raise Refused(
                    "no-channel-axis",
                    f"{pointer} asks for per-channel parameters, but the {kind} of {node.name!r}"
                    f" ({node.op_type}), {topology.names[quantizer]!r}, has no channel axis. AIMET"
                    f' refuses; set op_type.{node.op_type}.per_channel_quantization to "False".',
                    pointer,
                    node.members,
                )
            rows.append((quantizer, PER_CHANNEL, True, pointer, None, -1, -1))
            rows.append((quantizer, AXIS, axis, pointer, "channel-axis", -1, -1))
    return rows
