"""The reverse view: from a rule to the nodes it applies to and the quantizers it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.settings import RuleCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from quantsim_viz.config.rules import OpEntry, Rule, Rules
    from quantsim_viz.resolve.columns import Row
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Topology


class ReverseIndex:
    """Matched and deciding rows by rule; made once a run, when a rule is first asked about."""

    def __init__(self, run: Run | None, rules: Rules | None) -> None:
        self._run = run
        self._matched: dict[str, dict[int, None]] = {}
        self._decided: dict[str, set[int]] = {}
        self._ops: dict[str, Iterable[int]] = {}
        if run is None or rules is None:
            return
        self._ops = dict(_iter_rule_ops(run, rules))
        self._index_rows(run)

    def nodes(self, pointer: str) -> tuple[str, ...]:
        """Return the file's nodes that a rule applies to, in operator order."""
        if self._run is None:
            return ()
        ops = self._run.topology.ops
        numbers = sorted(set(self._ops.get(pointer, ())))
        return tuple(member for op in numbers for member in ops[op].node.members)

    def count(self, pointer: str) -> tuple[int, int, int]:
        """Return how many nodes a rule applies to, quantizers it matches, and decides."""
        return (
            len(self.nodes(pointer)),
            len(self._matched.get(pointer, ())),
            len(self._decided.get(pointer, ())),
        )

    def tensors(self, pointer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the tensors a rule matches, and those among them where it decides."""
        if self._run is None:
            return (), ()
        names = self._run.topology.names
        matched = self._matched.get(pointer, {})
        decided = self._decided.get(pointer, set())
        return tuple(names[q] for q in matched), tuple(names[q] for q in matched if q in decided)

    def _index_rows(self, run: Run) -> None:
        settled: set[tuple[int, int]] = set()
        for stage_run in reversed(list(run.stages.values())):
            for part in reversed(stage_run.parts):
                self._index_part(part, settled)

    def _index_part(self, part: Sequence[Row], settled: set[tuple[int, int]]) -> None:
        for quantizer, prop, _, pointer, _, _, agrees in reversed(part):
            decides = agrees < 0 and (quantizer, prop) not in settled
            if decides:
                settled.add((quantizer, prop))
            if pointer is None:
                continue
            self._matched.setdefault(pointer, {})[quantizer] = None
            if decides:
                self._decided.setdefault(pointer, set()).add(quantizer)


def rule_counts(rules: Mapping[str, Rule], reverse: ReverseIndex) -> dict[str, RuleCount]:
    """Return the reverse view of every rule, in document order."""
    return {
        pointer: RuleCount(*reverse.count(pointer), rule.line) for pointer, rule in rules.items()
    }


def _iter_rule_ops(run: Run, rules: Rules) -> Iterator[tuple[str, Iterable[int]]]:
    """Yield each rule's pointer with the operators it applies to."""
    topology = run.topology
    everything = range(len(topology.ops))
    with_params = [op for op in everything if topology.params[op]]
    for rule in rules.default_ops:
        yield rule.pointer, everything
    for rule in rules.default_params:
        yield rule.pointer, with_params
    for optional in (rules.strict_symmetric, rules.unsigned_symmetric):
        if optional is not None:
            yield optional.pointer, everything
    yield from _granularity(topology, rules)
    for kind, param_entry in rules.params.items():
        ops = _ops_with_param(topology, with_params, kind)
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
        [op.index for op in topology.ops if topology.params[op.index] and op.op_type not in own],
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
        users = _ops_with_param(topology, ops, kind)
        yield from ((rule.pointer, users) for rule in param)


def _matched_rules(run: Run, rules: Rules) -> Iterator[tuple[str, Iterable[int]]]:
    found: dict[str, list[int]] = {rule.pointer: [] for rule in rules.supergroups}
    for match in run.matches:
        found[match.pointer].extend(match.ops)
    for rule in rules.supergroup_passes:
        found[rule.pointer] = [
            op.index
            for op in run.topology.ops
            if op.node.is_fused and op.node.fused_by == rule.value
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


def _ops_with_param(topology: Topology, ops: Iterable[int], kind: str) -> list[int]:
    return [op for op in ops if any(param.type == kind for param in topology.params[op])]


def _users_of_constants(topology: Topology) -> list[int]:
    constants = (*topology.free_inputs, *topology.constant_outputs)
    return [op for q in constants for op in topology.consumers.get(topology.names[q], ())]
