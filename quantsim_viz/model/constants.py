"""Tensor values of the file, read only when somebody asks for them.

A constant knows its name, element type and shape from the start; `numpy()` decodes inline data and
memory-maps external data. Nothing here is cached: whoever needs a value twice keeps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, numpy_helper

from quantsim_viz.errors import ModelError
from quantsim_viz.model.graph import AttributeReference
from quantsim_viz.model.locations import (
    ExternalData,
    external_data,
    missing_external_data,
    resolve_location,
)

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import SparseTensorProto

    from quantsim_viz.model.graph import Constant, Node

_RENAMED = {"float": "float32", "double": "float64"}

DTYPE_NAMES: dict[int, str | None] = {
    number: None if name == "UNDEFINED" else _RENAMED.get(name.lower(), name.lower())
    for name, number in TensorProto.DataType.items()
}
"""Lower-case element type by ONNX's number; None for the undefined one."""

_NUMPY_NAMES = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)

_PLAIN: dict[int, np.dtype[Any]] = {
    number: np.dtype(name).newbyteorder("<")
    for number, name in DTYPE_NAMES.items()
    if name in _NUMPY_NAMES
}
"""Types whose bytes in the file are numpy's own (ONNX stores little-endian)."""

_BITS = {
    "bfloat16": 16,
    "float8e4m3fn": 8,
    "float8e4m3fnuz": 8,
    "float8e5m2": 8,
    "float8e5m2fnuz": 8,
    "float8e8m0": 8,
    "int4": 4,
    "uint4": 4,
    "float4e2m1": 4,
    "int2": 2,
    "uint2": 2,
}
"""Bits an element of the other types of known packing."""


_TYPED_FIELDS = (
    "float_data",
    "int32_data",
    "int64_data",
    "double_data",
    "uint64_data",
    "string_data",
)
"""Where a tensor's elements are that are not stored as bytes."""

_CHECKED_BYTES = 2**20
"""Tensors up to this size are measured on loading; measuring a larger one costs as much as reading
it, so that waits for `numpy()`."""


def byte_size(data_type: int, dims: tuple[int, ...]) -> int | None:
    """Return how many bytes a tensor takes, None for strings and types of unknown packing."""
    plain = _PLAIN.get(data_type)
    bits = plain.itemsize * 8 if plain is not None else _BITS.get(DTYPE_NAMES.get(data_type) or "")
    return None if bits is None else (math.prod(dims) * bits + 7) // 8


@dataclass(frozen=True, slots=True)
class InlineConstant:
    """A tensor whose data are in the model file.

    Attributes:
        name: The tensor's name in the graph.
        dtype: Element type in lower case.
        shape: Lengths of its axes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    _tensor: TensorProto = field(repr=False, compare=False)

    def numpy(self) -> np.ndarray[Any, Any]:
        """Decode and return the value.

        Raises:
            ModelError: The data do not fill the shape (`invalid-model`).
        """
        tensor = self._tensor
        plain = _PLAIN.get(tensor.data_type)
        try:
            if plain is not None and tensor.HasField("raw_data"):
                return np.frombuffer(tensor.raw_data, dtype=plain).reshape(self.shape)
            count = math.prod(self.shape)
            if count and count > 16 * tensor.ByteSize():
                raise ValueError(f"{tensor.ByteSize()} bytes for {count} elements")
            return np.asarray(numpy_helper.to_array(tensor)).reshape(self.shape)
        except (ValueError, TypeError) as error:
            raise _does_not_fill(self.name, self.dtype, self.shape, error) from error


@dataclass(frozen=True, slots=True)
class ExternalConstant:
    """A tensor whose data lie in a file beside the model.

    Attributes:
        name: The tensor's name in the graph.
        dtype: Element type in lower case.
        shape: Lengths of its axes.
        data: Where the bytes are.
        folder: The model's folder, None for a model that came without one.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: ExternalData
    folder: str | None
    _data_type: int = field(repr=False)

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the value, memory-mapped and read-only.

        Raises:
            ModelError: The file is missing (`missing-external-data`), outside the folder
                (`external-data-outside`) or too short (`truncated-external-data`).
        """
        path = resolve_location(self.data.location, self.folder or "", self.name)
        if self.folder is None or not path.is_file():
            raise missing_external_data(self.data.location, [self.name])
        size = byte_size(self._data_type, self.shape)
        if size is None:
            raise _does_not_fill(self.name, self.dtype, self.shape, "strings cannot be external")
        self._check_length(path, size)
        if size == 0:
            return np.empty(self.shape, _PLAIN.get(self._data_type, np.dtype(np.uint8)))
        plain = _PLAIN.get(self._data_type)
        if plain is not None:
            return np.memmap(path, plain, "r", offset=self.data.offset, shape=self.shape)
        raw = np.memmap(path, np.uint8, "r", offset=self.data.offset, shape=(size,))
        tensor = TensorProto(data_type=self._data_type, dims=self.shape, raw_data=raw.tobytes())
        return np.asarray(numpy_helper.to_array(tensor))

    def _check_length(self, path: Path, size: int) -> None:
        available = path.stat().st_size - self.data.offset
        if self.data.length is not None:
            available = min(available, self.data.length)
        if available < size:
            raise ModelError(
                f"The weight file `{path.name}` is too short: tensor `{self.name}` needs {size} "
                f"bytes from byte {self.data.offset} on, {max(available, 0)} are there",
                code="truncated-external-data",
                hint="copy the weight file again, whole, or save the model again",
                path=str(path),
            )


@dataclass(frozen=True, slots=True)
class SparseConstant:
    """A tensor stored as its non-zero values and their places.

    Attributes:
        name: The tensor's name in the graph.
        dtype: Element type in lower case.
        shape: Lengths of the dense tensor's axes.
        values: The stored values, rank 1.
        indices: Their linear places (rank 1) or coordinates (rank 2).
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    values: InlineConstant | ExternalConstant
    indices: InlineConstant | ExternalConstant

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the dense value.

        Raises:
            ModelError: An index points outside the shape (`invalid-model`), or its values or
                indices cannot be read.
        """
        values, places = self.values.numpy(), self.indices.numpy()
        try:
            dense = np.zeros(self.shape, values.dtype)
            if places.ndim == 1:
                dense.reshape(-1)[places] = values
            else:
                dense[tuple(places.T)] = values
        except (IndexError, ValueError, MemoryError) as error:
            raise _does_not_fill(self.name, self.dtype, self.shape, error) from error
        return dense


@dataclass(frozen=True, slots=True)
class ValueConstant:
    """A value that a `Constant` node holds as numbers or strings (`value_float`, `value_ints`, …).

    Attributes:
        name: The tensor's name in the graph.
        dtype: Element type in lower case.
        shape: `()` for one value, `(n,)` for a list.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    _value: tuple[Any, ...] = field(repr=False)

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the value."""
        dtype = object if self.dtype == "string" else self.dtype
        return np.array(self._value, dtype=dtype).reshape(self.shape)


def read_tensor(
    tensor: TensorProto, name: str, folder: str | None
) -> InlineConstant | ExternalConstant:
    """Wrap a stored tensor without touching its data.

    Args:
        tensor: The stored tensor.
        name: What the graph calls it (a tensor in an attribute has no name of its own).
        folder: The model's folder, for external data; None when there is none.

    Raises:
        ModelError: Its element type is unknown, a dimension is negative, its inline data are too
            few (`invalid-model`), or its external data lie outside (`external-data-outside`).
    """
    dtype = DTYPE_NAMES.get(tensor.data_type)
    shape = tuple(tensor.dims)
    if dtype is None or any(length < 0 for length in shape):
        raise ModelError(
            f"Tensor `{name}` has element type number {tensor.data_type} and shape {list(shape)}",
            code="invalid-model",
            hint="expected a known element type and no negative length; save the model again",
        )
    external = external_data(tensor)
    if external is not None:
        resolve_location(external.location, folder or "", name)
        return ExternalConstant(name, dtype, shape, external, folder, tensor.data_type)
    if tensor.HasField("raw_data"):
        size = byte_size(tensor.data_type, shape)
        if size is not None and size <= _CHECKED_BYTES and tensor.ByteSize() < size:
            raise _does_not_fill(name, dtype, shape, f"needs {size} bytes")
    elif math.prod(shape) and not any(getattr(tensor, field) for field in _TYPED_FIELDS):
        raise _does_not_fill(name, dtype, shape, "there are none")
    return InlineConstant(name, dtype, shape, tensor)


def read_sparse_tensor(tensor: SparseTensorProto, name: str, folder: str | None) -> SparseConstant:
    """Wrap a stored sparse tensor without touching its data; as `read_tensor`."""
    values = read_tensor(tensor.values, name, folder)
    indices = read_tensor(tensor.indices, f"{name} (indices)", folder)
    return SparseConstant(name, values.dtype, tuple(tensor.dims), values, indices)


_VALUE_KINDS = {
    "value_float": "float32",
    "value_floats": "float32",
    "value_int": "int64",
    "value_ints": "int64",
    "value_string": "string",
    "value_strings": "string",
}
"""Attributes of `Constant` that hold plain values, with the element type of the output."""


def constant_of(node: Node) -> Constant | None:
    """Return the value of a `Constant` node under the name of its output.

    None when it refers to an attribute of the calling node (inside a function) or holds nothing.
    """
    name = node.outputs[0]
    for attribute, value in node.attributes.items():
        if isinstance(value, AttributeReference):
            continue
        if attribute in ("value", "sparse_value"):
            renamed: Constant = replace(value, name=name)
            return renamed
        dtype = _VALUE_KINDS.get(attribute)
        if dtype is not None and attribute.endswith("s"):
            return ValueConstant(name, dtype, (len(value),), value)
        if dtype is not None:
            return ValueConstant(name, dtype, (), (value,))
    return None


def _does_not_fill(name: str, dtype: str, shape: tuple[int, ...], reason: object) -> ModelError:
    return ModelError(
        f"The data of tensor `{name}` do not fit its type {dtype} and shape {list(shape)}: "
        f"{reason}",
        code="invalid-model",
        hint="the file is damaged; export or save the model again",
    )
