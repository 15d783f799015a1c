"""A folder of images as data: read in name order, scaled to the model's input, normalised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.model import Model

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")

Image = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """Where images are, and how they are normalised: (pixel / 255 − mean) / deviation.

    Attributes:
        path: The folder.
        mean: One number for all channels, or one a channel.
        deviation: The same.
    """

    path: str
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)


def list_images(folder: str) -> list[Path]:
    """Return a folder's images by name."""
    return sorted(file for file in Path(folder).iterdir() if file.suffix.lower() in SUFFIXES)


def read_images(folder: ImageFolder, model: Model) -> dict[str, Image]:
    """Return a folder's images as the model's input, `[N, C, H, W]` in float32.

    Raises:
        DataError: The model takes no images (`not-an-image-model`), the folder holds none
            (`no-images`), one cannot be read (`bad-image`), or mean and deviation do not fit the
            channels (`bad-normalisation`).
    """
    name, channels, height, width = _image_input(model)
    files = list_images(folder.path)
    if not files:
        raise DataError(
            f"{folder.path} holds no images",
            code="no-images",
            hint=f"expected files ending in {', '.join(SUFFIXES)}",
        )
    mean, deviation = (
        _per_channel(values, channels, word)
        for values, word in ((folder.mean, "mean"), (folder.deviation, "deviation"))
    )
    if not np.all(deviation > 0):
        raise DataError(
            "The deviation must be above zero",
            code="bad-normalisation",
            hint="write 1 for none, or one number a channel",
        )
    images = np.stack([_read(file, channels, height, width) for file in files])
    return {name: ((images - mean) / deviation).astype(np.float32)}


def _image_input(model: Model) -> tuple[str, int, int, int]:
    graph = model.graph
    names = [name for name in graph.inputs if not graph.tensors[name].is_initializer]
    shape = graph.tensors[names[0]].shape if len(names) == 1 else None
    if shape is None or len(shape) != 4 or not all(isinstance(d, int) for d in shape[1:]):
        raise DataError(
            f"{model.name} does not take images: expected one input of shape"
            " [batch, channels, height, width] with known lengths",
            code="not-an-image-model",
            hint="save the data as .npz under the names of the model's inputs",
        )
    _, channels, height, width = shape
    assert isinstance(channels, int)
    assert isinstance(height, int)
    assert isinstance(width, int)
    return names[0], channels, height, width


def _per_channel(values: Sequence[float], channels: int, word: str) -> Image:
    if len(values) not in (1, channels):
        raise DataError(
            f"{len(values)} numbers as {word}, but the model's input has {channels} channels",
            code="bad-normalisation",
            hint=f"write 1 number or {channels}",
        )
    spread = np.asarray(values, dtype=np.float32)
    return np.broadcast_to(spread, (channels,)).reshape(channels, 1, 1)


def _read(file: Path, channels: int, height: int, width: int) -> Image:
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with Pillow.open(file) as opened:
            picture = opened.convert("L" if channels == 1 else "RGB").resize((width, height))
    except (OSError, UnidentifiedImageError, Pillow.DecompressionBombError) as error:
        raise DataError(
            f"{file.name} cannot be read as an image",
            code="bad-image",
            hint="take it out of the folder, or save it again",
            path=str(file),
        ) from error
    pixels: Image = np.asarray(picture, dtype=np.float32) / np.float32(255)
    if channels == 1:
        return pixels[None]
    if channels != 3:
        raise DataError(
            f"The model's input has {channels} channels; images have 1 or 3",
            code="not-an-image-model",
            hint="save the data as .npz under the names of the model's inputs",
        )
    return pixels.transpose(2, 0, 1)
