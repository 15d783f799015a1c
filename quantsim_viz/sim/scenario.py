"""One configuration's simulated run beside the float run: what to measure, and what it says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.report.layers import LayerRow, Power
from quantsim_viz.report.report import Report, finite
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.sim.channel_noise import channel_gauges, channel_powers
from quantsim_viz.sim.channels import channel_axes
from quantsim_viz.sim.finiteness import Stain, blame, stains_of
from quantsim_viz.sim.layers import Layer, Ownership, layers_of
from quantsim_viz.sim.measurements import Clipping, Noise, Signal
from quantsim_viz.sim.quantizer_noise import quantizer_noises, splits_of
from quantsim_viz.sim.values import Quantized
from quantsim_viz.sim.weight_scale import scale_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.report.metrics import MetricResult
    from quantsim_viz.report.report import Partial
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.channel_noise import ChannelNoise
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine, Totals
    from quantsim_viz.sim.finiteness import Culprit
    from quantsim_viz.sim.measurements import Gauge, Measurement
    from quantsim_viz.sim.quantizer_noise import Split
    from quantsim_viz.sim.values import Key, Trace
    from quantsim_viz.sim.weight_scale import ScaleNote


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which measurements make up a layer's row."""

    signal: Signal
    cumulative: Noise
    isolated: Noise | None
    clipping: Clipping | None


class Scenario:
    """One configuration's simulated run beside the float run."""

    def __init__(
        self,
        engine: Engine,
        cascade: Cascade,
        encodings: Mapping[str, Encoding],
        measures: Sequence[str],
        notes: Sequence[ScaleNote] = (),
    ) -> None:
        self.engine = engine
        self.cascade = cascade
        self.encodings = encodings
        self.measures = measures
        self.notes = notes
        self.float: Trace = engine.table.plain
        self.simulated: Trace = engine.table.trace(encodings)
        self.layers = layers_of(engine.network)
        self.owned: dict[Layer, dict[str, Encoding]] = {}
        if "isolated" in measures or "sensitivity" in measures:
            ownership = Ownership(engine.network, cascade)
            self.owned = {x: ownership.encodings(x, encodings) for x in self.layers}
        self.wanted = {layer: self._wanted(layer) for layer in self.layers}
        self.sensitivity: dict[Layer, Power] = {}
        self.stains = stains_of(engine.network, self.float.seen)
        self.culprit: Culprit | None = None
        self.splits: Mapping[str, Split] = {}
        self.channels: Mapping[str, ChannelNoise] = {}
        if "quantizers" in measures:
            self.splits = splits_of(engine.table, cascade, encodings)
        if "channels" in measures:
            axes = channel_axes(engine.model, cascade)
            tensors = (*(layer.tensor for layer in self.layers), *self._params())
            self.channels = channel_gauges(self.float, self.simulated, axes, tensors)

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
        extra: tuple[Mapping[str, Gauge], ...] = (self.stains, self.splits, self.channels)
        return [*measurements, *(gauge for gauges in extra for gauge in gauges.values())]

    def _noise(self, tensor: str) -> Noise:
        return Noise(self.float.seen[tensor], self.simulated.seen[tensor])

    def _wanted(self, layer: Layer) -> Wanted:
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
        return Wanted(Signal(exact), self._noise(layer.tensor), isolated, clipping)

    def _float_outputs(self) -> list[str]:
        network = self.engine.network
        return [name for name in network.outputs if network.is_float(name)]

    def _params(self) -> list[str]:
        quantizers = self.cascade.quantizers
        return [name for name in self.encodings if quantizers[name].kind is Kind.PARAM]

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

    def report(
        self,
        totals: Totals,
        *,
        metric: MetricResult | None,
        failure: Diagnostic | None = None,
        partial: Partial | None = None,
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
            quantizers=quantizer_noises(self.cascade, self.splits, results),
            channels=channel_powers(self.channels, results),
            outputs={
                name: totals.outputs[key]
                for name, key in self.outputs.items()
                if key in totals.outputs
            },
            partial=partial,
            metric=metric,
            seconds=seconds,
            samples=totals.samples,
            scheme=scheme,
            data=data,
            calibration=calibration,
            warnings=(*(() if failure is None else (failure,)), *self._warnings(results)),
        )

    def _power(self, tensor: str, results: Mapping[Measurement, Any]) -> Power:
        signal = finite(results.get(Signal(self.float.seen[tensor])))
        return Power(signal, finite(results.get(self._noise(tensor))))

    def _warnings(self, results: Mapping[Measurement, Any]) -> Iterator[Diagnostic]:
        unseen = [
            name
            for name, setting in self.cascade.quantizers.items()
            if setting.enabled and name not in self.encodings
        ]
        if unseen:
            yield Diagnostic(
                "quantizer-without-data",
                Severity.WARNING,
                f"{len(unseen)} enabled quantizer(s) were shown no data and left off: "
                f"{', '.join(unseen[:5])}. AIMET would raise an error here; calibrate with data "
                "that reach them.",
            )
        yield from scale_findings(self.notes)
        if self.culprit is not None:
            node = self.culprit.node
            yield Diagnostic(
                "infinity-in-float-run",
                Severity.WARNING,
                f"{self.culprit}. It reaches no quantizer and no output; infinite elements are "
                "left out of all figures.",
                nodes=(node.name,),
            )
        for layer, wanted in self.wanted.items():
            if wanted.cumulative not in results:
                continue  # the simulation was stopped before
            noise = results[wanted.cumulative]
            if noise is None or not math.isfinite(noise):
                yield Diagnostic(
                    "noise-not-finite",
                    Severity.WARNING,
                    f"the simulated {layer.tensor!r} of node {layer.node.name} "
                    f"({layer.node.op_type}) is not finite or has another shape than in the float "
                    "run; its noise has no figure, and neither may that of layers behind it.",
                    nodes=(layer.node.name,),
                )
                return

    def check(self, totals: Totals, data: Data, batch_size: int) -> None:
        """Refuse a float run that did not stay finite, or remember who left without harm.

        Raises:
            DataError: Names the first node that made NaN, or an infinity that reaches a quantizer
                or an output; or the constant that brought NaN along.
        """
        noticed = {name: totals.results[stained] for name, stained in self.stains.items()}
        for layer, wanted in self.wanted.items():
            signal = totals.results[wanted.signal]
            if signal is not None and math.isnan(signal):
                noticed[layer.tensor] = Stain.NAN
        guarded = {*self.encodings, *self.engine.network.outputs}
        self.culprit = blame(self.engine, noticed, guarded, data, batch_size)


def _share(clipping: tuple[float, float] | None) -> float | None:
    if clipping is None:
        return None
    clipped, total = clipping
    return finite(clipped / total) if total else 0.0
