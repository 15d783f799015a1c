"""`simulate`: what a configuration costs, layer by layer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.config.rules import Config
from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import ConfigError, DataError
from quantsim_viz.model import load_model
from quantsim_viz.model.graph import Model
from quantsim_viz.report.layers import LayerRow, Power
from quantsim_viz.report.metrics import evaluate
from quantsim_viz.report.report import Report, finite
from quantsim_viz.resolve import Cascade, resolve
from quantsim_viz.sim.calibrate import Scheme, calibrate
from quantsim_viz.sim.data import BATCH_SIZE, load_data
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.execute import Watch
from quantsim_viz.sim.layers import Layer, Ownership, layers_of
from quantsim_viz.sim.measurements import Clipping, Noise, Signal
from quantsim_viz.sim.sensitivity import measure_sensitivity
from quantsim_viz.sim.values import Quantized

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from quantsim_viz.report.metrics import MetricResult
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Totals
    from quantsim_viz.sim.execute import Progress
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.values import Key, Trace

MEASURES = ("cumulative", "isolated", "sensitivity")
_WEIGHTS = {"calibrate": 12, "simulate": 25, "isolated": 10}  # tenths of a float forward


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
    metric: str | None = None,
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
        measure: Any of `cumulative`, `isolated` and `sensitivity`; cumulative is always taken.
        metric: Accuracy to compute; `top1` where there are integer labels, unless given.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        progress: Called as `progress(done, total, stage, row)`: thousandths of the whole, and now
            and then a layer's row as far as it is known.
        cancelled: Asked before every step; true stops the simulation.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model to use again, with what it remembers.

    Raises:
        ConfigError: AIMET refuses the configuration, on any model or on this one.
        DataError: The data do not fit the model.
        UnsupportedOperator: The model holds operators that the engine cannot execute.
        Cancelled: The user asked to stop.
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
    metric: str | None,
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
    size = batch_size or BATCH_SIZE
    engine = engine or Engine(loaded, device=device)
    watch.expect(_stages(engine, measures))
    encodings = calibrate(engine, cascades, ranges, scheme, batch_size=size, watch=watch)
    runs = [_Scenario(engine, c, e, measures) for c, e in zip(cascades, encodings, strict=True)]
    labels = evaluation.labels
    wanted = metric or _default_metric(labels)
    totals = _measure(engine, runs, evaluation, size, watch, with_float=wanted is not None)
    if "sensitivity" in measures:
        for run in runs:
            run.sensitivity = measure_sensitivity(engine, run.owned, evaluation, size, watch)
    reports = []
    for run in runs:
        result = run.metric(wanted, totals, labels)
        reports.append(
            run.report(
                totals,
                metric=result,
                seconds=time.perf_counter() - started,
                scheme=scheme.label,
                data=evaluation.description,
                calibration=ranges.description,
            )
        )
    engine.constants.prune(())
    return reports


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
    if "isolated" in measures:
        stages["simulate"] += _WEIGHTS["isolated"]
    if "sensitivity" in measures:
        stages["sensitivity"] = 4 * len(engine.network.nodes)
    return stages


def _default_metric(labels: Any) -> str | None:
    return "top1" if labels is not None and labels.dtype.kind in "iu" and labels.ndim == 1 else None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which measurements make up a layer's row."""

    signal: Signal
    cumulative: Noise
    isolated: Noise | None
    clipping: Clipping | None


class _Scenario:
    """One configuration's simulated run beside the float run."""

    def __init__(
        self,
        engine: Engine,
        cascade: Cascade,
        encodings: Mapping[str, Encoding],
        measures: Sequence[str],
    ) -> None:
        self.engine = engine
        self.cascade = cascade
        self.encodings = encodings
        self.measures = measures
        self.float: Trace = engine.table.plain
        self.simulated: Trace = engine.table.trace(encodings)
        self.layers = layers_of(engine.network)
        self.owned: dict[Layer, dict[str, Encoding]] = {}
        if len(measures) > 1:
            ownership = Ownership(engine.network, cascade)
            self.owned = {x: ownership.encodings(x, encodings) for x in self.layers}
        self.wanted = {layer: self._wanted(layer) for layer in self.layers}
        self.sensitivity: Mapping[Layer, Power] = {}

    @property
    def outputs(self) -> Mapping[str, Key]:
        """The model's outputs in the simulated run."""
        return {name: self.simulated.seen[name] for name in self.engine.network.outputs}

    def measurements(self) -> list[Measurement]:
        """Return everything to measure, layers first."""
        measurements: list[Measurement] = []
        for wanted in self.wanted.values():
            parts = (wanted.signal, wanted.cumulative, wanted.isolated, wanted.clipping)
            measurements += [part for part in parts if part is not None]
        for name in (*self._float_outputs(), *self._params()):
            measurements += [Signal(self.float.seen[name]), self._noise(name)]
        return measurements

    def _noise(self, tensor: str) -> Noise:
        return Noise(self.float.seen[tensor], self.simulated.seen[tensor])

    def _wanted(self, layer: Layer) -> _Wanted:
        exact = self.float.seen[layer.tensor]
        isolated = clipping = None
        if "isolated" in self.measures:
            own = self.owned[layer]
            branch = self.engine.table.branch(self.float, own, last=layer.node.index)
            value = branch.seen.get(layer.tensor, exact)
            isolated = Noise(exact, value)
            definition = self.engine.table.definitions[value]
            if isinstance(definition, Quantized) and definition.encoding.dtype == "int":
                clipping = Clipping(value)
        return _Wanted(Signal(exact), self._noise(layer.tensor), isolated, clipping)

    def _float_outputs(self) -> list[str]:
        network = self.engine.network
        return [name for name in network.outputs if network.is_float(name)]

    def _params(self) -> list[str]:
        quantizers = self.cascade.quantizers
        return [name for name in self.encodings if quantizers[name].kind == "param"]

    def row(self, layer: Layer, totals: Mapping[Measurement, Any]) -> LayerRow:
        """Return a layer's row, with what has been measured so far."""
        wanted = self.wanted[layer]
        signal = finite(totals.get(wanted.signal))
        powers = {"cumulative": Power(signal, finite(totals.get(wanted.cumulative)))}
        if wanted.isolated is not None:
            powers["isolated"] = Power(signal, finite(totals.get(wanted.isolated)))
        if "sensitivity" in self.measures and layer in self.sensitivity:
            powers["sensitivity"] = self.sensitivity[layer]
        network, node = self.engine.network, layer.node
        encoding = self.encodings.get(layer.tensor)
        tensor = network.model.graph.tensors[layer.tensor]
        return LayerRow(
            node=node.name,
            op_type=node.op_type,
            module=node.module,
            tensor=layer.tensor,
            status=str(self.cascade.nodes[node.name].status.value),
            shape=tensor.shape,
            powers=powers,
            clipping_share=_share(totals.get(wanted.clipping)) if wanted.clipping else None,
            encoding=next(iter(encoding.to_dicts()), None) if encoding is not None else None,
            executor=self.engine.constants.executor(node.index),
        )

    def metric(self, name: str | None, totals: Totals, labels: Any) -> MetricResult | None:
        """Return the accuracy of the float and the simulated outputs."""
        if name is None:
            return None
        exact = {n: totals.outputs[self.float.seen[n]] for n in self.engine.network.outputs}
        simulated = {n: totals.outputs[key] for n, key in self.outputs.items()}
        return evaluate(name, exact, simulated, labels)

    def report(
        self,
        totals: Totals,
        *,
        metric: MetricResult | None,
        seconds: float,
        scheme: str,
        data: str,
        calibration: str,
    ) -> Report:
        """Return what was found."""
        results = totals.results
        output_powers = {}
        for name in self._float_outputs():
            power = self._power(name, results)
            output_powers[name] = {"cumulative": power}
        return Report(
            rows=tuple(self.row(layer, results) for layer in self.layers),
            output_powers=output_powers,
            params={name: self._power(name, results) for name in self._params()},
            encodings={name: e.to_dicts() for name, e in self.encodings.items()},
            outputs={name: totals.outputs[key] for name, key in self.outputs.items()},
            metric=metric,
            seconds=seconds,
            samples=totals.samples,
            scheme=scheme,
            data=data,
            calibration=calibration,
            warnings=tuple(self._warnings()),
        )

    def _power(self, tensor: str, results: Mapping[Measurement, Any]) -> Power:
        signal = finite(results[Signal(self.float.seen[tensor])])
        return Power(signal, finite(results[self._noise(tensor)]))

    def _warnings(self) -> list[Diagnostic]:
        unseen = [
            name
            for name, setting in self.cascade.quantizers.items()
            if setting.enabled and name not in self.encodings
        ]
        if not unseen:
            return []
        return [
            Diagnostic(
                "quantizer-without-data",
                Severity.WARNING,
                f"{len(unseen)} enabled quantizer(s) were shown no data and left off: "
                f"{', '.join(unseen[:5])}. AIMET would raise an error here; calibrate with data "
                "that reach them.",
            )
        ]


def _share(clipping: tuple[float, float] | None) -> float | None:
    if clipping is None:
        return None
    clipped, total = clipping
    return finite(clipped / total) if total else 0.0


def _measure(
    engine: Engine,
    runs: Sequence[_Scenario],
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


def _teller(run: _Scenario, watch: Watch) -> Callable[[Measurement, Any], None]:
    """Return what hands on the first configuration's rows while they are being measured."""
    layers = {wanted.cumulative: layer for layer, wanted in run.wanted.items()}
    totals: dict[Measurement, Any] = {}

    def tell(measurement: Measurement, total: Any) -> None:
        totals[measurement] = total
        layer = layers.get(measurement) if isinstance(measurement, Noise) else None
        if layer is not None:
            watch.show(run.row(layer, totals).to_dict())

    return tell
