"""What comparing costs, in simulations of one configuration. Run by hand:

    OMP_NUM_THREADS=1 python tests/benchmarks/compare_cost.py [MODEL ...] [--batch N]

Models are as for `engine_speed.py`. Every figure is a ratio of medians of process CPU time, one
thread, both sides called in turn in one process; each call is from nothing (a fresh engine),
resolving, calibration and planning included, except "on top of the comparison", which takes the
comparison's engine on. R counts the changed rules, and those of them that move a quantizer.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1]), str(HERE.parent)]

from engine_speed import edit_behind, load, medians  # noqa: E402 - the path is set first

from quantsim_viz import attribute, compare, load_config, resolve, simulate  # noqa: E402
from quantsim_viz.sim import Engine, load_data  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.resolve import Cascade

PAIRS = (
    ("aimet_default", "aimet_default_per_channel"),
    ("aimet_default", "tflite_int8"),
    ("pytorch_qnnpack", "pytorch_x86"),
)
CACHE = 1 << 30


class Bench:
    """One model with random data."""

    def __init__(self, name: str, batch: int, batches: int, repeat: int) -> None:
        self.name, self.batch, self.repeat = name, batch, repeat
        self.model = load(name)
        self.data = load_data(self.model, "random", samples=batch * batches)
        self.options: dict[str, Any] = {"batch_size": batch}

    def one(self, config: Any) -> None:
        """Simulate one configuration."""
        simulate(self.model, config, self.data, **self.options)

    def several(self, configs: Sequence[Any]) -> None:
        """Compare configurations."""
        compare(self.model, configs, self.data, **self.options)

    def comparing(self) -> None:
        """Print what further configurations cost."""
        cascade = resolve(self.model, load_config("default_config"))
        edited, other = edit_behind(self.model, cascade)
        last_third, rule = edit_of_last_third(self.model, cascade)
        found = medians(
            {
                "one": lambda: self.one(cascade),
                "same": lambda: self.several([cascade] * 4),
                "quantizer": lambda: self.several([cascade, other]),
                "presets": lambda: self.several(["default_config", "aimet_default"]),
                **(
                    {}
                    if last_third is None
                    else {"rule": lambda: self.several([cascade, last_third])}
                ),
            },
            self.repeat,
        )
        self.show("4 identical / one", found["same"] / found["one"])
        self.show(
            "2, a quantizer off in the last third / one", found["quantizer"] / found["one"], edited
        )
        if last_third is not None:
            self.show("2, a rule of the last third / one", found["rule"] / found["one"], rule)
        self.show("2 that differ from the first layer / one", found["presets"] / found["one"])

    def attribution(self, first: str, second: str) -> None:
        """Print what an attribution costs, by itself and on top of its comparison."""
        sides = [resolve(self.model, load_config(name)) for name in (first, second)]
        if any(side.error is not None for side in sides):
            return
        ones: list[float] = []
        alone: list[float] = []
        on_top: list[float] = []
        found = None
        for turn in range(self.repeat + 1):
            marks = [time.process_time()]
            self.one(sides[0])
            marks.append(time.process_time())
            found = attribute(self.model, *sides, self.data, **self.options)
            marks.append(time.process_time())
            engine = Engine(self.model, cache_bytes=CACHE)
            compare(self.model, sides, self.data, engine=engine, **self.options)
            marks.append(time.process_time())
            attribute(self.model, *sides, self.data, engine=engine, **self.options)
            marks.append(time.process_time())
            if turn:
                ones.append(marks[1] - marks[0])
                alone.append(marks[2] - marks[1])
                on_top.append(marks[4] - marks[3])
        assert found is not None
        one, whole, rest = (statistics.median(times) for times in (ones, alone, on_top))
        rules = len(found.effects)
        acting = sum(not effect.is_idle for effect in found.effects)
        note = f"{first} → {second}: R = {rules}, {acting} act, {found.simulations} simulated"
        self.show("attribution, in simulations", whole / one, note)
        self.show("  / 2R of changed rules", whole / one / (2 * rules))
        if acting:
            self.show("  / 2R of rules that act", whole / one / (2 * acting))
            self.show("  on top of the comparison / 2R that act", rest / one / (2 * acting))

    def show(self, what: str, ratio: float, note: str = "") -> None:
        """Print one figure."""
        print(f"{self.name:<12} {what:<44} {ratio:6.2f}  {note}", flush=True)


def edit_of_last_third(model: Any, cascade: Cascade) -> tuple[Cascade | None, str]:
    """Return a cascade with an operator type off that only the last third has, if there is one."""
    nodes = model.graph.nodes
    start = 2 * len(nodes) // 3
    early = {node.op_type for node in nodes[:start]}
    for node in nodes[start:]:
        setting = cascade.quantizers.get(node.outputs[0])
        if node.op_type in early or setting is None or not setting.enabled:
            continue
        document = dict(cascade.config.document.data)
        rule = {node.op_type: {"is_output_quantized": "False"}}
        document["op_type"] = document["op_type"] | rule
        edited = resolve(model, load_config(document, name="edited"))
        if edited.error is None:
            return edited, f"op_type {node.op_type} off"
    return None, ""


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(description="What comparing costs.")
    parser.add_argument("models", nargs="*", default=["resnet50", "densenet121", "digits_vit"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--batches", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=["comparing", "attribution"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} "
        f"cores, load {os.getloadavg()[0]:.1f}, torch {torch.__version__}, batch {options.batch}, "
        f"{options.batches} batch(es)"
    )
    for name in options.models:
        bench = Bench(name, options.batch, options.batches, options.repeat)
        if options.only != "attribution":
            bench.comparing()
        if options.only != "comparing":
            for pair in PAIRS:
                bench.attribution(*pair)


if __name__ == "__main__":
    main()
