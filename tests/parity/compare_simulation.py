"""Compare calibration and simulation with the real AIMET.

    python tests/parity/compare_simulation.py --referee /path/to/aimet/bin/python --pairs 1000
    python tests/parity/compare_simulation.py --referee /path/to/aimet/bin/python --samples

`--referee` is a Python with aimet-onnx 2.42.0 installed (docs/parity.md says how to get one).
Networks, configurations and data are random by seed, or with `--samples` every sample model meets
every preset. Each difference is traced (`trace_difference.py`). The last lines give the figures;
the exit status is 0 when nothing is left unexplained.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from simulation_cases import SCHEMES, Case, random_case, sample_cases  # noqa: E402 - path set first
from trace_difference import (  # noqa: E402
    encodings_differ,
    off_share,
    trace_encoding,
    trace_output,
)

from quantsim_viz import load_config, load_model, resolve, simulate  # noqa: E402
from quantsim_viz.errors import QuantSimError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Array = np.ndarray[Any, Any]

OFF_SHARE = 0.05
"""Share of an output's elements that may be off: those on the other side of a rounding tie."""

PERTURBATIONS = 4

NOT_FINITE = ("nan-in-float-run", "infinity-in-float-run")
"""Errors of ours about networks that make NaN or infinity of the data; AIMET simulates those."""


@dataclass(frozen=True)
class Answer:
    """What one side makes of a case: an error, or encodings and outputs."""

    error: str | None
    encodings: Mapping[str, Any]
    outputs: tuple[Array, ...] = ()


def ours(case: Case) -> Answer:
    """Calibrate and simulate; only the project's own errors are an answer."""
    try:
        model = load_model(case.model.SerializeToString())
        cascade = resolve(
            model, load_config(case.config), param_bits=case.bits[0], act_bits=case.bits[1]
        )
        report = simulate(
            model,
            cascade,
            [case.batches[-1]],
            calibration=list(case.batches[:-1]),
            scheme=case.scheme,
            percentile=case.percentile,
        )
    except QuantSimError as error:
        return Answer(f"{error.code}: {error.message}", {})
    return Answer(None, report.encodings, tuple(report.outputs.values()))


def read_answer(line: Mapping[str, Any]) -> Answer:
    """Read one answer of the referee."""
    if line.get("error"):
        return Answer(line["error"], {})
    outputs = read_arrays(line["outputs"])
    return Answer(None, line["encodings"], tuple(outputs[str(n)] for n in range(len(outputs))))


def read_arrays(text: str) -> dict[str, Array]:
    """Read the arrays of an answer."""
    with np.load(io.BytesIO(base64.b64decode(text))) as arrays:
        return {name: arrays[name] for name in arrays.files}


class Referee:
    """The process in AIMET's environment: jobs in, answers out, in order."""

    def __init__(self, python: str, script: str = "simulation_referee.py") -> None:
        self._process = subprocess.Popen(
            [python, "-W", "ignore", str(HERE / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask_all(self, cases: Iterable[Case], **more: Any) -> Iterator[dict[str, Any]]:
        """Stream answers about cases, in order."""
        return self.answer_all([case.job(**more) for case in cases])

    def answer_all(self, jobs: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Stream answers to lines, in order."""
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert answers is not None

        def feed() -> None:
            for job in jobs:
                print(job, file=pipe, flush=True)

        threading.Thread(target=feed, daemon=True).start()
        for _ in jobs:
            line = answers.readline()
            if not line:
                raise SystemExit(f"the referee ended with status {self._process.wait()}")
            yield json.loads(line)

    def explain(self, case: Case) -> dict[str, Any]:
        """Ask about one case again, in detail."""
        return next(self.ask_all([case], perturbed=PERTURBATIONS, observed=True))


class Tally:
    """Figures by scheme, and the lines that name what differs."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.unexplained = 0

    def add(self, case: Case, theirs: Answer, mine: Answer, referee: Referee) -> list[str]:
        """Count one case; return what differs and why."""
        counts = self.counts[case.scheme]
        counts["pairs"] += 1
        if theirs.error or mine.error:
            return self._errors(counts, theirs, mine)
        counts["compared"] += 1
        tensors = sorted(theirs.encodings.keys() | mine.encodings.keys())
        wrong = [t for t in tensors if encodings_differ(theirs.encodings, mine.encodings, t)]
        pairs = list(zip(theirs.outputs, mine.outputs, strict=True))
        shares = [off_share(*pair) for pair in pairs]
        off = [number for number, share in enumerate(shares) if share > OFF_SHARE]
        counts["tensors"] += len(tensors)
        counts["tensors agree"] += len(tensors) - len(wrong)
        counts["outputs"] += len(pairs)
        counts["outputs agree"] += len(pairs) - len(off)
        counts["outputs identical"] += sum(share == 0 for share in shares)
        counts["pairs agree"] += not wrong and not off
        if not wrong and not off:
            return []
        return self._trace(case, mine, wrong, off, referee)

    def _errors(self, counts: Counter[str], theirs: Answer, mine: Answer) -> list[str]:
        if theirs.error and mine.error:
            counts["refused by both"] += 1
            return []
        if theirs.error:
            counts["AIMET cannot run"] += 1
            return [f"AIMET alone cannot run it: {theirs.error[:150]}"]
        if str(mine.error).startswith(NOT_FINITE):
            counts["NaN or infinity, which we refuse"] += 1
            return []
        self.unexplained += 1
        counts["we alone refuse"] += 1
        return [f"we alone refuse it: {mine.error}"]

    def _trace(
        self, case: Case, mine: Answer, wrong: list[str], off: list[int], referee: Referee
    ) -> list[str]:
        counts, lines = self.counts[case.scheme], []
        detail = referee.explain(case)
        theirs, values = read_answer(detail), read_arrays(detail["values"])
        moved = [read_answer(answer) for answer in detail["perturbed"]]
        for tensor in wrong:
            cause, note, alike = trace_encoding(
                case, tensor, theirs.encodings, mine.encodings, [m.encodings for m in moved], values
            )
            counts[f"tensors: {cause}"] += 1
            counts["tensors alike given AIMET's values"] += alike
            self.unexplained += cause == "unexplained"
            lines.append(f"{tensor}: {cause}: {note}")
        for number in off:
            cause, note = trace_output(
                case, number, theirs.outputs, [m.outputs for m in moved], values, bool(wrong)
            )
            counts[f"outputs: {cause}"] += 1
            self.unexplained += cause == "unexplained"
            share = off_share(theirs.outputs[number], mine.outputs[number])
            lines.append(f"output {number}: {share:.1%} of elements off: {cause}: {note}")
        return lines

    def report(self) -> Iterator[str]:
        """Say the figures of every scheme, and of all."""
        total: Counter[str] = Counter()
        for scheme, counts in self.counts.items():
            total.update(counts)
            yield f"{scheme}: {figures(counts)}"
        if len(self.counts) > 1:
            yield f"all: {figures(total)}"


def figures(counts: Mapping[str, int]) -> str:
    """Say the figures of one scheme."""
    share = counts["tensors agree"] / max(1, counts["tensors"])
    alike = counts["tensors alike given AIMET's values"]
    rest = [f"{name} {count}" for name, count in sorted(counts.items()) if ": " in name]
    apart = [
        f"{counts[name]} {name}"
        for name in (
            "refused by both",
            "AIMET cannot run",
            "NaN or infinity, which we refuse",
            "we alone refuse",
        )
        if counts[name]
    ]
    return (
        f"{counts['pairs agree']} of {counts['compared']} pairs agree, encodings "
        f"{counts['tensors agree']} of {counts['tensors']} ({share:.2%}), given what AIMET's "
        f"quantizers were shown {counts['tensors agree'] + alike}, outputs "
        f"{counts['outputs agree']} of {counts['outputs']}, {counts['outputs identical']} of them "
        f"without any element off"
        + (f"; differences: {', '.join(rest)}" if rest else "")
        + (f"; not compared: {', '.join(apart)}" if apart else "")
    )


def main() -> int:
    """Run the comparison; exit 0 when every difference is explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--scheme", choices=SCHEMES, help="this scheme only")
    parser.add_argument("--samples", action="store_true", help="sample models × presets instead")
    parser.add_argument("--models", nargs="+", help="with --samples: these models only")
    arguments = parser.parse_args()
    if arguments.samples:
        schemes = [arguments.scheme] if arguments.scheme else SCHEMES
        cases = list(sample_cases(schemes, arguments.models))
    else:
        seeds = range(arguments.seed, arguments.seed + arguments.pairs)
        cases = [random_case(seed, arguments.scheme) for seed in seeds]
    asked, explaining = Referee(arguments.referee), Referee(arguments.referee)
    tally = Tally()
    for start in range(0, len(cases), 50):
        part = cases[start : start + 50]
        for case, line in zip(part, asked.ask_all(part), strict=True):
            for found in tally.add(case, read_answer(line), ours(case), explaining):
                print(f"{case.label}: {found}", flush=True)
        print(f"… {start + len(part)} pairs", file=sys.stderr)
    for line in tally.report():
        print(line)
    return int(tally.unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
