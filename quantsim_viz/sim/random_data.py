"""Random data, for when there are none: good for trying things out, never for judging accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import DataError
from quantsim_viz.sim.checks import fed_inputs

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Model, Tensor

    Array = np.ndarray[Any, Any]

RANDOM_SAMPLES = 32
"""Samples drawn unless the caller wants another number."""

_IMAGE_SIDE, _LENGTH = 64, 16  # for free dimensions: of rank-4 inputs, and of others


def random_arrays(model: Model, samples: int, seed: int) -> dict[str, Array]:
    """Draw data of the shapes that a model takes.

    Floats are standard normal, integers 0 or 1 (safe as indices), booleans even. A dimension
    without a fixed length gets 64 in inputs of rank 4 and 16 in others; one name, one length.

    Args:
        model: The model.
        samples: Length of the first axis, rounded up to what the model insists on.
        seed: Equal seeds give equal data.
    """
    rng = np.random.default_rng(seed)
    free: dict[str, int] = {}
    inputs = fed_inputs(model)
    fixed = [t.shape[0] for t in inputs if t.shape and isinstance(t.shape[0], int)]
    multiple = max((int(length) for length in fixed if isinstance(length, int)), default=1)
    one_run = bool(fixed) and (len(set(fixed)) > 1 or len(fixed) < len(inputs))
    rows = multiple if one_run else -(-samples // max(1, multiple)) * multiple
    arrays = {}
    for tensor in inputs:
        shape = [_length(tensor, axis, free, rows) for axis in range(len(tensor.shape or ()))]
        if one_run and tensor.shape and isinstance(tensor.shape[0], int):
            shape[0] = tensor.shape[0]
        arrays[tensor.name] = _draw(tensor, tuple(shape), rng)
    return arrays


def _length(tensor: Tensor, axis: int, free: dict[str, int], rows: int) -> int:
    shape = tensor.shape or ()
    dimension = shape[axis]
    if axis == 0:
        if isinstance(dimension, str):
            free[dimension] = rows
        return rows
    if isinstance(dimension, int):
        return dimension
    default = _IMAGE_SIDE if len(shape) == 4 else _LENGTH
    return default if dimension is None else free.setdefault(dimension, default)


def _draw(tensor: Tensor, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    dtype = tensor.dtype or "float32"
    if dtype in ("float32", "float64", "float16"):
        return rng.standard_normal(shape).astype(dtype)
    if dtype == "bool" or dtype.startswith(("int", "uint")):
        return rng.integers(0, 2, shape).astype(dtype)
    raise DataError(
        f"random data cannot be drawn for input {tensor.name!r} of type {dtype}",
        code="random-dtype",
        hint="give a .npz with this input",
    )
