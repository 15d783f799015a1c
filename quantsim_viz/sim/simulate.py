"""`simulate`: what a configuration costs, layer by layer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.config.rules import Config
from quantsim_viz.errors import Cancelled, ConfigError, DataError
from quantsim_viz.model import load_model
from quantsim_viz.model.graph import Model
from quantsim_viz.report.report import Partial
from quantsim_viz.resolve import Cascade, resolve
from quantsim_viz.sim.accuracy import Choice, choose_metric, measure_metric
from quantsim_viz.sim.calibrate import Scheme, calibrate
from quantsim_viz.sim.data import load_data, rows_at_once
from quantsim_viz.sim.engine import Engine, Stopped
from quantsim_viz.sim.measurements import Noise
from quantsim_viz.sim.scenario import Scenario
from quantsim_viz.sim.sensitivities import measure_sensitivities
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.report.metrics import AnyMetric, MetricResult
    from quantsim_viz.report.report import Report
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.engine import Totals
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.watch import Progress
    from quantsim_viz.sim.weight_scale import ScaleNote

MEASURES = ("cumulative", "isolated", "sensitivity", "quantizers", "channels")
_WEIGHTS = {  # tenths of a float forward
    "calibrate": 12,
    "simulate": 25,
    "isolated": 10,
    "quantizers": 10,
    "channels": 10,
}


def simulate(
    model: Any,
    config: Any,
    data: Any,
    *,
    scheme: str = "min_max",
    percentile: float = 100.0,
    calibration: Any = None,
    param_bits: Any = 8,
    act_bits: Any = 8,
    measure: Sequence[str] = ("cumulative",),
    metric: AnyMetric | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> Report:
    """Simulate a configuration and measure the noise that quantization adds at every layer.

    Args:
        model: From `load_model`, or anything that it takes.
        config: From `load_config`, or anything that it takes.
        data: What to feed the model: a path, `random[:SEED]`, a dict of arrays, or an iterable of
            batches.
        scheme: How observed ranges become encodings: `min_max`, `tf_enhanced`, `percentile`, or
            our own `mse`.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on; the data themselves unless given.
        param_bits: Precision of parameters: 4, 8, 16, 32 or `"float16"`.
        act_bits: Precision of activations.
        measure: Any of `cumulative`, `isolated` and `sensitivity` (noise of layers), `quantizers`
            (every quantizer's own rounding and clipping) and `channels` (cumulative noise channel
            by channel); cumulative is always taken.
        metric: Accuracy to compute, by name or a callable; `top1` where there are integer labels,
            unless given.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        progress: Called with a `Status`: how much is done, the node being executed, samples, time
            left, and now and then a layer's row as far as it is known. A callable of four arguments
            is called as `progress(done, total, stage, row)` instead, with thousandths of the whole.
        cancelled: Asked before every step, and between the steps of operators that loop; true
            stops the simulation.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model to use again, with what it remembers.

    Raises:
        ConfigError: AIMET refuses the configuration, on any model or on this one.
        DataError: The data do not fit the model.
        UnsupportedOperator: The model holds operators that the engine cannot execute.
        Cancelled: The user asked to stop; its `report` holds what had been measured.
    """
    return simulate_all(
        model,
        [config],
        data,
        scheme=Scheme(scheme, percentile),
        calibration=calibration,
        bits=(param_bits, act_bits),
        measure=measure,
        metric=metric,
        batch_size=batch_size,
        samples=samples,
        seed=seed,
        watch=Watch(progress, cancelled),
        device=device,
        engine=engine,
    )[0]


def simulate_all(
    model: Any,
    configs: Sequence[Any],
    data: Any,
    *,
    scheme: Scheme,
    calibration: Any,
    bits: tuple[Any, Any],
    measure: Sequence[str],
    metric: AnyMetric | None,
    batch_size: int | None,
    samples: int | None,
    seed: int | None,
    watch: Watch,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> list[Report]:
    """Simulate several configurations at once: what they share is executed once."""
    started = time.perf_counter()
    measures = _checked_measures(measure)
    loaded = engine.model if engine is not None else as_model(model)
    cascades = [accepted(loaded, config, bits) for config in configs]
    evaluation = load_data(loaded, data, samples=samples, seed=seed)
    ranges = evaluation if calibration is None else load_data(loaded, calibration)
    size = rows_at_once(batch_size)
    engine = engine or Engine(loaded, device=device)
    wanted = choose_metric(engine, evaluation, metric)
    watch.expect(_stages(engine, measures))
    notes: list[list[ScaleNote]] = []
    encodings = calibrate(
        engine, cascades, ranges, scheme, batch_size=size, watch=watch, notes=notes
    )
    runs = [
        Scenario(engine, cascade, found, measures, said)
        for cascade, found, said in zip(cascades, encodings, notes, strict=True)
    ]
    engine.forget_constants(run.simulated for run in runs)  # scales of weights have been adjusted

    def reports(totals: Totals, partial: Partial | None = None) -> list[Report]:
        accuracies, failure = _accuracies(engine, runs, wanted, totals, evaluation, partial)
        finding = failure or wanted.finding
        return [
            run.report(
                totals,
                metric=accuracy,
                failure=finding,
                partial=partial,
                seconds=time.perf_counter() - started,
                scheme=scheme.label,
                data=evaluation.description,
                calibration=ranges.description,
            )
            for run, accuracy in zip(runs, accuracies, strict=True)
        ]

    totals = None
    try:
        totals = _measure(
            engine, runs, evaluation, size, watch, with_float=wanted.metric is not None
        )
        for run in runs:
            run.check(totals, evaluation, size)
        if "sensitivity" in measures:
            measure_sensitivities(engine, runs, evaluation, size, watch)
        return reports(totals)
    except Cancelled as stop:
        found = stop.totals if isinstance(stop, Stopped) else totals
        partial = Partial(watch.stage, watch.samples, evaluation.samples)
        cancelled = Cancelled(stop.message, code=stop.code)
        cancelled.reports = () if found is None else tuple(reports(found, partial))
        raise cancelled from None
    finally:
        engine.finish([run.simulated for run in runs])


def _accuracies(
    engine: Engine,
    runs: Sequence[Scenario],
    choice: Choice,
    totals: Totals,
    data: Data,
    partial: Partial | None,
) -> tuple[list[MetricResult | None], Diagnostic | None]:
    """Return every run's accuracy on the samples that were executed, and why there is none."""
    labels = data.labels
    if partial is not None:
        outputs = [engine.table.plain.seen[name] for name in engine.network.outputs]
        if not all(key in totals.outputs for key in outputs):
            choice = Choice()
        labels = None if labels is None else labels[: totals.samples]
    return measure_metric(engine, choice, totals, [run.outputs for run in runs], labels)


def as_model(model: Any) -> Model:
    """Return a loaded model."""
    return model if isinstance(model, Model) else load_model(model)


def accepted(model: Model, config: Any, bits: tuple[Any, Any]) -> Cascade:
    """Return a configuration resolved on a model.

    Raises:
        ConfigError: AIMET refuses it.
    """
    if isinstance(config, Cascade):
        cascade = config
    else:
        loaded = config if isinstance(config, Config) else load_config(config)
        cascade = resolve(model, loaded, param_bits=bits[0], act_bits=bits[1])
    refusal = cascade.error
    if refusal is not None:
        nodes = f" (nodes {', '.join(refusal.nodes[:5])})" if refusal.nodes else ""
        raise ConfigError(
            f"AIMET refuses {cascade.config.name}: {refusal.message}{nodes}",
            code=refusal.code,
            hint="mend the configuration; `quantsim-viz lint` says how",
            path=cascade.config.path,
            line=cascade.rule_line(refusal.rule),
            diagnostics=cascade.config.errors,
        )
    return cascade


def _checked_measures(measure: Sequence[str]) -> tuple[str, ...]:
    asked = (measure,) if isinstance(measure, str) else tuple(measure)
    for name in asked:
        if name not in MEASURES:
            raise DataError(
                f"there is no measure {name!r}",
                code="measure-unknown",
                hint=f"use any of {', '.join(MEASURES)}",
            )
    return tuple(name for name in MEASURES if name in asked or name == "cumulative")


def _stages(engine: Engine, measures: Sequence[str]) -> dict[str, int]:
    """Return what each stage costs, about, in tenths of a float forward."""
    stages = {"calibrate": _WEIGHTS["calibrate"], "simulate": _WEIGHTS["simulate"]}
    for name in ("isolated", "quantizers", "channels"):
        stages["simulate"] += _WEIGHTS[name] if name in measures else 0
    if "sensitivity" in measures:
        stages["sensitivity"] = 4 * len(engine.network.nodes)
    return stages


def _measure(
    engine: Engine,
    runs: Sequence[Scenario],
    data: Data,
    batch_size: int,
    watch: Watch,
    *,
    with_float: bool,
) -> Totals:
    """Measure all configurations beside one float run."""
    measurements = [m for run in runs for m in run.measurements()]
    keep = list(dict.fromkeys(key for run in runs for key in run.outputs.values()))
    if with_float:
        keep += [engine.table.plain.seen[name] for name in engine.network.outputs]
    return engine.measure(
        measurements,
        data,
        batch_size=batch_size,
        keep=tuple(dict.fromkeys(keep)),
        watch=watch,
        taken=_teller(runs[0], watch) if watch.progress is not None else None,
    )


def _teller(run: Scenario, watch: Watch) -> Callable[[Measurement, Any], None]:
    """Return what hands on the first configuration's rows while they are being measured."""
    layers = {wanted.cumulative: layer for layer, wanted in run.wanted.items()}
    totals: dict[Measurement, Any] = {}

    def tell(measurement: Measurement, total: Any) -> None:
        totals[measurement] = total
        layer = layers.get(measurement) if isinstance(measurement, Noise) else None
        if layer is not None:
            watch.show(run.row(layer, totals).to_dict())

    return tell
