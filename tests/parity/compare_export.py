"""Let the real AIMET load exported encodings strictly, simulate with them, export them again.

    python tests/parity/compare_export.py --referee /path/to/aimet/bin/python
    python tests/parity/compare_export.py --referee /path/to/aimet/bin/python --presets
    python tests/parity/compare_export.py --referee /path/to/aimet/bin/python --pairs 200

`--referee` is a Python with aimet-onnx 2.42.0 installed. For the sample models with three
configurations, with every preset, or for random networks and configurations, in each of the three
formats: AIMET must accept the document with strict checks, its simulated outputs must be ours, and
the encodings that it exports then must be those of the document. Where more of an output is off
than ties allow for, the first tensor that differs is traced (`trace_difference.py`). The last lines
give the figures; the exit status is 0 when nothing is left unexplained.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from compare_simulation import (  # noqa: E402 - the path is set first
    Referee,
    ours,
    read_answer,
    read_arrays,
)
from simulation_cases import Case, random_case, sample_cases  # noqa: E402
from trace_difference import encodings_differ, first_divergence, off_share  # noqa: E402

from quantsim_viz import export, load_config, load_model, resolve, run  # noqa: E402
from quantsim_viz.errors import QuantSimError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Array = np.ndarray[Any, Any]

SAMPLES = HERE.parents[1] / "sample_models"
MODELS = ("digits_cnn", "digits_mobilenet", "digits_vit")
CONFIGS = ("default_config", "aimet_default", "aimet_default_per_channel")
VERSIONS = ("0.6.1", "1.0.0", "2.0.0")
BITS = ((8, 8), (4, 8), (8, 16), ("float16", "float16"))

STEP_SHARE = 0.01
"""Share of an output's elements that may be off by a rounding tie seen differently."""


def chosen_cases(models: Sequence[str], bits_tried: Sequence[Any]) -> Iterator[Case]:
    """Yield sample models with the three configurations."""
    calibration, evaluation = (digits(name) for name in ("calibration", "test"))
    for model, config, bits in itertools.product(models, CONFIGS, bits_tried):
        document = json.loads(load_config(config).document.text)
        proto = onnx.load(SAMPLES / f"{model}.onnx")
        batches = (calibration, evaluation)
        yield Case(f"{model} {config}", proto, document, bits, "min_max", 100.0, batches)


def digits(name: str) -> dict[str, Array]:
    """Return 64 samples of the digits."""
    with np.load(SAMPLES / f"digits_{name}.npz") as arrays:
        return {key: arrays[key][:64] for key in arrays.files if key != "labels"}


def make_job(case: Case, folder: Path, refused: Counter[str]) -> dict[str, Any]:
    """Export one simulation in every format that can express it and simulate it ourselves.

    Args:
        case: The simulation.
        folder: Where model and data go.
        refused: Counts the formats that cannot.

    Raises:
        QuantSimError: The case cannot be simulated or exported.
    """
    loaded = load_model(case.model.SerializeToString())
    bits = {"param_bits": case.bits[0], "act_bits": case.bits[1]}
    cascade = resolve(loaded, load_config(case.config), **bits)
    options = {
        **bits,
        "calibration": list(case.batches[:-1]),
        "scheme": case.scheme,
        "percentile": case.percentile,
    }
    evaluation = [case.batches[-1]]
    documents = {}
    for version in VERSIONS:
        target = f"aimet-{version}"
        try:
            documents[version] = export(loaded, cascade, evaluation, format=target, **options)
        except QuantSimError as error:
            if error.code != "not-expressible":
                raise
            refused[f"{target} {error.code}"] += 1
    np.savez(folder / "data.npz", **case.batches[-1])
    onnx.save(case.model, folder / "model.onnx")
    return {
        "id": case.label,
        "model": str(folder / "model.onnx"),
        "config": case.config,
        "bits": list(case.bits),
        "data": str(folder / "data.npz"),
        "folder": str(folder),
        "documents": documents,
        "ours": run(loaded, evaluation, config=cascade, **options),
    }


def loadable(case: Case) -> Case:
    """Return a case without `strict_symmetric`.

    AIMET sets that flag on asymmetric quantizers too, and then loads no encoding strictly, its own
    neither.
    """
    config = copy.deepcopy(case.config)
    config["defaults"].pop("strict_symmetric", None)
    return replace(case, config=config)


def differences(document: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    """Name the tensors whose encodings AIMET exports otherwise than it was given them.

    AIMET 2.0.0 adds encodings to outputs of operators that only move data, and biases of 32 bits
    are left out, as it is asked to here; those are not counted.
    """
    given, returned = entries(document), entries(again)
    for name, entry in given.items():
        if name not in returned and has_32_bits(entry):
            continue
        if name not in returned:
            yield f"{name} is missing"
        if name in returned and not same(entry, returned[name]):
            yield f"{name}: {str(entry)[:120]} came back as {str(returned[name])[:120]}"
    if again["version"] != "2.0.0":
        yield from (f"{name} is new" for name in returned.keys() - given.keys())


def entries(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return every entry of a document by tensor."""
    found: dict[str, Any] = {}
    for section in ("activation_encodings", "param_encodings", "encodings"):
        part = document.get(section, {})
        found |= part if isinstance(part, dict) else {entry["name"]: entry for entry in part}
    return found


def has_32_bits(entry: Any) -> bool:
    """Tell whether an entry of any version has 32 bits."""
    first = entry[0] if isinstance(entry, list) else entry
    width = first.get("bitwidth") or first.get("bw") or first["output_dtype"]
    return str(width).endswith("32")


def same(one: Any, other: Any) -> bool:
    """Compare two pieces of JSON; numbers within double precision's rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool | str):
        return bool(one == other)
    return bool(np.isclose(one, other, rtol=1e-12, atol=0.0))


def output_error(ours: Array, theirs: Array) -> tuple[float, float]:
    """Return the share of elements that are off, and the largest error by the range."""
    width = float(np.ptp(ours)) if ours.size else 0.0
    with np.errstate(invalid="ignore"):
        error = np.abs(ours.astype(np.float64) - theirs) / (width or 1.0)
    return off_share(theirs, ours), float(np.nan_to_num(error, nan=0.0).max(initial=0.0))


def cause_of(case: Case, explaining: Referee) -> str:
    """Trace why outputs differ, in a simulation that AIMET calibrates itself to our encodings."""
    detail = explaining.explain(case)
    theirs, mine = read_answer(detail).encodings, ours(case).encodings
    if any(encodings_differ(theirs, mine, tensor) for tensor in theirs):
        return "unexplained: AIMET's own calibration gives other encodings"
    return ": ".join(first_divergence(case, read_arrays(detail["values"])))


class Tally:
    """Figures, and the lines that name what differs.

    Args:
        explaining: Whom to ask about outputs that differ.
    """

    def __init__(self, explaining: Referee) -> None:
        self.counts: Counter[str] = Counter()
        self._explaining = explaining
        self._causes: dict[str, str] = {}

    def add(
        self, case: Case, job: Mapping[str, Any], version: str, answer: Mapping[str, Any]
    ) -> str | None:
        """Count one document; return what is to be said of it."""
        counts, document = self.counts, job["documents"][version]
        counts["documents"] += 1
        if answer["error"]:
            return f"refused: {answer['error']}"
        counts["loaded"] += 1
        found = list(differences(document, answer["again"]))
        counts["equal"] += not found
        counts["encodings"] += len(entries(document))
        with np.load(answer["outputs"]) as arrays:
            theirs = [arrays[str(number)] for number in range(len(arrays.files))]
        errors = [output_error(*pair) for pair in zip(job["ours"].values(), theirs, strict=True)]
        share, largest = max(share for share, _ in errors), max(error for _, error in errors)
        counts["agree"] += share <= STEP_SHARE
        counts["identical"] += largest <= 1e-6
        if not found and share == 0:
            return None
        line = (
            f"{len(found)} encodings differ{': ' + found[0] if found else ''}; outputs: "
            f"{share:.2%} of elements off, by at most {largest:.1e} of the range"
        )
        return line if share <= STEP_SHARE else f"{line}; {self._explained(case)}"

    def _explained(self, case: Case) -> str:
        """Return why a case's outputs differ, traced once for all formats."""
        if case.label not in self._causes:
            self._causes[case.label] = cause_of(case, self._explaining)
        cause = self._causes[case.label]
        self.counts[f"outputs: {cause.partition(':')[0]}"] += 1
        return cause

    def __str__(self) -> str:
        counts = self.counts
        rest = [f"{name} {count}" for name, count in sorted(counts.items()) if ": " in name]
        return (
            f"{counts['loaded']} of {counts['documents']} documents loaded strictly, "
            f"{counts['equal']} exported again as they were ({counts['encodings']} encodings), "
            f"outputs agree in {counts['agree']} and are identical in {counts['identical']}"
            + (f"; differences: {', '.join(rest)}" if rest else "")
        )

    @property
    def is_explained(self) -> bool:
        """Whether every document loads, comes back as it was, and gives outputs that are ours."""
        counts = self.counts
        whole = counts["documents"] == counts["loaded"] == counts["equal"]
        return whole and not counts["outputs: unexplained"]


def main() -> int:
    """Run the comparison; exit 0 when everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    parser.add_argument("--all-bits", action="store_true", help="other bit widths than 8/8 too")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--presets", action="store_true", help="sample models × presets")
    parser.add_argument("--pairs", type=int, help="so many random networks instead")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    if arguments.pairs:
        seeds = range(arguments.seed, arguments.seed + arguments.pairs)
        cases: Iterable[Case] = (loadable(random_case(seed)) for seed in seeds)
    elif arguments.presets:
        every = sample_cases(("min_max",))
        cases = (loadable(case) for case in every if case.name.split()[0] in arguments.models)
    else:
        cases = chosen_cases(arguments.models, BITS if arguments.all_bits else BITS[:1])
    tally, ours_refused = Tally(Referee(arguments.referee)), Counter[str]()
    referee = Referee(arguments.referee, "export_referee.py")
    unbuilt = 0
    for case in cases:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                job = make_job(case, Path(scratch), ours_refused)
            except QuantSimError as error:
                ours_refused[error.code] += 1
                continue
            sent = json.dumps({key: value for key, value in job.items() if key != "ours"})
            found = next(referee.answer_all([sent]))
            if "unbuilt" in found:
                unbuilt += 1
                print(f"{job['id']}: AIMET cannot build it: {found['unbuilt'][:250]}", flush=True)
                continue
            for version, answer in found["formats"].items():
                line = tally.add(case, job, version, answer)
                if line:
                    print(f"{job['id']} {version}: {line}", flush=True)
    print(tally)
    if ours_refused:
        print(f"not exported: {', '.join(f'{code} {n}' for code, n in ours_refused.items())}")
    if unbuilt:
        print(f"not compared: {unbuilt} cases whose simulation AIMET cannot build")
    return int(not tally.is_explained)


if __name__ == "__main__":
    sys.exit(main())
