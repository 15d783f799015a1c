"""What memory a simulation takes beside a float run, and over many batches. By hand (Linux):

    OMP_NUM_THREADS=1 python tests/benchmarks/engine_memory.py [MODEL ...] [--batch N]
        [--many BATCHES]

Peaks of resident memory, each of a process of its own, in which nothing is done but to load the
model and to run it: float; simulated from nothing; simulated over many batches, which are made one
after the other. Models are named as for engine_speed.py.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from engine_speed import Bench, load

from quantsim_viz import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve()


class Stream:
    """Batches of normal numbers, made when they are asked for, the same every time."""

    def __init__(self, inputs: dict[str, tuple[int, ...]], batches: int) -> None:
        self.inputs = inputs
        self.batches = batches

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the batches."""
        for number in range(self.batches):
            random = np.random.default_rng(number)
            yield {n: random.normal(size=s).astype(np.float32) for n, s in self.inputs.items()}


def peak() -> float:
    """Return this process's peak of resident memory in MiB."""
    # Not ru_maxrss: a process starts with what its parent had when it forked.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def run(name: str, batch: int, what: str, batches: int) -> None:
    """Do one thing in this process and print its peak."""
    bench = Bench(name, batch, 1)
    if what == "float":
        bench.forward()
        bench.forward()
    elif what == "simulate":
        bench.simulate(engine=bench.engine)
    elif what == "stream":
        shapes = {key: tuple(value.shape) for key, value in bench.inputs.items()}
        calibration = Stream(shapes, 1)
        simulate(bench.model, bench.cascade, Stream(shapes, batches), calibration=calibration)
    print(peak())


def measured(path: Path, batch: int, what: str, batches: int = 1) -> float:
    """Return the peak of a fresh process."""
    command = [sys.executable, str(HERE), str(path), "--batch", str(batch)]
    command += ["--do", what, "--many", str(batches)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(description="What memory a simulation takes.")
    parser.add_argument("models", nargs="*", default=["resnet50", "squeezenet", "digits_vit"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--many", type=int, default=200)
    parser.add_argument("--do", choices=["load", "float", "simulate", "stream"], default="")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.do:
        run(options.models[0], options.batch, options.do, options.many)
        return
    for name in options.models:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(load(name).proto, path)
            plain = measured(path, options.batch, "float")
            whole = measured(path, options.batch, "simulate")
            one = measured(path, options.batch, "stream", 1)
            many = measured(path, options.batch, "stream", options.many)
        print(f"{name:<14} simulation / float run {whole / plain:5.2f}  float {plain:.0f} MiB")
        ratio = f"{many / one:5.2f}  one {one:.0f} MiB"
        print(f"{name:<14} {options.many} batches / one     {ratio}", flush=True)


if __name__ == "__main__":
    main()
