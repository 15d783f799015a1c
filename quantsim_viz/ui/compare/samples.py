"""What samples look like, where a model takes images."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.model import Model

LARGEST = 96
"""Longest side of a picture in pixels; larger ones are scaled down."""

SMALLEST = 4
"""An input whose height or width is below this is no image."""

Array = np.ndarray[Any, Any]


def pictures_of(model: Model, data: Any, chosen: Sequence[int]) -> list[str | None]:
    """Return samples as PNG data URIs, None each where the model takes no image.

    An image is the only input, of four axes, with one or three channels first or last. Values are
    scaled so that the smallest of the shown samples is black and the largest white.

    Args:
        model: The model.
        data: All samples (`sim.data.ArrayData`).
        chosen: Numbers of samples in them.
    """
    names = [name for name in model.graph.inputs if name in data.arrays]
    array = data.arrays[names[0]] if len(names) == 1 else np.zeros(0)
    axis = _channel_axis(array.shape)
    if axis is None or not chosen:
        return [None] * len(chosen)
    picked = np.moveaxis(array[data.order[list(chosen)]], axis, -1).astype(np.float64)
    low, high = float(picked.min()), float(picked.max())
    pixels = ((picked - low) / ((high - low) or 1.0) * 255).round().astype(np.uint8)
    return [_png(image) for image in pixels]


def _channel_axis(shape: Sequence[int]) -> int | None:
    if len(shape) != 4:
        return None
    for axis, sides in ((1, shape[2:]), (3, shape[1:3])):
        if shape[axis] in (1, 3) and min(sides) >= SMALLEST:
            return axis
    return None


def _png(pixels: Array) -> str:
    from PIL import Image

    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((LARGEST, LARGEST))
    held = io.BytesIO()
    picture.save(held, "PNG")
    return f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"
