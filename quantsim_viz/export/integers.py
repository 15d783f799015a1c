"""Encodings as ONNX's integer types: which type, which zero points, and the codes of constants.

ONNX says `real = scale · (q − zero_point)` where the simulation says `scale · (code + offset)`.
Symmetric grids become signed types with zero point 0, all others unsigned types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper

from quantsim_viz.sim.quantize import HALF_DOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantsim_viz.sim.encodings import Encoding

    Integers = NDArray[np.int64]
    Singles = NDArray[np.float32]

_TYPES = {
    (4, True): (TensorProto.INT4, np.int8),
    (4, False): (TensorProto.UINT4, np.uint8),
    (8, True): (TensorProto.INT8, np.int8),
    (8, False): (TensorProto.UINT8, np.uint8),
    (16, True): (TensorProto.INT16, np.int16),
    (16, False): (TensorProto.UINT16, np.uint16),
    (32, True): (TensorProto.INT32, np.int32),
}
"""(bits, signed) → ONNX's type, and numpy's that holds its values. There is no 32-bit unsigned one:
DequantizeLinear takes int32 alone, and QuantizeLinear gives no 32 bits at all."""

_FIRST_OPSET = {4: 21, 8: 10, 16: 21, 32: 10}
"""Bits → first operator set in which both operators (32: DequantizeLinear) take the type."""

PER_AXIS_OPSET = 13
CLIP_OPSET = 11
"""From here on Clip takes its bounds as inputs."""


@dataclass(frozen=True, slots=True)
class IntegerGrid:
    """A grid in ONNX's terms; scales and zero points have one entry a channel.

    Attributes:
        bits: Number of bits.
        signed: Whether codes can be negative.
        scale: Scales in single precision, `[channels]`.
        zero_point: Code of the value 0, `[channels]`.
        limits: Lowest and highest value where the grid leaves codes of the type out, per tensor.
        axis: Axis of the channels, None per tensor.
    """

    bits: int
    signed: bool
    scale: Singles
    zero_point: Integers
    limits: tuple[np.float32, np.float32] | None
    axis: int | None

    @property
    def data_type(self) -> int:
        """ONNX's number of the integer type."""
        return _TYPES[self.bits, self.signed][0]

    @property
    def opset(self) -> int:
        """First operator set that can say this."""
        needed = _FIRST_OPSET[self.bits]
        return needed if self.axis is None else max(needed, PER_AXIS_OPSET)

    def scale_tensor(self, name: str) -> TensorProto:
        """Return the scales, a scalar per tensor."""
        shape = [] if self.axis is None else [len(self.scale)]
        return helper.make_tensor(name, TensorProto.FLOAT, shape, self.scale.tobytes(), raw=True)

    def zero_point_tensor(self, name: str) -> TensorProto:
        """Return the zero points, a scalar per tensor."""
        shape = () if self.axis is None else self.zero_point.shape
        return self.codes_tensor(name, self.zero_point.reshape(shape))

    def codes_tensor(self, name: str, codes: Integers) -> TensorProto:
        """Return codes of any shape as a tensor of the integer type."""
        data_type, storage = _TYPES[self.bits, self.signed]
        stored = codes.astype(storage)
        content = _packed(stored) if self.bits == 4 else stored.tobytes()
        return helper.make_tensor(name, data_type, codes.shape, content, raw=True)


def integer_grid(encoding: Encoding) -> IntegerGrid | str:
    """Return an encoding of up to 16 bits in ONNX's terms, or why it cannot be said."""
    bits = encoding.bitwidth
    half = 2 ** (bits - 1)
    offset = np.asarray(encoding.offset, np.int64)
    scale = np.asarray(encoding.scale, np.float32)
    if not (np.isfinite(scale) & (scale > 0)).all():
        return f"a scale of {encoding.scale[int(np.argmin(scale > 0))]}"
    signed = encoding.symmetric and bool(np.isin(offset, (-half, 1 - half)).all())
    zero_point = np.zeros_like(offset) if signed else -offset
    if zero_point.min() < 0 or zero_point.max() >= 2**bits:
        return f"zero point {zero_point[np.abs(zero_point).argmax()]} in {bits} bits"
    limits = None
    if encoding.steps != 2**bits - 1 or (signed and offset[0] != -half):
        limits = np.float32(encoding.minimum[0]), np.float32(encoding.maximum[0])
    return IntegerGrid(bits, signed, scale, zero_point, limits, encoding.axis)


def constant_codes(values: Singles, encoding: Encoding) -> tuple[IntegerGrid, Integers] | str:
    """Return a constant's grid and codes, or why it cannot be said.

    The codes are the simulation's own, so dequantizing them gives its values to the bit. At 32 bits
    the zero point must be 0, and codes that do not fit a signed integer then cannot be said.

    Args:
        values: The constant in single precision, any shape.
        encoding: Its encoding.
    """
    steps = _steps_from_zero(values, encoding)
    if encoding.bitwidth < 32:
        grid = integer_grid(encoding)
        if isinstance(grid, str):
            return grid
        return grid, steps + _along(grid.zero_point, encoding.axis, values.ndim)
    if steps.size and (steps.min() < -(2**31) or steps.max() > 2**31):
        return "values that need 32 bits and a zero point other than 0"
    scale = np.asarray(encoding.scale, np.float32)
    zero = np.zeros(scale.shape, np.int64)
    grid = IntegerGrid(32, True, scale, zero, None, encoding.axis)
    return grid, np.minimum(steps, 2**31 - 1)  # the same number in single precision as 2³¹


def _steps_from_zero(values: Singles, encoding: Encoding) -> Integers:
    """Return how many steps each quantized value lies from 0, by the simulation's arithmetic."""
    low, high, scale, offset = (
        _along(np.asarray(column, np.float32), encoding.axis, values.ndim)
        for column in (encoding.minimum, encoding.maximum, encoding.scale, encoding.offset)
    )
    known = np.where(np.isnan(values), low, values)  # NaN becomes the lowest value
    codes = np.clip(known, low, high) / scale - offset
    steps: Integers = (np.floor(codes + np.float32(HALF_DOWN)) + offset).astype(np.int64)
    return steps


def _along(column: NDArray[Any], axis: int | None, rank: int) -> NDArray[Any]:
    """Return one entry a channel in the shape that broadcasts along the channels' axis."""
    if axis is None:
        return column.reshape(())
    shape = [1] * rank
    shape[axis] = -1
    return column.reshape(shape)


def _packed(codes: NDArray[Any]) -> bytes:
    """Return 4-bit codes two to a byte, the first in the lower half."""
    flat = codes.reshape(-1).astype(np.uint8) & 0x0F
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed: bytes = (flat[0::2] | (flat[1::2] << 4)).tobytes()
    return packed
