"""Poolings against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


PADS = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1]]


@pytest.mark.parametrize("pads", PADS)
@pytest.mark.parametrize("ceil_mode", [0, 1])
@pytest.mark.parametrize(("stride", "size"), [(1, 3), (2, 3), (2, 2), (3, 2)])
def test_max_pool_agrees_for_all_paddings_and_roundings(pads, ceil_mode, stride, size):
    assert_as_onnxruntime(
        "MaxPool",
        [noise(2, 3, 8, 7)],
        opset=12,
        kernel_shape=[size, size],
        strides=[stride, stride],
        pads=pads,
        ceil_mode=ceil_mode,
    )


@pytest.mark.parametrize("pads", PADS)
@pytest.mark.parametrize("include", [0, 1])
@pytest.mark.parametrize("ceil_mode", [0, 1])
@pytest.mark.parametrize(("stride", "size"), [(1, 3), (2, 3), (2, 2), (3, 2)])
def test_average_pool_agrees_for_all_paddings_and_roundings(pads, include, ceil_mode, stride, size):
    assert_as_onnxruntime(
        "AveragePool",
        [noise(2, 3, 8, 7)],
        opset=19,
        kernel_shape=[size, size],
        strides=[stride, stride],
        pads=pads,
        ceil_mode=ceil_mode,
        count_include_pad=include,
    )


@pytest.mark.parametrize("op_type", ["MaxPool", "AveragePool", "LpPool"])
@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2])
def test_pools_pad_themselves_as_auto_pad_says(op_type, auto_pad, stride):
    assert_as_onnxruntime(
        op_type,
        [noise(1, 2, 8, 9)],
        opset=11,
        kernel_shape=[3, 2],
        strides=[stride, stride],
        auto_pad=auto_pad,
    )


@pytest.mark.parametrize("op_type", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pools_work_in_every_rank(op_type, rank):
    assert_as_onnxruntime(
        op_type,
        [noise(2, 3, *(7, 6, 5)[:rank])],
        opset=12,
        kernel_shape=[3, 2, 2][:rank],
        strides=[2, 1, 2][:rank],
        pads=[1, 0, 1][:rank] * 2,
    )


@pytest.mark.parametrize("op_type", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("ceil_mode", [0, 1])
def test_pools_dilate(op_type, ceil_mode):
    assert_as_onnxruntime(
        op_type,
        [noise(1, 2, 9, 8)],
        opset=19,
        kernel_shape=[3, 2],
        dilations=[2, 3],
        strides=[2, 1],
        ceil_mode=ceil_mode,
    )


@pytest.mark.parametrize("storage_order", [0, 1])
@pytest.mark.parametrize("pads", PADS)
def test_max_pool_says_where_the_maximum_was(storage_order, pads):
    assert_as_onnxruntime(
        "MaxPool",
        [noise(2, 3, 6, 5)],
        opset=12,
        outputs=("y", "where"),
        kernel_shape=[2, 3],
        strides=[2, 2],
        pads=pads,
        storage_order=storage_order,
    )


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_max_pool_takes_small_integers(dtype):
    x = RNG.integers(0, 100, (1, 2, 6, 6)).astype(dtype)
    assert_as_onnxruntime("MaxPool", [x], opset=12, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("ceil_mode", [0, 1])
def test_lp_pool_agrees(p, ceil_mode):
    assert_as_onnxruntime(
        "LpPool",
        [noise(1, 2, 7, 8)],
        opset=18,
        kernel_shape=[3, 2],
        strides=[2, 2],
        pads=[1, 0, 1, 1],
        p=p,
        ceil_mode=ceil_mode,
    )


@pytest.mark.parametrize("op_type", ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"])
def test_global_pools_take_whole_planes(op_type):
    assert_as_onnxruntime(op_type, [noise(2, 3, 4, 5)], opset=11)
    assert_as_onnxruntime(op_type, [noise(2, 3, 4, 5, 2)], opset=11)
