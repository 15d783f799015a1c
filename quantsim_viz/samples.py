"""The sample models that come with the software: trained networks with data to measure them on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from quantsim_viz.data_files import sample_models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A trained network and its data.

    Attributes:
        name: Its file name without suffix, such as `digits_cnn`.
        title: What to call it on screen.
        description: One sentence: what is in it.
        model: The ONNX file.
        data: Held-out images with labels (`.npz`).
        calibration: Training images to find ranges with (`.npz`).
        metric: What its accuracy is measured in (`top1`).
        float_accuracy: That metric of the float model on `data`, in [0, 1].
        nodes: How many nodes it has.
    """

    name: str
    title: str
    description: str
    model: Path
    data: Path
    calibration: Path
    metric: str
    float_accuracy: float
    nodes: int


@cache
def preset_figures() -> Mapping[str, Any]:
    """Return what every preset does to every sample, as measured (`docs/presets.md`).

    Returns:
        By sample `float`, its float accuracy, and `presets`: by name the nodes by status, the
        simulated accuracy and the output's SQNR, None where AIMET refuses the preset.
    """
    path = sample_models_folder() / "presets_measured.json"
    figures: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures


@cache
def list_samples() -> tuple[Sample, ...]:
    """Return the sample models, smallest first."""
    folder = sample_models_folder()
    document = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    return tuple(
        Sample(
            name=entry["name"],
            title=entry["title"],
            description=entry["description"],
            model=folder / entry["model"],
            data=folder / entry["data"],
            calibration=folder / entry["calibration"],
            metric=entry["metric"],
            float_accuracy=entry["float_accuracy"],
            nodes=entry["nodes"],
        )
        for entry in document["samples"]
    )
