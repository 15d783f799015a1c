"""`resolve` against AIMET building its simulation of the same model, in one run. Run by hand:

    python tests/benchmarks/resolve_against_aimet.py --referee /path/to/aimet/bin/python

The referee is a Python with aimet-onnx 2.42.0 (docs/parity.md). Both sides begin with the model in
memory and use the same default configuration; the runs alternate, and each figure is the median of
process CPU seconds. Three ratios are printed: against `resolve` (the effective settings, which is
what AIMET makes), against that with every node's status, and against reading the model into our
view (`load_model`, types inferred) as well.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1])]

from support import light_models  # noqa: E402 - the path is set first

from quantsim_viz.config import load_config  # noqa: E402
from quantsim_viz.model import load_model  # noqa: E402
from quantsim_viz.resolve import resolve  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

AIMET = """
import sys, time, logging
logging.disable(logging.CRITICAL)
import onnx
from aimet_onnx.quantsim import QuantizationSimModel
model = onnx.load(sys.argv[1])
for line in sys.stdin:
    copy = onnx.ModelProto(); copy.CopyFrom(model)
    start = time.process_time()
    QuantizationSimModel(copy, config_file=sys.argv[2])
    print("seconds", time.process_time() - start, flush=True)
"""


def cpu_seconds(run: Callable[[], Any]) -> float:
    """Return the CPU time of one call in this process."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(name: str, referee: str, repeat: int) -> None:
    """Print one model's medians and ratios."""
    proto = light_models.build(name)
    config = load_config("default_config")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        onnx.save(proto, path)
        command = [referee, "-c", AIMET, str(path), str(config.path)]
        theirs: list[float] = []
        alone: list[float] = []
        states: list[float] = []
        whole: list[float] = []
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            for _ in range(repeat):
                theirs.append(_ask(process))
                model = load_model(proto)
                alone.append(cpu_seconds(lambda model=model: resolve(model, config)))
                states.append(cpu_seconds(lambda model=model: resolve(model, config).nodes))
                whole.append(cpu_seconds(lambda: resolve(load_model(proto), config).nodes))
            process.stdin.close()  # type: ignore[union-attr] - it is a pipe
    aimet = statistics.median(theirs)
    figures = ", ".join(
        f"{what} {statistics.median(times) * 1e3:.1f} ms ({aimet / statistics.median(times):.0f}×)"
        for what, times in (
            ("resolve", alone),
            ("with statuses", states),
            ("with loading", whole),
        )
    )
    print(f"{name}: AIMET {aimet * 1e3:.0f} ms, {figures}")


def _ask(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    print("go", file=process.stdin, flush=True)
    for line in process.stdout:
        if line.startswith("seconds "):
            return float(line.split()[1])
    raise SystemExit("the referee ended without an answer")


def main() -> None:
    """Measure the two models of the wheel that people know best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--models", nargs="*", default=["resnet50", "densenet121"])
    arguments = parser.parse_args()
    for name in arguments.models:
        measure(name, arguments.referee, arguments.repeat)


if __name__ == "__main__":
    main()
