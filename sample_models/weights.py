"""Trained weights in and out of plain `.npz` archives, which cannot execute anything when read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import nn

FOLDER = Path(__file__).resolve().parent / "weights"

ModuleT = TypeVar("ModuleT", bound="nn.Module")


def weights_path(name: str) -> Path:
    """Return where the trained weights of the sample called `name` are kept."""
    return FOLDER / f"{name}.npz"


def load_weights(module: ModuleT, name: str) -> ModuleT:
    """Fill `module` with the trained weights of the sample `name`, ready for inference."""
    with np.load(weights_path(name), allow_pickle=False) as archive:
        state = {key: torch.from_numpy(archive[key]) for key in archive.files}
    module.load_state_dict(state)
    return module.eval()


def save_weights(module: nn.Module, name: str) -> None:
    """Write the weights and running statistics of `module` as the trained sample `name`."""
    FOLDER.mkdir(exist_ok=True)
    state = {key: value.detach().cpu().numpy() for key, value in module.state_dict().items()}
    np.savez_compressed(weights_path(name), **state)


def example_images() -> tuple[torch.Tensor]:
    """Return the inputs a sample is traced with: two images, `[2, 1, 8, 8]`, grey in [0, 1]."""
    return (torch.linspace(0, 1, 2 * 8 * 8).reshape(2, 1, 8, 8),)
