"""AIMET's own per-layer analysis of a model against ours, in one run. Run by hand:

    OMP_NUM_THREADS=1 python tests/benchmarks/analysis_against_aimet.py
        --referee /path/to/aimet/bin/python [MODEL ...] [--samples N]

The referee is a Python with aimet-onnx 2.42.0 (docs/parity.md). Its `QuantAnalyzer` measures the
mean squared error of every layer's output between the float and the simulated model, executing both
up to that layer each time; ours is one batch of cumulative and isolated noise of every layer, once
from a plan that is made and once as the whole of `simulate()`, calibration and all. The same model,
configuration, samples and machine; CPU seconds of each process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from engine_speed import Bench, medians

from quantsim_viz.sim.calibrate import Scheme, calibrate

AIMET = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
import numpy as np, onnx
from aimet_onnx.common.defs import QuantScheme
from aimet_onnx.common.utils import CallbackFunc
from aimet_onnx.quant_analyzer import QuantAnalyzer
model, config, data, folder = sys.argv[1:]
samples = dict(np.load(data))
feed = CallbackFunc(lambda session, _: session.run(None, samples), None)
score = CallbackFunc(lambda session, _: 0.0, None)
analyzer = QuantAnalyzer(onnx.load(model), samples, feed, score)
analyzer.enable_per_layer_mse_loss([samples], 1)
start = time.process_time()
sim = analyzer.create_quantsim_and_encodings(QuantScheme.post_training_tf, 8, 8, config)
made = time.process_time()
losses = analyzer.export_per_layer_mse_loss(sim, folder)
done = time.process_time()
print("found", json.dumps({"simulation": made - start, "mse": done - made, "layers": len(losses)}))
"""


def theirs(bench: Bench, referee: str) -> dict[str, float]:
    """Return what AIMET took, in CPU seconds, and of how many layers."""
    with tempfile.TemporaryDirectory() as folder:
        model, data = Path(folder) / "model.onnx", Path(folder) / "samples.npz"
        onnx.save(bench.model.proto, model)
        np.savez(data, **{name: value.numpy() for name, value in bench.inputs.items()})
        config = str(bench.cascade.config.path)
        command = [referee, "-c", AIMET, str(model), config, str(data), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("found "):
            found: dict[str, float] = json.loads(line.removeprefix("found "))
            return found
    raise SystemExit(done.stderr[-2000:] or "the referee ended without an answer")


def measure(name: str, samples: int, referee: str) -> None:
    """Print one model's figures."""
    bench = Bench(name, samples, 5)
    (encodings,) = calibrate(
        bench.engine, [bench.cascade], bench.data, Scheme(), batch_size=samples
    )
    plan = bench.plan(("cumulative", "isolated"), encodings)
    ours = medians(
        {
            "plan": lambda: bench.run(plan),
            "whole": lambda: bench.simulate(measure=("cumulative", "isolated")),
        },
        5,
    )
    aimet = theirs(bench, referee)
    both = aimet["mse"] + aimet["simulation"]
    print(
        f"{name}, {samples} sample(s): AIMET's error of {aimet['layers']:.0f} layers takes "
        f"{aimet['mse']:.1f} s, its simulation {aimet['simulation']:.1f} s before\n"
        f"  cumulative + isolated {1e3 * ours['plan']:.0f} ms: {aimet['mse'] / ours['plan']:.0f}x\n"
        f"  whole simulate() {1e3 * ours['whole']:.0f} ms: {both / ours['whole']:.0f}x of both",
        flush=True,
    )


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(description="AIMET's per-layer analysis against ours.")
    parser.add_argument("models", nargs="*", default=["squeezenet", "resnet50"])
    parser.add_argument("--referee", required=True)
    parser.add_argument("--samples", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.models:
        measure(name, options.samples, options.referee)


if __name__ == "__main__":
    main()
