"""The reverse view: from a rule to the nodes it applies to and the quantizers it touches."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.resolve.columns import PROPERTIES, UniformRows
from quantsim_viz.resolve.settings import RuleCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from quantsim_viz.config.rules import OpEntry, Rule, Rules
    from quantsim_viz.resolve.columns import Row
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Topology


class ReverseIndex:
    """Matched and deciding rows by rule; made once a run, when a rule is first asked about."""

    def __init__(self, run: Run | None, rules: Rules | None) -> None:
        self._run = run if rules is not None else None
        self._ops: dict[str, Iterable[int]] = {}
        if run is not None and rules is not None:
            self._ops = dict(_iter_rule_ops(run, rules))

    def nodes(self, pointer: str) -> tuple[str, ...]:
        """Return the file's nodes that a rule applies to, in operator order."""
        if self._run is None:
            return ()
        ops = self._run.topology.ops
        numbers = sorted(set(self._ops.get(pointer, ())))
        return tuple(member for op in numbers for member in ops[op].node.members)

    def count(self, pointer: str) -> tuple[int, int, int]:
        """Return how many nodes a rule applies to, quantizers it matches, and decides."""
        if self._run is None:
            return 0, 0, 0
        matched, decided = self._counts.get(pointer, (0, 0))
        return self._count_nodes(pointer), matched, decided

    def _count_nodes(self, pointer: str) -> int:
        assert self._run is not None
        topology, found = self._run.topology, self._ops.get(pointer, ())
        numbers = found if isinstance(found, range) else set(found)
        fused = topology.fused_ops.intersection(numbers) if topology.fused_ops else ()
        return len(numbers) + sum(len(topology.ops[op].node.members) - 1 for op in fused)

    def tensors(self, pointer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the tensors a rule matches, the last declared first, and those it decides."""
        if self._run is None:
            return (), ()
        names, rows = self._run.topology.names, self._rows
        own = np.flatnonzero(rows.pointers == rows.number.get(pointer, _NO_RULE - 1))[::-1]
        matched = dict.fromkeys(rows.quantizers[own].tolist())
        decided = set(rows.quantizers[own[rows.decides[own]]].tolist())
        return tuple(names[q] for q in matched), tuple(names[q] for q in matched if q in decided)

    @cached_property
    def _rows(self) -> _DeclaredRows:
        assert self._run is not None
        return _DeclaredRows(self._run)

    @cached_property
    def _counts(self) -> dict[str, tuple[int, int]]:
        """Quantizers matched and decided by each rule."""
        rows = self._rows
        matched = rows.count_quantizers(rows.pointers != _NO_RULE)
        decided = rows.count_quantizers((rows.pointers != _NO_RULE) & rows.decides)
        return {
            pointer: (matched[number], decided[number]) for pointer, number in rows.number.items()
        }


_NO_RULE = -1
"""Stands for a rule where built-in behaviour declares."""


class _DeclaredRows:
    """Every row of a run, in order, as columns.

    Attributes:
        number: Number of each rule by pointer.
        quantizers: Quantizer of each row.
        pointers: Number of each row's rule, or `_NO_RULE`.
        decides: Whether it is the row whose value holds in the end.
    """

    def __init__(self, run: Run) -> None:
        self.number: dict[str, int] = {}
        parts = [part for stage in run.stages.values() for part in stage.parts if len(part)]
        columns = [self._columns(part) for part in parts]
        self.quantizers = _joined([c[0] for c in columns])
        fields = self.quantizers * len(PROPERTIES) + _joined([c[1] for c in columns])
        self.pointers = _joined([c[2] for c in columns])
        effective = np.flatnonzero(_joined([c[3] for c in columns]) < 0)
        last = np.full(len(run.topology.names) * len(PROPERTIES), -1, np.intp)
        last[fields[effective]] = effective  # of several to one place, the last remains
        self.decides = last[fields] == np.arange(len(fields))

    def _columns(self, part: Sequence[Row]) -> tuple[NDArray[np.intp], ...]:
        """Return quantizers, properties, rules, and the place of an equal earlier row or -1."""
        if isinstance(part, UniformRows):
            quantizers = np.arange(part.quantizers.start, part.quantizers.stop, dtype=np.intp)
            rest = (part.prop, self._number(part.pointer), -1)
            return (quantizers, *(np.full(len(quantizers), value, np.intp) for value in rest))
        found, props, _, pointers, _, _, agrees = zip(*part, strict=True)
        numbers = {pointer: self._number(pointer) for pointer in dict.fromkeys(pointers)}
        lists = (found, props, [numbers[pointer] for pointer in pointers], agrees)
        return tuple(np.array(values, np.intp) for values in lists)

    def _number(self, pointer: str | None) -> int:
        if pointer is None:
            return _NO_RULE
        return self.number.setdefault(pointer, len(self.number))

    def count_quantizers(self, chosen: NDArray[np.bool_]) -> list[int]:
        """Return over how many quantizers the chosen rows of each rule go."""
        rules = len(self.number)
        pairs = np.sort(self.quantizers[chosen] * rules + self.pointers[chosen])
        distinct = pairs[np.diff(pairs, prepend=-1) != 0]
        return [int(count) for count in np.bincount(distinct % max(rules, 1), minlength=rules)]


def _joined(columns: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    return np.concatenate(columns) if columns else np.zeros(0, np.intp)


def rule_counts(rules: Mapping[str, Rule], reverse: ReverseIndex) -> dict[str, RuleCount]:
    """Return the reverse view of every rule, in document order."""
    return {
        pointer: RuleCount(*reverse.count(pointer), rule.line) for pointer, rule in rules.items()
    }


def _iter_rule_ops(run: Run, rules: Rules) -> Iterator[tuple[str, Iterable[int]]]:
    """Yield each rule's pointer with the operators it applies to."""
    topology = run.topology
    everything = range(len(topology.ops))
    with_params = topology.ops_with_params
    for rule in rules.default_ops:
        yield rule.pointer, everything
    for rule in rules.default_params:
        yield rule.pointer, with_params
    for optional in (rules.strict_symmetric, rules.unsigned_symmetric):
        if optional is not None:
            yield optional.pointer, everything
    yield from _granularity(topology, rules)
    for kind, param_entry in rules.params.items():
        ops = topology.ops_with_param.get(kind, ())
        yield from ((rule.pointer, ops) for rule in param_entry)
    for op_type, entry in rules.op_type.items():
        yield from _op_type_rules(topology, op_type, entry)
    yield from _matched_rules(run, rules)
    input_ops = [op for op, _ in topology.input_uses] + _users_of_constants(topology)
    yield from ((rule.pointer, input_ops) for rule in rules.model_input)
    yield from ((rule.pointer, topology.ends) for rule in rules.model_output)


def _granularity(topology: Topology, rules: Rules) -> Iterator[tuple[str, Iterable[int]]]:
    rule = rules.per_channel_quantization
    if rule is None:
        return
    own = {t for t, entry in rules.op_type.items() if entry.per_channel_quantization is not None}
    yield (
        rule.pointer,
        [op for op in topology.ops_with_params if topology.ops[op].op_type not in own],
    )


def _op_type_rules(
    topology: Topology, op_type: str, entry: OpEntry
) -> Iterator[tuple[str, Iterable[int]]]:
    ops = topology.by_type.get(op_type, ())
    params = {rule.pointer for param in entry.params.values() for rule in param}
    for rule in entry:
        if rule.pointer not in params:
            yield rule.pointer, ops
    for kind, param in entry.params.items():
        users = _chosen(topology.ops_with_param.get(kind, ()), ops)
        yield from ((rule.pointer, users) for rule in param)


def _matched_rules(run: Run, rules: Rules) -> Iterator[tuple[str, Iterable[int]]]:
    found: dict[str, list[int]] = {rule.pointer: [] for rule in rules.supergroups}
    for match in run.matches:
        found[match.pointer].extend(match.ops)
    for rule in rules.supergroup_passes:
        ops = run.topology.ops
        found[rule.pointer] = [
            op for op in run.topology.fused_ops if ops[op].node.fused_by == rule.value
        ]
    for pass_match in run.passes:
        found[pass_match.pointer].extend(pass_match.ops)
    yield from found.items()
    hw_version = rules.hw_version
    if hw_version is not None:
        stages = run.stages.values()
        tensors = {
            run.topology.names[row[0]]
            for stage in stages
            for row in stage.rows
            if row[3] == hw_version.pointer
        }
        yield hw_version.pointer, [op.index for op in run.topology.ops if tensors & set(op.inputs)]


def _users_of_constants(topology: Topology) -> list[int]:
    constants = (*topology.free_inputs, *topology.constant_outputs)
    return [op for q in constants for op in topology.consumers.get(topology.names[q], ())]


def _chosen(ops: Iterable[int], among: Iterable[int]) -> list[int]:
    wanted = set(among)
    return [op for op in ops if op in wanted]
