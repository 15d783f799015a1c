"""Let the real AIMET load exported encodings strictly, simulate with them, export them again.

    python tests/parity/compare_export.py --referee /path/to/aimet/bin/python

`--referee` is a Python with aimet-onnx 2.42.0 installed. For every sample model and configuration,
in each of the three formats: AIMET must accept the document with strict checks, its simulated
outputs must be ours, and the encodings that it exports then must be those of the document. The last
line gives the figures.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from quantsim_viz import export, load_config, load_model, resolve, run  # noqa: E402 - path set first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Array = np.ndarray[Any, Any]

SAMPLES = HERE.parents[1] / "sample_models"
MODELS = ("digits_cnn", "digits_mobilenet", "digits_vit")
CONFIGS = ("default_config", "aimet_default", "aimet_default_per_channel")
VERSIONS = ("0.6.1", "1.0.0", "2.0.0")
BITS = ((8, 8), (4, 8), (8, 16), ("float16", "float16"))

STEP_SHARE = 0.01
"""Share of an output's elements that may be off by a rounding tie seen differently."""


def make_job(model: str, config: str, bits: Sequence[Any], folder: Path) -> dict[str, Any]:
    """Export one simulation in every format and simulate it ourselves."""
    loaded = load_model(SAMPLES / f"{model}.onnx")
    rules = load_config(config)
    calibration, evaluation = (digits(name) for name in ("calibration", "test"))
    options = {"param_bits": bits[0], "act_bits": bits[1], "calibration": calibration}
    cascade = resolve(loaded, rules, param_bits=bits[0], act_bits=bits[1])
    documents = {
        version: export(loaded, cascade, evaluation, format=f"aimet-{version}", **options)
        for version in VERSIONS
    }
    np.savez(folder / "data.npz", **evaluation)
    return {
        "id": f"{model} {config} {bits[0]}/{bits[1]}",
        "model": str(SAMPLES / f"{model}.onnx"),
        "config": json.loads(rules.document.text),
        "bits": list(bits),
        "data": str(folder / "data.npz"),
        "folder": str(folder),
        "documents": documents,
        "ours": run(loaded, evaluation, config=cascade, **options),
    }


def digits(name: str) -> dict[str, Array]:
    """Return 64 samples of the digits."""
    with np.load(SAMPLES / f"digits_{name}.npz") as arrays:
        return {key: arrays[key][:64] for key in arrays.files if key != "labels"}


def ask(referee: str, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the referee's answer."""
    sent = {key: value for key, value in job.items() if key != "ours"}
    done = subprocess.run(
        [referee, "-W", "ignore", str(HERE / "export_referee.py")],
        input=json.dumps(sent),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def differences(document: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    """Name the tensors whose encodings AIMET exports otherwise than it was given them.

    AIMET 2.0.0 adds encodings to outputs of operators that only move data; those are not counted.
    """
    given, returned = entries(document), entries(again)
    for name, entry in given.items():
        if name not in returned:
            yield f"{name} is missing"
        elif not same(entry, returned[name]):
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
    """Return the share of elements off by more than 1e-4 of the range, and the largest error."""
    width = float(np.ptp(ours)) or 1.0
    error = np.abs(ours.astype(np.float64) - theirs) / width
    return float((error > 1e-4).mean()), float(error.max())


def main() -> int:
    """Run the comparison; exit 0 when everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    parser.add_argument("--all-bits", action="store_true", help="other bit widths than 8/8 too")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    arguments = parser.parse_args()
    loaded = equal = agree = total = tensors = identical = 0
    bits_tried = BITS if arguments.all_bits else BITS[:1]
    for case in ((m, c, b) for m in arguments.models for c in CONFIGS for b in bits_tried):
        with tempfile.TemporaryDirectory() as scratch:
            job = make_job(*case, Path(scratch))
            for version, answer in ask(arguments.referee, job)["formats"].items():
                total += 1
                if answer["error"]:
                    print(f"{job['id']} {version}: refused: {answer['error']}")
                    continue
                loaded += 1
                found = list(differences(job["documents"][version], answer["again"]))
                equal += not found
                tensors += len(entries(job["documents"][version]))
                with np.load(answer["outputs"]) as arrays:
                    theirs = [arrays[str(number)] for number in range(len(arrays.files))]
                pairs = zip(job["ours"].values(), theirs, strict=True)
                shares = [output_error(*pair) for pair in pairs]
                agree += all(share <= STEP_SHARE for share, _ in shares)
                identical += all(largest <= 1e-6 for _, largest in shares)
                worst = max(share for share, _ in shares)
                largest = max(error for _, error in shares)
                print(
                    f"{job['id']} {version}: {len(found)} encodings differ"
                    f"{': ' + found[0] if found else ''}; outputs: {worst:.2%} of elements off, "
                    f"by at most {largest:.1e} of the range",
                    flush=True,
                )
    print(
        f"{loaded} of {total} documents loaded strictly, {equal} exported again as they were"
        f" ({tensors} encodings), outputs agree in {agree} and are identical in {identical}"
    )
    return int(not loaded == equal == agree == total)


if __name__ == "__main__":
    sys.exit(main())
