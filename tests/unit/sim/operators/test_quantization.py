"""Operators of quantized networks against onnxruntime: the same integers."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)
DTYPES = [np.uint8, np.int8, np.uint16, np.int16]


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def integers(dtype: type, *shape: int) -> np.ndarray:
    limits = np.iinfo(dtype)
    return RNG.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [None, 1, -1])
def test_quantize_linear_rounds_and_saturates(dtype, axis):
    count = () if axis is None else ((3,) if axis == 1 else (5,))
    scale = np.asarray(np.abs(noise(*count)) / 40 + 0.01, np.float32)
    attributes = {} if axis is None else {"axis": axis}
    assert_as_onnxruntime(
        "QuantizeLinear",
        [noise(2, 3, 5) * 4, scale, integers(dtype, *count)],
        opset=21,
        **attributes,
    )


def test_quantize_linear_rounds_halves_to_even():
    halves = np.arange(-5, 6, dtype=np.float32) + 0.5
    assert_as_onnxruntime("QuantizeLinear", [halves, np.float32(1), np.int8(0)], opset=13)


def test_quantize_linear_gives_uint8_without_a_zero_point():
    assert_as_onnxruntime("QuantizeLinear", [noise(4, 4) * 9, np.float32(0.1)], opset=13)


@pytest.mark.parametrize("dtype", [*DTYPES, np.int32])
@pytest.mark.parametrize("axis", [None, 0, 2])
def test_dequantize_linear_scales_what_is_left(dtype, axis):
    shape = (2, 3, 5)
    count = () if axis is None else (shape[axis],)
    zero = np.zeros(count, dtype) if dtype == np.int32 else integers(dtype, *count)
    attributes = {} if axis is None else {"axis": axis}
    scale = np.asarray(np.abs(noise(*count)) + 0.01, np.float32)
    assert_as_onnxruntime(
        "DequantizeLinear", [integers(dtype, *shape), scale, zero], opset=21, **attributes
    )


@pytest.mark.parametrize("scale", [1.0, 0.0])
def test_dynamic_quantize_linear_finds_its_range(scale):
    x = noise(4, 6) * np.float32(scale)
    assert_as_onnxruntime("DynamicQuantizeLinear", [x], opset=11, outputs=("y", "s", "z"))
    assert_as_onnxruntime("DynamicQuantizeLinear", [np.abs(x)], opset=11, outputs=("y", "s", "z"))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("zero", ["scalar", "channel"])
def test_matmul_integer_sums_in_32_bits(dtype, zero):
    a, b = integers(np.uint8, 4, 6), integers(dtype, 6, 5)
    b_zero = dtype(3) if zero == "scalar" else integers(dtype, 5)
    assert_as_onnxruntime("MatMulInteger", [a, b, np.uint8(100), b_zero], opset=10)


@pytest.mark.parametrize("per_column", [False, True])
def test_qlinear_matmul_requantizes(per_column):
    a, b = integers(np.uint8, 4, 6), integers(np.int8, 6, 5)
    scale = np.abs(noise(5)) / 50 if per_column else np.float32(0.02)
    zero = np.zeros(5, np.int8) if per_column else np.int8(0)
    assert_as_onnxruntime(
        "QLinearMatMul",
        [a, np.float32(0.03), np.uint8(120), b, scale, zero, np.float32(0.7), np.uint8(128)],
        opset=10,
    )
