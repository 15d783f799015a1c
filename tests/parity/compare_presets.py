"""Compare `resolve` with the real AIMET for every preset on every sample model.

    python tests/parity/compare_presets.py --referee /path/to/aimet/bin/python

`--referee` is a Python with aimet-onnx 2.42.0 installed (docs/parity.md says how to get one).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import onnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from compare_resolve import ask, differences, ours  # noqa: E402 - the path is set first

from quantsim_viz.config import list_presets  # noqa: E402
from quantsim_viz.samples import list_samples  # noqa: E402

BIT_WIDTHS = ((8, 8), (8, 16))


def main() -> int:
    """Run the comparison; exit 0 when every pair agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    cases = [
        {
            "seed": f"{entry.name} on {sample.name}, {bits[1]}-bit activations",
            "model": onnx.load(sample.model),
            "config": json.loads(entry.path.read_text(encoding="utf-8")),
            "bits": bits,
        }
        for sample in list_samples()
        for entry in list_presets()
        for bits in BIT_WIDTHS
    ]
    agreed = quantizers = refused = 0
    answers = ask(parser.parse_args().referee, cases)
    for case, theirs in zip(cases, answers, strict=True):
        found = differences(theirs, ours(case))
        agreed += not found
        refused += bool(theirs["error"])
        quantizers += len(theirs["quantizers"] or ())
        for line in found:
            print(f"{case['seed']}: {line}")
    print(f"{agreed} of {len(cases)} agree: {quantizers} quantizers, {refused} refused by AIMET")
    return int(agreed != len(cases))


if __name__ == "__main__":
    raise SystemExit(main())
