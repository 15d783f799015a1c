"""`attribute`: what each changed rule does, by simulating configurations in between.

Every change is made alone (the first configuration with it) and left out alone (the second without
it). These are documents like any other, resolved and simulated all at once, so that equal values
are computed once; those that settle the model alike are one configuration. Only what is asked is
measured: noise at the outputs and accuracy.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.report.attribution import Attribution, Effect, Outcome
from quantsim_viz.report.layers import Power, add_powers
from quantsim_viz.report.metrics import metric_name
from quantsim_viz.report.report import finite
from quantsim_viz.resolve import RuleChanges, diff_cascades, resolve_edit
from quantsim_viz.sim.accuracy import Choice, choose_metric, measure_metric
from quantsim_viz.sim.calibrate import Scheme, calibrate
from quantsim_viz.sim.data import load_data, rows_at_once
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.footprint import activation_peak
from quantsim_viz.sim.measurements import Noise, Signal
from quantsim_viz.sim.simulate import accepted, as_model
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    import torch

    from quantsim_viz.config.document import Document
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.report.metrics import AnyMetric, MetricResult
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.rule_changes import RuleChange
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.values import Key
    from quantsim_viz.sim.watch import Progress

STAGES = {"calibrate": 12, "simulate": 25}

AT_ONCE = 1 << 30
"""Bytes that the activations of configurations simulated together may take, by estimate."""

FEW = 4
"""Configurations that are simulated together whatever they take."""


def attribute(
    model: Any,
    first: Any,
    second: Any,
    data: Any,
    *,
    scheme: str = "min_max",
    percentile: float = 100.0,
    calibration: Any = None,
    param_bits: Any = 8,
    act_bits: Any = 8,
    metric: AnyMetric | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    names: tuple[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> Attribution:
    """Put the difference between two configurations down to the rules that changed.

    Args:
        model: From `load_model`, or anything that it takes.
        first: The configuration to start from, as for `simulate`.
        second: The one to end at.
        data: As for `simulate`.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on.
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        metric: Accuracy to compute, by name or a callable; `top1` where there are integer labels,
            unless given.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        names: What to call the two.
        progress: Told how far it is.
        cancelled: Asked whether to stop.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model; what it remembers of both is not executed again.

    Raises:
        ConfigError: AIMET refuses one of the two. (A configuration in between that it refuses is
            shown as refused.)
        DataError: The data do not fit the model, or the labels not the metric.
        Cancelled: The user asked to stop.
    """
    started = time.perf_counter()
    loaded = engine.model if engine is not None else as_model(model)
    bits = (param_bits, act_bits)
    sides = accepted(loaded, first, bits), accepted(loaded, second, bits)
    chosen = Scheme(scheme, percentile)
    evaluation = load_data(loaded, data, samples=samples, seed=seed)
    ranges = evaluation if calibration is None else load_data(loaded, calibration)
    engine = engine or Engine(loaded, device=device)
    between = _Between(*sides)
    run = _Simulations(engine, chosen, rows_at_once(batch_size), Watch(progress, cancelled))
    with engine.cache.closed():
        run.execute(between.accepted, evaluation, ranges, metric)
    effects = [between.effect(number, run) for number in range(len(between.changes))]
    return Attribution(
        configs=names or (sides[0].config.name, sides[1].config.name),
        first=run.outcome(sides[0]),
        second=run.outcome(sides[1]),
        effects=tuple(sorted(effects, key=lambda effect: -_size(effect, run.outcome(sides[0])))),
        metric=run.metric,
        float_metric=run.float_metric,
        simulations=run.simulations,
        seconds=time.perf_counter() - started,
        samples=run.samples,
        scheme=chosen.label,
        data=evaluation.description,
        calibration=ranges.description,
        warnings=tuple(run.findings),
    )


def _size(effect: Effect, first: Outcome) -> float:
    """Return how large an effect on noise is; refused ones come before those without any."""
    if effect.alone.noise is None or first.noise is None:
        return 0.0
    return abs(effect.alone.noise - first.noise)


class _Between:
    """The two configurations and all in between, resolved."""

    def __init__(self, first: Cascade, second: Cascade) -> None:
        self.first, self.second = first, second
        self.changes = RuleChanges(first.config.document, second.config.document)
        self.alone = [self._resolved(first, self.changes.alone(x), x) for x in self.changes]
        self.without = [self._resolved(second, self.changes.all_but(x), x) for x in self.changes]

    @property
    def accepted(self) -> list[Cascade]:
        """Every configuration that AIMET accepts, the two given ones first."""
        every = (self.first, self.second, *self.alone, *self.without)
        return [cascade for cascade in every if cascade.error is None]

    def effect(self, number: int, run: _Simulations) -> Effect:
        """Return what a change does."""
        change = self.changes.changes[number]
        alone, without = self.alone[number], self.without[number]
        tensors: dict[str, None] = {}
        nodes: dict[str, None] = {}
        outcomes = run.outcome(alone), run.outcome(without)
        if run.settled(alone) != run.settled(self.first):
            difference = diff_cascades(self.first, alone)
            tensors = dict.fromkeys(each.tensor for each in difference.changes)
            nodes = dict.fromkeys(node for group in difference.groups for node in group.nodes)
        return Effect(
            change,
            tuple(tensors),
            tuple(nodes),
            self.changes.patch(change),
            *outcomes,
            is_idle=not tensors
            and outcomes == (run.outcome(self.first), run.outcome(self.second))
            and diff_cascades(without, self.second).is_empty,
        )

    @staticmethod
    def _resolved(side: Cascade, document: Document, change: RuleChange) -> Cascade:
        config = load_config(text=document.text, name=f"{side.config.name} ({change.pointer})")
        return resolve_edit(side, config)


def settled(cascade: Cascade) -> Hashable:
    """Return what a simulation depends on: configurations that agree in it give equal figures.

    Enabled quantizers, and the passes of the pass list, which the adjustment of weight scales sees.
    """
    if cascade.error is not None:
        return cascade.error.code, cascade.error.message
    rules = cascade.config.rules
    passes = () if rules is None else tuple(rule.value for rule in rules.supergroup_passes)
    enabled = ((name, setting) for name, setting in cascade.quantizers.items() if setting.enabled)
    return passes, frozenset(enabled)


@dataclass(frozen=True, slots=True)
class _Run:
    """A simulated run's keys: what it puts out, and how far that is from the float run."""

    outputs: Mapping[str, Key]
    noises: tuple[Noise, ...]


class _Simulations:
    """Simulations of many configurations, each distinct one once."""

    def __init__(self, engine: Engine, scheme: Scheme, batch_size: int, watch: Watch) -> None:
        self.engine = engine
        self.scheme = scheme
        self.batch_size = batch_size
        self.watch = watch
        self._chosen = Choice()
        self.metric: str | None = None
        self.float_metric: float | None = None
        self.samples = 0
        self.findings: dict[Diagnostic, None] = {}
        self._outcomes: dict[Hashable, Outcome] = {}
        self._settled: dict[int, tuple[Cascade, Hashable]] = {}

    @property
    def simulations(self) -> int:
        """How many different configurations were simulated."""
        return len(self._outcomes)

    def outcome(self, cascade: Cascade) -> Outcome:
        """Return what a configuration gave."""
        if cascade.error is not None:
            return Outcome(None, refused=cascade.error.message)
        return self._outcomes[self.settled(cascade)]

    def settled(self, cascade: Cascade) -> Hashable:
        """Return what a configuration's simulation depends on (`settled`), worked out once."""
        known = self._settled.get(id(cascade))
        if known is None:
            known = self._settled[id(cascade)] = (cascade, settled(cascade))
        return known[1]

    def execute(
        self, cascades: Sequence[Cascade], data: Data, ranges: Data, metric: AnyMetric | None
    ) -> None:
        """Simulate configurations, as many at once as their activations leave room for."""
        chosen = choose_metric(self.engine, data, metric)
        self.metric = None if chosen.metric is None else metric_name(chosen.metric)
        self._chosen = chosen
        distinct = {self.settled(cascade): cascade for cascade in reversed(cascades)}
        waiting = list(reversed(distinct.items()))
        size = self._at_once(data, len(waiting))
        for start in range(0, len(waiting), size):
            group = [cascade for _, cascade in waiting[start : start + size]]
            end = min(1.0, (start + size) / len(waiting))
            self._simulate(group, data, ranges, self.watch.part(start / len(waiting), end))

    def _at_once(self, data: Data, count: int) -> int:
        """Return how many configurations to run at once, each with activations of its own."""
        peak = activation_peak(self.engine, data, self.batch_size) if count > FEW else None
        return count if not peak else max(FEW, AT_ONCE // peak)

    def _simulate(
        self, cascades: Sequence[Cascade], data: Data, ranges: Data, watch: Watch
    ) -> None:
        engine = self.engine
        watch.expect(STAGES)
        encodings = calibrate(
            engine,
            cascades,
            ranges,
            self.scheme,
            batch_size=self.batch_size,
            watch=watch,
        )
        names = engine.network.outputs
        plain = engine.table.plain.seen
        floats = [name for name in names if engine.network.is_float(name)]
        signals = [Signal(plain[name]) for name in floats]
        traces = [engine.table.trace(found) for found in encodings]
        runs = [
            _Run(
                {name: trace.seen[name] for name in names},
                tuple(Noise(plain[name], trace.seen[name]) for name in floats),
            )
            for trace in traces
        ]
        keep = [key for run in runs for key in run.outputs.values()] if self.metric else []
        if self.metric:
            keep += [plain[name] for name in names]
        totals = engine.measure(
            [*signals, *(noise for run in runs for noise in run.noises)],
            data,
            batch_size=self.batch_size,
            keep=tuple(dict.fromkeys(keep)),
            watch=watch,
        )
        self.samples = totals.samples
        outputs = [run.outputs for run in runs]
        metrics, failure = measure_metric(engine, self._chosen, totals, outputs, data.labels)
        if failure is not None:
            self.findings[failure] = None
        exact = [totals.power(each) for each in signals]
        for cascade, run, accuracy in zip(cascades, runs, metrics, strict=True):
            noises = (totals.power(each) for each in run.noises)
            power = add_powers(map(Power, exact, noises))
            self._remember(cascade, Power(finite(power.signal), finite(power.noise)), accuracy)
        engine.finish(traces[:2])

    def _remember(self, cascade: Cascade, power: Power, accuracy: MetricResult | None) -> None:
        value = None if accuracy is None else accuracy.simulated
        if accuracy is not None:
            self.float_metric = accuracy.float_value
        self._outcomes[self.settled(cascade)] = Outcome(power, value)
