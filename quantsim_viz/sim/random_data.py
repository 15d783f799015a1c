"""Random data, for when there are none: good for trying things out, never for judging accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import DataError
from quantsim_viz.sim.checks import fed_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.model.graph import Model, Tensor

    Array = np.ndarray[Any, Any]

RANDOM_SAMPLES = 32
"""Samples drawn unless the caller wants another number."""

_IMAGE_SIDE, _LENGTH = 64, 16  # for free dimensions: of rank-4 inputs, and of others


def random_arrays(model: Model, samples: int, seed: int) -> dict[str, Array]:
    """Draw data of the shapes that a model takes.

    Floats are standard normal, integers 0 or 1 (safe as indices), booleans even. A dimension
    without a fixed length gets 64 in inputs of rank 4 and 16 in others; one name, one length.
    Inputs that have no axis of samples in common get one entry a run, of a single sample each.

    Args:
        model: The model.
        samples: Length of the first axis, rounded up to what the model insists on.
        seed: Equal seeds give equal data.
    """
    rng = np.random.default_rng(seed)
    inputs = fed_inputs(model)
    fixed = [int(t.shape[0]) for t in inputs if t.shape and isinstance(t.shape[0], int)]
    multiple = max(fixed, default=1)
    one_run = bool(fixed) and (len(set(fixed)) > 1 or len(fixed) < len(inputs))
    rows = multiple if one_run else -(-samples // max(1, multiple)) * multiple
    shapes = _shapes(inputs, rows, keep_fixed=one_run)
    if not _can_be_batched(inputs, shapes):
        shapes = {name: (samples, *s) for name, s in _shapes(inputs, 1, keep_fixed=True).items()}
    return {tensor.name: _draw(tensor, shapes[tensor.name], rng) for tensor in inputs}


def _shapes(inputs: Sequence[Tensor], rows: int, *, keep_fixed: bool) -> dict[str, tuple[int, ...]]:
    """Return the shapes of arrays whose first axes have so many rows, unless they are fixed."""
    first = (tensor.shape[0] for tensor in inputs if tensor.shape)
    free = {dimension: rows for dimension in first if isinstance(dimension, str)}
    shapes = {}
    for tensor in inputs:
        shape = [_length(tensor, axis, free, rows) for axis in range(len(tensor.shape or ()))]
        if keep_fixed and tensor.shape and isinstance(tensor.shape[0], int):
            shape[0] = tensor.shape[0]
        shapes[tensor.name] = tuple(shape)
    return shapes


def _can_be_batched(inputs: Sequence[Tensor], shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Tell whether arrays of these shapes are one run, or have one common axis of samples."""
    if all(tensor.shape == shapes[tensor.name] for tensor in inputs):
        return True
    return len({shape[0] if shape else 1 for shape in shapes.values()}) == 1


def _length(tensor: Tensor, axis: int, free: dict[str, int], rows: int) -> int:
    shape = tensor.shape or ()
    dimension = shape[axis]
    if axis == 0:
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
