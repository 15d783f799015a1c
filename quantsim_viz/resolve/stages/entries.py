"""Apply an entry to an operator, with the first-write rule (`docs/semantics.md` §3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.columns import ENABLED, FIXED, SYMMETRIC, Row
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.config.rules import OpEntry, ParamEntry, Rule
    from quantsim_viz.resolve.topology import Topology

Source = tuple[str | None, str | None]
"""(rule's pointer, built-in's name)."""

_WORDS = {ENABLED: "quantized", SYMMETRIC: "symmetric", FIXED: "fixed range"}


class FirstWriteStage:
    """Rows of one stage in which the first write of a setting stands.

    Of each kind of setting the first write on a quantizer takes effect. A later one with the value
    the quantizer has by then is listed as agreeing with the first; with another value it is a
    conflict, which AIMET refuses.
    """

    def __init__(self, topology: Topology) -> None:
        self.rows: list[Row] = []
        self._topology = topology
        self._first: dict[int, dict[int, tuple[int, int]]] = {ENABLED: {}, SYMMETRIC: {}, FIXED: {}}
        self._implied: set[int] = set()

    def apply(self, op: int, entry: OpEntry) -> None:
        """Apply an entry to one operator, its settings in AIMET's order."""
        topology = self._topology
        inputs, outputs = topology.input_quantizers[op], topology.output_quantizers[op]
        if entry.is_input_quantized is not None:
            self.write(inputs, ENABLED, entry.is_input_quantized, op)
        if entry.is_output_quantized is not None:
            self.write(outputs, ENABLED, entry.is_output_quantized, op)
        if entry.is_symmetric is not None:
            self.write(inputs, SYMMETRIC, entry.is_symmetric, op)
            self.write(outputs, SYMMETRIC, entry.is_symmetric, op)
        if entry.encoding_constraints is not None:
            self._constrain(outputs, entry.encoding_constraints, op)
        if entry.params:
            self.rows.extend(param_rows(topology.param_quantizers(op), entry.params))

    def write(self, quantizers: Sequence[int], prop: int, rule: Rule, op: int) -> None:
        """Write one setting on several quantizers.

        Args:
            quantizers: Whose setting.
            prop: Which setting.
            rule: The rule that says so.
            op: The operator it is said for, -1 for none.

        Raises:
            Refused: A quantizer was given another value of it in this stage.
        """
        self._write(quantizers, prop, rule.value, (rule.pointer, None), op)

    def switch_off(self, quantizers: Sequence[int], builtin: str, op: int) -> None:
        """Switch quantizers off for a built-in reason, under the same first-write rule."""
        self._write(quantizers, ENABLED, False, (None, builtin), op)

    def touched(self) -> set[int]:
        """Return the quantizers written in this stage so far."""
        return {quantizer for first in self._first.values() for quantizer in first}

    def _write(
        self, quantizers: Sequence[int], prop: int, value: Any, source: Source, op: int
    ) -> None:
        rows, first = self.rows, self._first[prop]
        for quantizer in quantizers:
            earlier = first.get(quantizer)
            if earlier is None:
                first[quantizer] = (len(rows), op)
                rows.append((quantizer, prop, value, *source, -1, -1))
                if prop == SYMMETRIC:
                    self._implied.discard(quantizer)
                continue
            position, writer = earlier
            implied = prop == SYMMETRIC and quantizer in self._implied
            current = True if implied else rows[position][2]
            if current != value:
                raise self._conflict((quantizer, prop), rows[position], (value, source), writer, op)
            rows.append((quantizer, prop, value, *source, -1, position))

    def _constrain(self, outputs: Sequence[int], rule: Rule, op: int) -> None:
        low, high = rule.value
        for quantizer in outputs:
            if quantizer in self._first[FIXED]:
                self.write((quantizer,), FIXED, rule, op)
                continue
            if is_symmetric_range(low, high):
                self._implied.add(quantizer)
                self.rows.append(
                    (quantizer, SYMMETRIC, True, rule.pointer, "symmetric-range", -1, -1)
                )
            self.write((quantizer,), FIXED, rule, op)

    def _conflict(
        self,
        place: tuple[int, int],
        row: Row,
        later: tuple[Any, Source],
        first_op: int,
        later_op: int,
    ) -> Refused:
        (quantizer, prop), (value, source) = place, later
        message = (
            f"Tensor {self._topology.names[quantizer]!r} is set to {_WORDS[prop]} {row[2]}"
            f" {self._culprit(first_op, (row[3], row[4]))} and to {_WORDS[prop]} {value}"
            f" {self._culprit(later_op, source)}. AIMET refuses two different values in one section"
            " for one tensor: make them equal, or remove one."
        )
        nodes = [self._topology.ops[op].node for op in (first_op, later_op) if op >= 0]
        return Refused(
            "conflicting-settings",
            message,
            source[0] or row[3],
            tuple(dict.fromkeys(member for node in nodes for member in node.members)),
        )

    def _culprit(self, op: int, source: Source) -> str:
        reason = f"rule {source[0]}" if source[0] is not None else f"built-in {source[1]}"
        if op < 0:
            return f"by {reason}"
        node = self._topology.ops[op].node
        return f"for {node.name!r} ({node.op_type}) by {reason}"


def is_symmetric_range(low: float, high: float | None) -> bool:
    """Tell whether a fixed range is symmetric up to rounding, as `numpy.allclose` has it.

    >>> is_symmetric_range(-1, 1), is_symmetric_range(0, 6), is_symmetric_range(0, None)
    (True, False, False)
    """
    if high is None:
        return False
    if math.isinf(low) or math.isinf(high):
        return low == -high
    return abs(low + high) <= 1e-8 + 1e-5 * abs(high)


def param_rows(
    quantizers: Sequence[tuple[int, str]], entries: Mapping[str, ParamEntry]
) -> list[Row]:
    """Declare what entries by parameter type say of an operator's parameters."""
    rows: list[Row] = []
    for quantizer, kind in quantizers:
        entry = entries.get(kind)
        if entry is not None:
            rows.extend(param_entry_rows(quantizer, entry))
    return rows


def param_entry_rows(quantizer: int, entry: ParamEntry) -> list[Row]:
    """Declare what one parameter entry says of one quantizer."""
    rows: list[Row] = []
    if (rule := entry.is_quantized) is not None:
        rows.append((quantizer, ENABLED, rule.value, rule.pointer, None, -1, -1))
    if (rule := entry.is_symmetric) is not None:
        rows.append((quantizer, SYMMETRIC, rule.value, rule.pointer, None, -1, -1))
    return rows
