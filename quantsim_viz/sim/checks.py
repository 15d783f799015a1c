"""Do these arrays fit this model? Every mismatch is named by input, with what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rapidfuzz import process

from quantsim_viz.errors import DataError
from quantsim_viz.sim.operators.dtypes import ELEMENT_TYPE_NAMES

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Model, Shape, Tensor

    Array = np.ndarray[Any, Any]

LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Layout:
    """How arrays are cut into batches.

    Attributes:
        length: Length of the first axis.
        fixed: Samples the model insists on in every batch, None if it takes any number.
        entries: One entry of the first axis a run (arrays have one rank more than the inputs).
        whole: The arrays are one run as they stand.
    """

    length: int
    fixed: int | None = None
    entries: bool = False
    whole: bool = False

    def step(self, batch_size: int) -> int:
        """Return how many samples a batch takes."""
        if self.whole:
            return max(1, self.length)
        return 1 if self.entries else self.fixed or batch_size


def fed_inputs(model: Model) -> tuple[Tensor, ...]:
    """Return the graph inputs that need data (those that are not stored constants too)."""
    graph = model.graph
    return tuple(graph.tensors[name] for name in graph.inputs if name not in graph.initializers)


def match_names(model: Model, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays of the model's inputs; other names are an error, `labels` excepted.

    Raises:
        DataError: An input has no array, or an array has no input.
    """
    inputs = [tensor.name for tensor in fed_inputs(model)]
    missing = [name for name in inputs if name not in arrays]
    extra = [name for name in arrays if name not in inputs and name != LABELS]
    if missing:
        name = missing[0]
        near = process.extractOne(name, extra, score_cutoff=50)
        found = f"; found {', '.join(sorted(map(repr, arrays))) or 'nothing'}"
        raise DataError(
            f"no data for the model's input {name!r}{found}",
            code="input-missing",
            hint=f"rename the array {near[0]!r}" if near else "name each array after its input",
        )
    if extra:
        near = process.extractOne(extra[0], inputs, score_cutoff=50)
        raise DataError(
            f"the model has no input {extra[0]!r}; its inputs are {', '.join(map(repr, inputs))}",
            code="input-unknown",
            hint=f"did you mean {near[0]!r}?" if near else "leave the array out",
        )
    return {name: arrays[name] for name in inputs}


def check_layout(model: Model, arrays: Mapping[str, Array]) -> Layout:
    """Return how arrays with a sample axis are cut into batches.

    1. All arrays have exactly their input's fixed shape: they are one run.
    2. All arrays have one rank more than their input: one entry a run.
    3. All have their input's rank: batches, of the size the model insists on if it does.

    Raises:
        DataError: A wrong dtype, rank or shape, no samples, or unequal numbers of samples.
    """
    inputs = {tensor.name: tensor for tensor in fed_inputs(model)}
    for name, array in arrays.items():
        check_dtype(inputs[name], array)
    lengths = {name: array.shape[0] if array.ndim else 1 for name, array in arrays.items()}
    if not arrays:
        return Layout(1, whole=True)
    shapes = {name: inputs[name].shape for name in arrays}
    if all(shapes[name] == array.shape for name, array in arrays.items()):
        same = len(set(lengths.values())) == 1
        return _nonempty(Layout(next(iter(lengths.values())) if same else 1, whole=True), arrays)
    entries = all(
        (shape := shapes[name]) is not None and array.ndim == len(shape) + 1
        for name, array in arrays.items()
    )
    for name, array in arrays.items():
        shape = shapes[name]
        if shape is not None:
            _check_shape(name, shape, array.shape[1:] if entries else array.shape, array.shape)
    if len(set(lengths.values())) > 1:
        raise DataError(
            "the arrays have different numbers of samples: "
            + ", ".join(f"{name} {length}" for name, length in lengths.items()),
            code="sample-counts-differ",
            hint="the first axis counts samples and must be equally long in all",
        )
    layout = Layout(next(iter(lengths.values())), entries=entries)
    if not entries:
        fixed = {s[0] for s in shapes.values() if s and isinstance(s[0], int)}
        layout = Layout(layout.length, fixed=max(fixed) if fixed else None)
    check_multiple(layout, layout.length)
    return _nonempty(layout, arrays)


def check_multiple(layout: Layout, samples: int) -> None:
    """Raise if so many samples cannot be cut into the batches that the model insists on."""
    if layout.fixed and samples % layout.fixed:
        raise DataError(
            f"the model takes batches of exactly {layout.fixed}, and {samples} samples are not a "
            "multiple of that",
            code="batch-size-fixed",
            hint=f"use {samples - samples % layout.fixed or layout.fixed} samples",
        )


def check_batch(batch: Mapping[str, Any], model: Model, number: int) -> dict[str, Array]:
    """Return one batch of a stream as arrays, checked.

    Raises:
        DataError: It does not fit the model.
    """
    if not isinstance(batch, Mapping):
        raise DataError(
            f"batch {number} is of type {type(batch).__name__}, not a dict of arrays",
            code="batch-type",
            hint="yield a dict with one array for each of the model's inputs",
        )
    arrays = {name: np.asarray(value) for name, value in match_names(model, batch).items()}
    for tensor in fed_inputs(model):
        array = arrays[tensor.name]
        check_dtype(tensor, array)
        if tensor.shape is not None:
            where = f"{tensor.name} (batch {number})"
            _check_shape(where, tensor.shape, array.shape, array.shape, batch_axis=False)
    return arrays


def check_dtype(tensor: Tensor, array: Array) -> None:
    """Raise if an array has another element type than its input."""
    found = "strings" if array.dtype.kind in "SU" else array.dtype.name
    if tensor.dtype is None or found == tensor.dtype:
        return
    if tensor.dtype not in np.sctypeDict and tensor.dtype in ELEMENT_TYPE_NAMES.values():
        return  # a type of which numpy has none; the operators know how it is stored
    raise DataError(
        f"input {tensor.name!r} takes {tensor.dtype}, and its data are {found}",
        code="dtype-mismatch",
        hint=f"convert it with array.astype({tensor.dtype!r})",
    )


def _check_shape(
    name: str,
    expected: Shape,
    shape: tuple[int, ...],
    full: tuple[int, ...],
    *,
    batch_axis: bool = True,
) -> None:
    shown = f"[{', '.join('?' if d is None else str(d) for d in expected)}]"
    if len(shape) != len(expected):
        raise DataError(
            f"input {name!r} takes rank {len(expected)} {shown}, and its data have rank "
            f"{len(full)} {list(full)}",
            code="rank-mismatch",
            hint="the first axis counts samples; one rank more means one entry a run",
        )
    entries = len(full) > len(shape)
    for axis, (want, have) in enumerate(zip(expected, shape, strict=True)):
        if axis == 0 and batch_axis and not entries:
            continue
        if isinstance(want, int) and want != have:
            raise DataError(
                f"input {name!r} takes shape {shown}, and its data are {list(full)}: axis "
                f"{axis + entries} is {have}, not {want}",
                code="shape-mismatch",
                hint="resize or transpose the data to the model's shape",
            )


def _nonempty(layout: Layout, arrays: Mapping[str, Array]) -> Layout:
    if layout.length == 0:
        raise DataError(
            f"the data are empty: {', '.join(f'{n} {list(a.shape)}' for n, a in arrays.items())}",
            code="data-empty",
            hint="give at least one sample",
        )
    return layout
