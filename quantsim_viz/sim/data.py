"""Data: what a simulation is fed with, checked against the model and cut into batches.

Accepted are a path (`.npz`, `.npy`), `random[:SEED]`, a dict of arrays, an array for a model of
one input, and an iterable of batches (dicts). The first axis of an array counts samples; an array
of one rank more than its input holds one entry a run, for inputs whose batch axis is fixed or odd.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from quantsim_viz.errors import DataError
from quantsim_viz.sim.arrays import read_arrays
from quantsim_viz.sim.checks import (
    LABELS,
    Layout,
    check_batch,
    check_layout,
    check_multiple,
    fed_inputs,
    match_names,
)
from quantsim_viz.sim.operators import to_tensor
from quantsim_viz.sim.random_data import RANDOM_SAMPLES, random_arrays

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.model.graph import Model

    Array = np.ndarray[Any, Any]

BATCH_SIZE = 32
"""Samples executed at once unless the caller says otherwise."""


PIECE = 1 << 24
"""Bytes of an array that are hashed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayData:
    """Arrays that fit a model.

    Attributes:
        description: What to call them beside any figure.
        arrays: By input name.
        layout: How they are cut into batches.
        order: Which samples, in this order.
        labels: One a sample, where there are some.
        is_random: Whether they were drawn, not given.
        path: The file they came from, when they came from one.
    """

    description: str
    arrays: Mapping[str, Array]
    layout: Layout
    order: Array
    labels: Array | None = None
    is_random: bool = False
    path: str | None = None

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.order)

    @property
    def fingerprint(self) -> str:
        """A hash of the content, under which values computed from it may be kept.

        Arrays are read in pieces, because they may lie in a file larger than memory.
        """
        digest = hashlib.sha256(self.order.tobytes())
        for name, array in sorted(self.arrays.items()):
            digest.update(f"{name} {array.shape} {array.dtype}".encode())
            rows = max(1, PIECE // max(1, array[:1].nbytes)) if array.ndim else 1
            for start in range(0, len(array) if array.ndim else 1, rows):
                part = array[start : start + rows] if array.ndim else array
                digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()

    def count(self, batch_size: int = BATCH_SIZE) -> int:
        """Return how many batches there will be."""
        return -(-self.samples // self.layout.step(batch_size))

    def take(self, samples: int | None, seed: int | None = None) -> ArrayData:
        """Return the first so many samples, or a seeded draw of as many, in their own order.

        Raises:
            DataError: Not a positive number, or not a multiple of the model's batch.
        """
        if samples is None or (self.layout.whole and samples >= self.samples):
            return self
        _check_positive(samples)
        if self.layout.whole:
            raise DataError(
                f"the model takes these {self.samples} samples in one run, not {samples} of them",
                code="batch-size-fixed",
                hint="leave --samples out",
            )
        count = min(samples, self.samples)
        check_multiple(self.layout, count)
        if seed is None:
            chosen = np.arange(count)
        else:
            rng = np.random.default_rng(seed)
            chosen = np.sort(rng.choice(self.samples, count, replace=False))
        return replace(
            self,
            order=self.order[chosen],
            labels=None if self.labels is None else self.labels[chosen],
        )

    def batches(
        self, batch_size: int = BATCH_SIZE, device: torch.device | str = "cpu"
    ) -> Iterator[dict[str, Tensor]]:
        """Yield the data batch by batch, the last one as short as it comes.

        Raises:
            DataError: An input holds NaN or infinity.
        """
        step = self.layout.step(batch_size)
        for number, start in enumerate(range(0, self.samples, step)):
            rows = self.order[start : start + step]
            try:
                tensors = _to_tensors(self._rows(rows), device, number, self.path)
            except MemoryError as error:
                raise self._too_large(len(rows)) from error
            yield tensors

    def _rows(self, rows: Array) -> dict[str, Array]:
        """Return one batch."""
        if self.layout.whole:
            return dict(self.arrays)
        if self.layout.entries:
            return {name: array[rows[0]] for name, array in self.arrays.items()}
        return {name: array[rows] for name, array in self.arrays.items()}

    def _too_large(self, rows: int) -> DataError:
        whole = sum(array.nbytes for array in self.arrays.values())
        needed = whole * rows / max(1, self.layout.length) / 2**20
        return DataError(
            f"memory ran out for the data themselves: {rows} samples of "
            f"{', '.join(map(repr, self.arrays))} take {needed:,.0f} MiB",
            code="out-of-memory",
            hint=f"try --batch-size {max(1, rows // 2)}",
            path=self.path,
        )


@dataclass(frozen=True, slots=True, eq=False)
class StreamData:
    """Batches that the caller hands over one by one.

    Attributes:
        description: What to call them beside any figure.
        stream: The batches; it is run through more than once.
        model: The model they must fit.
        limit: How many samples to use at most.
        labels: Never any: a stream's labels are the caller's.
        is_random: Never.
        path: None: no file is known.
    """

    description: str
    stream: Iterable[Mapping[str, Any]]
    model: Model
    limit: int | None = None
    labels: None = None
    is_random: bool = False
    path: None = None

    @property
    def samples(self) -> None:
        """Only running through a stream tells."""
        return None

    @property
    def fingerprint(self) -> None:
        """A stream cannot be recognised again."""
        return None

    def count(self, batch_size: int = BATCH_SIZE) -> int | None:
        """Return how many batches there will be, where the stream tells its length."""
        del batch_size  # the caller has cut the batches
        try:
            return len(self.stream)  # type: ignore[arg-type]  # TypeError where it has no length
        except TypeError:
            return None

    def take(self, samples: int | None, seed: int | None = None) -> StreamData:
        """Return the first so many samples.

        Raises:
            DataError: Not a positive number, or a draw, which a stream does not allow.
        """
        if samples is None:
            return self
        _check_positive(samples)
        if seed is not None:
            raise DataError(
                "a seeded draw needs arrays, not a stream of batches",
                code="draw-from-stream",
                hint="draw before the data are cut into batches",
            )
        return replace(self, limit=samples)

    def batches(
        self, batch_size: int = BATCH_SIZE, device: torch.device | str = "cpu"
    ) -> Iterator[dict[str, Tensor]]:
        """Yield the batches as the caller cut them.

        Raises:
            DataError: A batch does not fit the model, or there is none.
        """
        del batch_size
        left = self.limit
        number = -1
        for number, batch in enumerate(self.stream):
            arrays = check_batch(batch, self.model, number)
            rows = batch_rows(arrays)
            if left is not None and rows > left:
                arrays = {name: array[:left] for name, array in arrays.items()}
            yield _to_tensors(arrays, device, number)
            if left is not None:
                left -= rows
                if left <= 0:
                    return
        if number < 0:
            raise DataError(
                "the stream of batches is empty", code="data-empty", hint="give at least one batch"
            )


Data = ArrayData | StreamData


def load_data(
    model: Model, data: Any, *, samples: int | None = None, seed: int | None = None
) -> Data:
    """Return data checked against a model.

    Args:
        model: The model.
        data: A path, `random[:SEED]`, a dict of arrays, an array, or an iterable of batches. An
            iterator is read into a list first, because calibration and evaluation both need it.
        samples: Use the first so many only.
        seed: Draw as many instead.

    Raises:
        DataError: They cannot be read or do not fit.
    """
    if isinstance(data, ArrayData | StreamData):
        return data.take(samples, seed)
    if isinstance(data, str) and (data == "random" or data.startswith("random:")):
        return _random(model, data, samples)
    if isinstance(data, str | Path):
        return _from_file(model, str(data)).take(samples, seed)
    if isinstance(data, np.ndarray | torch.Tensor):
        return _from_arrays(model, {"": np.asarray(data)}, "an array").take(samples, seed)
    if isinstance(data, Mapping):
        arrays = {str(name): np.asarray(value) for name, value in data.items()}
        return _from_arrays(model, arrays, "arrays").take(samples, seed)
    if isinstance(data, Iterable):
        stream = list(data) if isinstance(data, Iterator) else data
        return StreamData("a stream of batches", stream, model).take(samples, seed)
    raise DataError(
        f"data of type {type(data).__name__} are not understood",
        code="data-type",
        hint="give a path, random[:SEED], a dict of arrays or an iterable of dicts",
    )


@contextmanager
def said_of(data: Data) -> Iterator[None]:
    """Have errors about data that name no file name the one that these came from, if any."""
    try:
        yield
    except DataError as error:
        error.path = error.path or data.path
        raise


def rows_at_once(batch_size: int | None) -> int:
    """Return how many samples to execute at once: what the caller says, or the default.

    Raises:
        DataError: Not a positive whole number.
    """
    if batch_size is None:
        return BATCH_SIZE
    try:
        size = index(batch_size)
    except TypeError:
        size = 0
    if size < 1:
        raise DataError(
            f"a batch size of {batch_size!r} was asked for",
            code="batch-size",
            hint="ask for 1 or more",
        )
    return size


def batch_rows(batch: Mapping[str, Any]) -> int:
    """Return how many samples a batch holds: its inputs' common first axis, else 1."""
    rows = {value.shape[0] if value.ndim else 1 for value in batch.values()}
    return rows.pop() if len(rows) == 1 else 1


def _random(model: Model, text: str, samples: int | None) -> ArrayData:
    _, _, digits = text.partition(":")
    if digits and not digits.isdigit():
        raise DataError(
            f"{text!r} has no number after the colon",
            code="random-seed",
            hint="write random or random:7",
        )
    seed = int(digits or 0)
    if samples is not None:
        _check_positive(samples)
    arrays = random_arrays(model, samples or RANDOM_SAMPLES, seed)
    made = _from_arrays(model, arrays, f"random data (seed {seed})")
    return replace(made, is_random=True)


def _from_file(model: Model, path: str) -> ArrayData:
    """Read a file; what does not fit is said of that file."""
    try:
        return replace(_from_arrays(model, read_arrays(path), path), path=path)
    except DataError as error:
        error.path = error.path or path
        raise


def _from_arrays(model: Model, arrays: Mapping[str, Array], description: str) -> ArrayData:
    if set(arrays) == {""}:
        names = [tensor.name for tensor in fed_inputs(model)]
        if len(names) != 1:
            raise DataError(
                f"one array was given, and the model has {len(names)} inputs: {', '.join(names)}",
                code="input-missing",
                hint="give a .npz (or a dict) with one array for each input",
            )
        arrays = {names[0]: arrays[""]}
    own = match_names(model, arrays)
    layout = check_layout(model, own)
    labels = arrays.get(LABELS) if LABELS not in own else None
    if labels is not None and len(labels) != layout.length:
        raise DataError(
            f"there are {len(labels)} labels for {layout.length} samples",
            code="label-count",
            hint="labels has one entry a sample",
        )
    return ArrayData(description, own, layout, np.arange(layout.length), labels)


def _check_positive(samples: int) -> None:
    if samples < 1:
        raise DataError(
            f"{samples} samples were asked for", code="no-samples", hint="ask for 1 or more"
        )


def _to_tensors(
    batch: Mapping[str, Array],
    device: torch.device | str,
    number: int,
    path: str | None = None,
) -> dict[str, Tensor]:
    tensors = {}
    for name, array in batch.items():
        tensor = to_tensor(np.array(array, order="C"), torch.device(device))
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor.sum())):
            bad = tensor.numel() - int(torch.isfinite(tensor).sum())
            if bad:
                raise DataError(
                    f"input {name!r} holds {bad} values that are NaN or infinite in batch {number}",
                    code="data-not-finite",
                    hint="clean the data first",
                    path=path,
                )
        tensors[name] = tensor
    return tensors
