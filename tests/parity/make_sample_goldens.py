"""Write what the real AIMET makes of the samples: `tests/conformance/goldens/samples.json.gz`.

    python tests/parity/make_sample_goldens.py --referee /path/to/aimet/bin/python

`--referee` is a Python with aimet-onnx 2.42.0 installed (docs/parity.md says how to get one).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from compare_resolve import FIELDS, ask  # noqa: E402 - the path is set first

from quantsim_viz.samples import list_samples  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = HERE.parents[1]
TARGET = ROOT / "tests" / "conformance" / "goldens" / "samples.json.gz"
CONFIGS = (
    "default_config",
    "documented_example",
    "aimet_default",
    "aimet_default_per_channel",
    "only_listed_ops",
    "weights_only",
)
BIT_WIDTHS = ((8, 8), (4, 16))
COLUMNS = (*FIELDS, "tied_to")


def main() -> None:
    """Ask about every sample, configuration and pair of bit widths; write the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    configs = [
        [name, json.loads((ROOT / "configs" / f"{name}.json").read_text())] for name in CONFIGS
    ]
    cases = [
        {
            "seed": f"{sample.name} {position} {bits}",
            "model": onnx.load(sample.model),
            "config": config,
            "bits": bits,
            "sample": sample.name,
            "position": position,
        }
        for sample in list_samples()
        for position, (_, config) in enumerate(configs)
        for bits in BIT_WIDTHS
    ]
    models: dict[str, dict[str, Any]] = {}
    for case, answer in zip(cases, ask(parser.parse_args().referee, cases), strict=True):
        entry = {"name": case["sample"], "outcomes": [], "cases": []}
        entry = models.setdefault(case["sample"], entry)
        entry["cases"].append([case["position"], *case["bits"], len(entry["outcomes"])])
        entry["outcomes"].append(None if answer["error"] else rows(answer["quantizers"]))
    document = {"configs": configs, "fields": COLUMNS, "models": list(models.values())}
    text = json.dumps(document, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(cases)} cases, {TARGET.stat().st_size:,} bytes")


def rows(quantizers: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Keep the enabled quantizers, a list of fields each."""
    return {
        name: [quantizer[field] for field in COLUMNS]
        for name, quantizer in quantizers.items()
        if quantizer["enabled"]
    }


if __name__ == "__main__":
    main()
