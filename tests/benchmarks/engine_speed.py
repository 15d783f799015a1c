"""What the engine's measurements cost, in float forward passes of the engine's own. Run by hand:

    OMP_NUM_THREADS=1 python tests/benchmarks/engine_speed.py [MODEL ...] [--batch N]

Models are light networks by name (tests/support/light_models.py), samples, and encoders by size
(`encoder-4x128`, encoder_model.py). Every figure is a ratio of medians of process CPU time, one
thread, the two sides of a ratio run alternately in one process. Whole calls of `simulate` include
resolving, calibration and planning; the rows `cumulative` and `cumulative + isolated` are one batch
of a plan that is already made, as every batch but the first one is. What runs in a few milliseconds
is repeated until it takes `LONG`. Memory is measured by engine_memory.py, AIMET's analysis of the
same model by analysis_against_aimet.py.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import datetime as dt
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnxruntime
import torch

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

import encoder_model  # noqa: E402 - the path is set first
from support import light_models  # noqa: E402 - the path is set first

from quantsim_viz import compare, load_config, load_model, resolve, simulate  # noqa: E402
from quantsim_viz.sim import Engine, load_data  # noqa: E402
from quantsim_viz.sim.calibrate import Scheme, calibrate  # noqa: E402
from quantsim_viz.sim.execute import run_plan  # noqa: E402
from quantsim_viz.sim.measurements import canonical  # noqa: E402
from quantsim_viz.sim.plan import make_plan  # noqa: E402
from quantsim_viz.sim.scenario import Scenario  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.plan import Plan

CONFIG = "default_config"
SAMPLES = HERE.parents[2] / "sample_models"
CACHE = 1 << 30
LONG = 0.05
"""Seconds that a measured run shall take, so that the clock and a cold cache do not matter."""


def load(name: str) -> Model:
    """Return a light network or a sample model by name, or a model by path."""
    if name.endswith(".onnx"):
        return load_model(name)
    if name in light_models.NAMES:
        return load_model(light_models.build(name))
    if (encoder := encoder_model.build(name)) is not None:
        return load_model(encoder)
    return load_model(SAMPLES / f"{name}.onnx")


def medians(runs: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Return the median CPU seconds of each, all of them called in turn; the first round warms."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    often = dict.fromkeys(runs, 1)
    for turn in range(repeat + 1):
        for name, run in runs.items():
            start = time.process_time()
            for _ in range(often[name]):
                run()
            seconds = (time.process_time() - start) / often[name]
            if turn:
                times[name].append(seconds)
            else:
                often[name] = max(1, round(LONG / seconds))
    return {name: statistics.median(values) for name, values in times.items()}


class Bench:
    """One model with one batch of random data."""

    def __init__(self, name: str, batch: int, repeat: int) -> None:
        self.name, self.batch, self.repeat = name, batch, repeat
        self.model = load(name)
        self.data = load_data(self.model, "random", samples=batch)
        self.engine = Engine(self.model)
        self.inputs = next(self.data.batches(batch))
        plain = self.engine.table.plain.seen
        keep = [plain[output] for output in self.engine.network.outputs]
        self.float_plan = make_plan(self.engine.table, self.engine.constants, [], keep=keep)
        self.cascade = resolve(self.model, load_config(CONFIG))

    def run(self, plan: Plan) -> None:
        """Execute a plan on the batch."""
        run_plan(plan, self.engine.network, self.inputs)

    def forward(self) -> None:
        """Run the float model."""
        self.run(self.float_plan)

    def simulate(self, config: Any = None, **options: Any) -> Any:
        """Simulate a configuration from nothing, or on a given engine."""
        cascade = self.cascade if config is None else config
        return simulate(self.model, cascade, self.data, batch_size=self.batch, **options)

    def plan(self, measures: tuple[str, ...], encodings: Any) -> Plan:
        """Return the plan that takes some measures, as `simulate` makes it."""
        engine = self.engine
        scenario = Scenario(engine, self.cascade, encodings, measures)
        wanted = [canonical(engine.table, engine.network, m) for m in scenario.measurements()]
        keep = list(scenario.outputs.values())
        return make_plan(engine.table, engine.constants, wanted, keep=keep)

    def forwards(self) -> None:
        """Print what one batch costs in float forwards, and those in onnxruntime's."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            self.model.proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        arrays = {name: value.numpy() for name, value in self.inputs.items()}

        def ranges() -> Any:
            found = calibrate(
                self.engine, [self.cascade], self.data, Scheme(), batch_size=self.batch
            )
            return found[0]

        encodings = ranges()
        cumulative = self.plan(("cumulative",), encodings)
        both = self.plan(("cumulative", "isolated"), encodings)
        found = medians(
            {
                "onnxruntime": lambda: session.run(None, arrays),
                "float": self.forward,
                "cumulative": lambda: self.run(cumulative),
                "cumulative + isolated": lambda: self.run(both),
                "calibration": ranges,
                "simulate() from nothing": self.simulate,
            },
            self.repeat,
        )
        one = found["float"]
        self.show("float / onnxruntime", one / found["onnxruntime"], f"{1000 * one:.0f} ms")
        for name in list(found)[2:]:
            self.show(f"{name} / float", found[name] / one)

    def sensitivity(self) -> None:
        """Print the cost of the sweep over all layers that have quantizers of their own."""
        rows = self.simulate(measure=("sensitivity",)).rows
        layers = sum(1 for row in rows if row.powers["sensitivity"].noise)
        found = medians(
            {
                "float": self.forward,
                "with": lambda: self.simulate(measure=("sensitivity",)),
                "without": self.simulate,
            },
            min(self.repeat, 3),
        )
        sweep = (found["with"] - found["without"]) / found["float"]
        self.show("sensitivity / float / layers", sweep / layers, f"{layers} layers")

    def several(self) -> None:
        """Print what further configurations and edits cost beside one full run."""
        kind, other = edit_behind(self.model, self.cascade)
        engine = Engine(self.model, cache_bytes=CACHE)
        self.simulate(engine=engine)
        live: list[float] = []
        full: list[float] = []
        for turn in range(self.repeat + 1):
            start = time.process_time()
            self.simulate(other, engine=engine)
            middle = time.process_time()
            self.simulate(other)
            if turn:
                live.append(middle - start)
                full.append(time.process_time() - middle)
            engine = Engine(self.model, cache_bytes=CACHE)
            self.simulate(engine=engine)
        found = medians(
            {
                "one": self.simulate,
                "same": lambda: self.compare([self.cascade] * 4),
                "two": lambda: self.compare([self.cascade, other]),
            },
            self.repeat,
        )
        self.show("4 identical configurations / one", found["same"] / found["one"])
        self.show("2 that differ in the last third / one", found["two"] / found["one"], kind)
        self.show("live edit / full run", statistics.median(live) / statistics.median(full), kind)

    def compare(self, cascades: Sequence[Cascade]) -> None:
        """Simulate configurations side by side."""
        compare(self.model, cascades, self.data, batch_size=self.batch)

    def show(self, what: str, ratio: float, note: str = "") -> None:
        """Print one figure."""
        print(f"{self.name:<12} {what:<40} {ratio:6.2f}  {note}", flush=True)


def edit_behind(model: Model, cascade: Cascade) -> tuple[str, Cascade]:
    """Return a cascade with one quantizer off at two thirds of the graph, and its tensor."""
    nodes = model.graph.nodes
    start = 2 * len(nodes) // 3
    tensor = next(
        node.outputs[0]
        for node in nodes[start:]
        if (setting := cascade.quantizers.get(node.outputs[0])) is not None and setting.enabled
    )
    quantizers = dict(cascade.quantizers)
    quantizers[tensor] = dataclasses.replace(quantizers[tensor], enabled=False)
    edited = copy.copy(cascade)
    edited.quantizers = quantizers
    return f"{tensor} off", edited


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(description="What the engine's measurements cost.")
    parser.add_argument("models", nargs="*", default=["resnet50", "densenet121", "digits_vit"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=["forwards", "several", "sensitivity"])
    parser.add_argument("--sensitivity", nargs="*", default=["digits_vit", "squeezenet"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    load_average = os.getloadavg()[0]
    print(
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, "
        f"{os.cpu_count()} cores, load {load_average:.1f}, torch {torch.__version__}, "
        f"onnxruntime {onnxruntime.__version__}, batch {options.batch}"
    )
    for name in options.models:
        bench = Bench(name, options.batch, options.repeat)
        for part in ("forwards", "several"):
            if options.only in (None, part):
                getattr(bench, part)()
    if options.only in (None, "sensitivity"):
        for name in options.sensitivity:
            Bench(name, options.batch, options.repeat).sensitivity()


if __name__ == "__main__":
    main()
