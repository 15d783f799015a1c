"""Run the stages in order; after an edit run again only those that it reaches.

Every stage says which part of the rules it reads (its *signature*, without lines and columns). An
unchanged signature lets the rows of the last run be used again; rows of stages that also read the
settings so far are used again only while nothing before them changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.columns import Columns, Row, Rows, fold, start_columns
from quantsim_viz.resolve.passes import apply_passes, match_passes
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.settings import Stage
from quantsim_viz.resolve.stages import sections
from quantsim_viz.resolve.stages.dynamic_weights import dynamic_weights
from quantsim_viz.resolve.stages.exceptions import exceptions
from quantsim_viz.resolve.stages.precision import per_channel, per_channel_rules, precision
from quantsim_viz.resolve.stages.ties import ties
from quantsim_viz.resolve.supergroups import match_supergroups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from quantsim_viz.config.rules import OpEntry, ParamEntry, Rule, Rules
    from quantsim_viz.resolve.passes import PassMatch
    from quantsim_viz.resolve.precision import Precision
    from quantsim_viz.resolve.settings import Refusal
    from quantsim_viz.resolve.supergroups import Match
    from quantsim_viz.resolve.topology import Topology


@dataclass(frozen=True, slots=True, eq=False)
class StageRun:
    """One stage of one run.

    Attributes:
        signature: The part of the rules it read.
        parts: Its declarations, in parts.
        before: The settings it started from.
        after: The settings it left.
    """

    signature: Any
    parts: Rows
    before: Columns
    after: Columns

    @property
    def rows(self) -> Iterator[Row]:
        """Its declarations one by one; `Row` positions count within a part."""
        return chain.from_iterable(self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run of all stages, or of those up to the one that refused.

    Attributes:
        topology: The graph it ran on.
        stages: What each stage did, in order.
        matches: Matches of the supergroups.
        passes: Matches of the pass list's patterns.
        refusal: Why it ended early.
    """

    topology: Topology
    stages: Mapping[Stage, StageRun]
    matches: tuple[Match, ...] = ()
    passes: tuple[PassMatch, ...] = ()
    refusal: Refusal | None = None

    @property
    def columns(self) -> Columns:
        """The settings after the last stage that ran."""
        return list(self.stages.values())[-1].after


@dataclass(frozen=True, slots=True, eq=False)
class _Context:
    """What the stages of one run read."""

    topology: Topology
    rules: Rules
    params: Precision
    activations: Precision
    matches: tuple[Match, ...] = ()
    passes: tuple[PassMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """A stage: what it reads of the rules, what it declares, whether it reads settings too."""

    stage: Stage
    signature: Callable[[_Context], Any]
    rows: Callable[[_Context, Columns], Rows]
    reads_settings: bool = field(default=False)


def _rule(rule: Rule | None) -> Any:
    return None if rule is None else (rule.pointer, rule.value)


def _param_entry(entry: ParamEntry) -> Any:
    return _rule(entry.is_quantized), _rule(entry.is_symmetric)


def _op_entry(entry: OpEntry) -> Any:
    return (
        _rule(entry.is_input_quantized),
        _rule(entry.is_output_quantized),
        _rule(entry.is_symmetric),
        _rule(entry.encoding_constraints),
        tuple((kind, _param_entry(param)) for kind, param in entry.params.items()),
    )


def _default_params(c: _Context) -> Any:
    rules = c.rules
    return (
        _param_entry(rules.default_params),
        _rule(rules.strict_symmetric),
        _rule(rules.unsigned_symmetric),
    )


def _weight_symmetry(c: _Context) -> Any:
    weights = tuple(
        (op_type, _param_entry(entry.params["weight"]))
        for op_type, entry in c.rules.op_type.items()
        if "weight" in entry.params
    )
    return _param_entry(c.rules.default_params), weights


_STEPS = (
    _Step(
        Stage.DEFAULTS_OPS,
        lambda c: _op_entry(c.rules.default_ops),
        lambda c, _: (sections.default_ops(c.topology, c.rules),),
    ),
    _Step(
        Stage.DEFAULTS_PARAMS,
        _default_params,
        lambda c, _: sections.default_params(c.topology, c.rules),
    ),
    _Step(
        Stage.PARAMS,
        lambda c: tuple((kind, _param_entry(entry)) for kind, entry in c.rules.params.items()),
        lambda c, _: (sections.params_section(c.topology, c.rules),),
    ),
    _Step(
        Stage.OP_TYPE,
        lambda c: tuple((name, _op_entry(entry)) for name, entry in c.rules.op_type.items()),
        lambda c, _: (sections.op_type_section(c.topology, c.rules),),
    ),
    _Step(
        Stage.SUPERGROUPS,
        lambda c: c.matches,
        lambda c, _: (sections.supergroup_section(c.topology, c.matches),),
    ),
    _Step(
        Stage.MODEL_INPUT,
        lambda c: _rule(c.rules.model_input.is_input_quantized),
        lambda c, _: (sections.model_input(c.topology, c.rules),),
    ),
    _Step(
        Stage.MODEL_OUTPUT,
        lambda c: _rule(c.rules.model_output.is_output_quantized),
        lambda c, _: (sections.model_output(c.topology, c.rules),),
    ),
    _Step(
        Stage.PRECISION,
        lambda c: (c.params, c.activations),
        lambda c, _: precision(c.topology, c.params, c.activations),
    ),
    _Step(
        Stage.PER_CHANNEL,
        lambda c: per_channel_rules(c.rules),
        lambda c, _: (per_channel(c.topology, c.rules),),
    ),
    _Step(
        Stage.PASSES,
        lambda c: c.passes,
        lambda c, columns: (apply_passes(c.topology, c.passes, columns),),
        reads_settings=True,
    ),
    _Step(
        Stage.DYNAMIC_WEIGHTS,
        _weight_symmetry,
        lambda c, columns: (dynamic_weights(c.topology, c.rules, columns),),
        reads_settings=True,
    ),
    _Step(
        Stage.EXCEPTIONS,
        lambda c: _rule(c.rules.hw_version),
        lambda c, columns: (exceptions(c.topology, c.rules, columns),),
        reads_settings=True,
    ),
    _Step(
        Stage.TIES,
        lambda c: None,
        lambda c, columns: (ties(c.topology, columns),),
        reads_settings=True,
    ),
)
"""The cascade, in order of precedence (`docs/semantics.md` §3)."""


def run(
    topology: Topology,
    rules: Rules,
    params: Precision,
    activations: Precision,
    last: Run | None = None,
) -> Run:
    """Run the cascade on a graph.

    Args:
        topology: The graph, made with the rules' pass list.
        rules: A valid configuration's rules.
        params: Precision of parameters.
        activations: Precision of activations.
        last: A run on the same topology, whose stages are used again where nothing reaches them.
    """
    passes = last.passes if last is not None else match_passes(topology, rules.supergroup_passes)
    matches = _supergroup_matches(topology, rules, passes)
    context = _Context(topology, rules, params, activations, matches, passes)
    done: dict[Stage, StageRun] = {}
    columns = _start(context, last)
    for step in _STEPS:
        try:
            stage_run = _run_step(step, context, columns, last)
        except Refused as refused:
            return Run(topology, done, matches, passes, refused.refusal)
        done[step.stage] = stage_run
        columns = stage_run.after
    return Run(topology, done, matches, passes)


def _start(context: _Context, last: Run | None) -> Columns:
    """Return the start settings, the last run's own object where they are equal."""
    params, total = context.topology.param_count, len(context.topology.names)
    chosen = [context.params] * params + [context.activations] * (total - params)
    columns = start_columns([c.bits for c in chosen], [c.dtype for c in chosen])
    first = last.stages.get(Stage.DEFAULTS_OPS) if last is not None else None
    return first.before if first is not None and first.before == columns else columns


def _run_step(step: _Step, context: _Context, columns: Columns, last: Run | None) -> StageRun:
    signature = step.signature(context)
    before = last.stages.get(step.stage) if last is not None else None
    if before is not None and before.signature == signature:
        if before.before is columns:
            return before
        if not step.reads_settings:
            return StageRun(signature, before.parts, columns, fold(columns, before.parts))
    rows = step.rows(context, columns)
    return StageRun(signature, rows, columns, fold(columns, rows))


def _supergroup_matches(
    topology: Topology, rules: Rules, passes: tuple[PassMatch, ...]
) -> tuple[Match, ...]:
    taken = {op for match in passes for op in match.ops}
    return match_supergroups(topology, rules.supergroups, taken)
