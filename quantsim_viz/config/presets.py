"""The configurations that come with the software."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.data_files import configs_folder

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Preset:
    """One of them.

    Attributes:
        name: What names it on the command line: its file's name without `.json`.
        title: A few words for a menu.
        description: What it says, and what it is good for.
        path: Its file.
    """

    name: str
    title: str
    description: str
    path: Path


_PRESETS: tuple[tuple[str, str, str], ...] = (
    (
        "default_config",
        "Documented default",
        "The default configuration of AIMET's documentation: everything quantized but biases,"
        " activations joined in four supergroups. The one to start from.",
    ),
    (
        "documented_example",
        "Documented example",
        "The same with the page's illustration of op_type: the outputs of Squeeze are not"
        " quantized.",
    ),
    (
        "aimet_default",
        "AIMET-ONNX default, per tensor",
        "Equal to the default_config.json that aimet-onnx 2.42 ships: symmetric parameters, one"
        " encoding a tensor.",
    ),
    (
        "aimet_default_per_channel",
        "AIMET-ONNX default",
        "Equal to what aimet-onnx 2.42 loads when no configuration is given: as before, with one"
        " encoding a channel for the weights of Conv, ConvTranspose, Gemm and MatMul.",
    ),
    (
        "only_listed_ops",
        "Only listed operators",
        "Nothing is quantized by default; op_type turns on the operators that most integer kernels"
        " cover.",
    ),
    (
        "weights_only",
        "Weights only",
        "Weights are quantized, activations and inputs are not. AIMET refuses it on a model with"
        " float constants, because model_input is empty.",
    ),
)


def list_presets() -> tuple[Preset, ...]:
    """Return every preset, the one to start from first."""
    folder = configs_folder()
    return tuple(
        Preset(name, title, description, folder / f"{name}.json")
        for name, title, description in _PRESETS
    )


def preset(name: str) -> Preset | None:
    """Return the preset of that name (`.json` may follow it), None when there is none."""
    wanted = name.removesuffix(".json")
    return next((entry for entry in list_presets() if entry.name == wanted), None)
