"""Files that travel with the package: the presets and the sample models.

In a checkout they are the folders `configs` and `sample_models` at its root; in an installed
package they are below `quantsim_viz/_data`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Sample:
    """A trained network that is shipped, with its data.

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


def shipped_folder(name: Literal["configs", "sample_models"]) -> Path:
    """Return the folder that holds the shipped presets or samples."""
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / "_data" / name


@cache
def list_samples() -> tuple[Sample, ...]:
    """Return the shipped sample models, smallest first."""
    folder = shipped_folder("sample_models")
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
