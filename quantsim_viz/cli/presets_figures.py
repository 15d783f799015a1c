"""What each preset does to each sample model, measured.

`python -m quantsim_viz.cli.presets_figures > sample_models/presets_measured.json` takes a minute.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from quantsim_viz import load_config, load_model, resolve
from quantsim_viz.config import list_presets
from quantsim_viz.resolve.settings import Status
from quantsim_viz.samples import list_samples

if TYPE_CHECKING:
    from quantsim_viz.config import Preset
    from quantsim_viz.model import Model
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.samples import Sample

SCHEME = "min_max"


def measure_all() -> dict[str, Any]:
    """Return the figures of every preset on every sample, by name of sample and of preset."""
    return {
        sample.name: {
            "float": round(sample.float_accuracy, 6),
            "presets": {
                entry.name: measure(load_model(sample.model), sample, entry)
                for entry in list_presets()
            },
        }
        for sample in list_samples()
    }


def measure(model: Model, sample: Sample, entry: Preset) -> dict[str, Any]:
    """Simulate one preset on one sample, as `quantsim-viz simulate` does with its data.

    Returns:
        `statuses` as `count_statuses` gives them, `top1` as a share and `output_sqnr_db`, that of
        the model's one output; where AIMET refuses the preset, no statuses and None for both.
    """
    from quantsim_viz import simulate

    cascade = resolve(model, load_config(entry.path))
    if cascade.error is not None:
        return {"statuses": {}, "top1": None, "output_sqnr_db": None}
    report = simulate(
        model, entry.name, sample.data, scheme=SCHEME, calibration=sample.calibration
    ).to_dict()
    (output,) = report["outputs"].values()
    return {
        "statuses": count_statuses(cascade),
        "top1": round(report["metric"]["simulated"], 6),
        "output_sqnr_db": round(output["cumulative"]["sqnr_db"], 2),
    }


def count_statuses(cascade: Cascade) -> dict[str, int]:
    """Return how many nodes have which status; constants are no nodes here."""
    nodes = cascade.to_dict()["nodes"].values()
    counts = Counter(node["status"] for node in nodes if node["op_type"] != "Constant")
    return {status.value: counts[status.value] for status in Status if counts[status.value]}


if __name__ == "__main__":
    json.dump(measure_all(), sys.stdout, indent=1)
    sys.stdout.write("\n")
