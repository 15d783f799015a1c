"""Element types: ONNX names ↔ torch ↔ numpy, and how values travel between the last two.

Types of which torch has no tensor are *stored* in a wider one that holds every value exactly:
4- and 2-bit integers in 8 bits, `float4e2m1` in `float32`. Only the edges (`Cast` to such a type,
arrays that leave the engine) need to know; they are told by the element type of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import torch

from quantsim_viz.errors import UnsupportedOperator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

ELEMENT_TYPE_NAMES: Mapping[int, str] = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8e4m3fn",
    18: "float8e4m3fnuz",
    19: "float8e5m2",
    20: "float8e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4e2m1",
    24: "float8e8m0",
    25: "uint2",
    26: "int2",
}
"""`onnx.TensorProto.DataType` by number, as `Tensor.dtype` of the graph spells it."""

STORAGE: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float8e4m3fn": torch.float8_e4m3fn,
    "float8e4m3fnuz": torch.float8_e4m3fnuz,
    "float8e5m2": torch.float8_e5m2,
    "float8e5m2fnuz": torch.float8_e5m2fnuz,
    "float8e8m0": torch.float8_e8m0fnu,
    "float4e2m1": torch.float32,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "uint16": torch.uint16,
    "uint32": torch.uint32,
    "uint64": torch.uint64,
    "int4": torch.int8,
    "int2": torch.int8,
    "uint4": torch.uint8,
    "uint2": torch.uint8,
    "bool": torch.bool,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
}
"""The torch type in which values of an element type are held."""

NUMPY: Mapping[str, np.dtype[Any]] = {
    **{
        name: np.dtype(name)
        for name in (
            *("float16", "float32", "float64", "bool", "complex64", "complex128"),
            *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        )
    },
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float8e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn),
    "float8e4m3fnuz": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "float8e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "float8e5m2fnuz": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "float8e8m0": np.dtype(ml_dtypes.float8_e8m0fnu),
    "float4e2m1": np.dtype(ml_dtypes.float4_e2m1fn),
    "int4": np.dtype(ml_dtypes.int4),
    "uint4": np.dtype(ml_dtypes.uint4),
    "int2": np.dtype(ml_dtypes.int2),
    "uint2": np.dtype(ml_dtypes.uint2),
}
"""The numpy type that an array of an element type has outside the engine."""

_NAMES_BY_NUMPY: Mapping[np.dtype[Any], str] = {dtype: name for name, dtype in NUMPY.items()}

_BIT_VIEWS: Mapping[str, tuple[type[np.generic], torch.dtype]] = {
    "bfloat16": (np.int16, torch.int16),
    **dict.fromkeys(
        ("float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "float8e8m0"),
        (np.uint8, torch.uint8),
    ),
}
"""Types that numpy and torch share bit by bit only, with the integers that carry the bits."""

FLOAT8 = frozenset(name for name in STORAGE if name.startswith("float8"))
SUB_BYTE = frozenset(("int4", "uint4", "int2", "uint2", "float4e2m1"))

_WIDE: Mapping[torch.dtype, torch.dtype] = {
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}


def storage_type(element_type: str | int) -> torch.dtype:
    """Return the torch type that holds values of an element type (name or `DataType` number).

    Raises:
        UnsupportedOperator: They are no numbers, or numbers unknown to the engine.
    """
    name = ELEMENT_TYPE_NAMES.get(element_type) if isinstance(element_type, int) else element_type
    if name is None or name not in STORAGE:
        raise _no_numbers(name or f"element type {element_type}")
    return STORAGE[name]


def _no_numbers(what: str) -> UnsupportedOperator:
    return UnsupportedOperator(
        f"the engine cannot hold values of {what}: it executes operators on tensors of numbers",
        code="unsupported-type",
        hint="move the nodes that make or take such values out of the model",
    )


def element_type_of(array: np.ndarray[Any, Any]) -> str:
    """Return the ONNX element type of a numpy array.

    Raises:
        UnsupportedOperator: Its elements are no numbers.
    """
    name = _NAMES_BY_NUMPY.get(array.dtype.newbyteorder("="))
    if name is None:
        raise _no_numbers("type string" if array.dtype.kind in "OSU" else f"type {array.dtype}")
    return name


def default_element_type(dtype: torch.dtype) -> str:
    """Return the element type that a torch type stands for when nothing else is known."""
    return _NAMES_BY_STORAGE[dtype]


_NAMES_BY_STORAGE: Mapping[torch.dtype, str] = {
    dtype: name for name, dtype in STORAGE.items() if name not in SUB_BYTE
}


def to_tensor(array: np.ndarray[Any, Any], device: torch.device | str = "cpu") -> Tensor:
    """Return an array as a tensor in the storage of its element type.

    The memory is shared where it can be: the array is on the CPU, writable and contiguous.
    """
    name = element_type_of(array)
    if name in SUB_BYTE:
        array = array.astype(np.dtype(str(STORAGE[name]).removeprefix("torch.")))
    elif name in _BIT_VIEWS:
        array = np.ascontiguousarray(array).view(_BIT_VIEWS[name][0]).reshape(array.shape)
    if not array.dtype.isnative or not array.flags.writeable or min(array.strides, default=0) < 0:
        array = array.astype(array.dtype.newbyteorder("="), copy=True, order="C")
    tensor = torch.from_numpy(array)
    if name in _BIT_VIEWS:
        tensor = tensor.view(STORAGE[name])
    return tensor.to(device)


def to_numpy(tensor: Tensor, element_type: str | None = None) -> np.ndarray[Any, Any]:
    """Return a tensor as an array of its element type.

    Args:
        tensor: Any tensor of the engine.
        element_type: The type that the graph declares; it matters only where that is stored in a
            wider one (`int4`, …).
    """
    held = element_type in SUB_BYTE and STORAGE[element_type] == tensor.dtype
    name = element_type if held and element_type else default_element_type(tensor.dtype)
    tensor = tensor.detach().cpu()
    if name in _BIT_VIEWS and tensor.dtype == STORAGE[name]:
        bits = tensor.contiguous().view(_BIT_VIEWS[name][1]).numpy()
        return bits.view(NUMPY[name])
    array = tensor.resolve_conj().resolve_neg().numpy()
    return array.astype(NUMPY[name], copy=False)


def widen(tensor: Tensor) -> Tensor:
    """Return an unsigned 16-, 32- or 64-bit tensor in a signed type that torch can compute with.

    64-bit values keep their bits: sums, products and bit operations wrap around as they should,
    comparisons need `ordered`.
    """
    wide = _WIDE.get(tensor.dtype)
    if wide is None:
        return tensor
    return tensor.view(wide) if tensor.dtype == torch.uint64 else tensor.to(wide)


def ordered(tensor: Tensor) -> Tensor:
    """Return `widen(tensor)` mapped so that signed comparisons order it as unsigned ones would."""
    wide = widen(tensor)
    return wide ^ torch.iinfo(torch.int64).min if tensor.dtype == torch.uint64 else wide


def unordered(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Undo `ordered`."""
    if dtype == torch.uint64:
        return (tensor ^ torch.iinfo(torch.int64).min).view(dtype)
    return tensor.to(dtype)


def narrow(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Undo `widen`, wrapping around."""
    return tensor.view(dtype) if dtype == torch.uint64 else tensor.to(dtype)
