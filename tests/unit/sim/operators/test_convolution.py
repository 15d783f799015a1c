"""Convolutions against onnxruntime, where the conformance suite is thin."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("auto_pad", "stride", "dilation"),
    [  # with SAME and dilations, onnxruntime and the standard differ
        *[
            (auto_pad, stride, 1)
            for auto_pad in ("SAME_UPPER", "SAME_LOWER")
            for stride in (1, 2, 3)
        ],
        *[("VALID", stride, dilation) for stride in (1, 2) for dilation in (1, 2)],
    ],
)
@pytest.mark.parametrize("size", [7, 8])
def test_conv_pads_itself_as_auto_pad_says(auto_pad, stride, dilation, size):
    assert_as_onnxruntime(
        "Conv",
        [noise(2, 3, size, size + 1), noise(4, 3, 3, 2), noise(4)],
        opset=11,
        auto_pad=auto_pad,
        strides=[stride, stride],
        dilations=[dilation, dilation],
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("group", [1, 2, 4])
@pytest.mark.parametrize("bias", [False, True])
def test_conv_handles_every_rank_and_grouping(rank, group, bias):
    sizes = (9, 8, 7)[:rank]
    assert_as_onnxruntime(
        "Conv",
        [noise(2, 4, *sizes), noise(8, 4 // group, *(3, 2, 3)[:rank]), noise(8) if bias else None],
        opset=11,
        group=group,
        dilations=[2, 1, 1][:rank],
        strides=[1, 2, 1][:rank],
        pads=[1, 0, 1][:rank] + [1, 0, 1][:rank],
    )


@pytest.mark.parametrize("pads", [[0, 1, 2, 0], [1, 0, 0, 1], [3, 3, 3, 3], [0, 0, 1, 1]])
@pytest.mark.parametrize("constant", [(), (1,)])
def test_conv_handles_uneven_padding(pads, constant):
    assert_as_onnxruntime(
        "Conv", [noise(1, 2, 6, 5), noise(3, 2, 3, 3)], opset=11, pads=pads, constant=constant
    )


def test_conv_of_an_empty_batch_is_empty():
    assert_as_onnxruntime("Conv", [noise(0, 2, 5, 5), noise(3, 2, 3, 3)], opset=11)


@pytest.mark.parametrize("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize(("stride", "kernel"), [(1, 3), (2, 3), (2, 2), (3, 2)])
def test_conv_transpose_cuts_as_auto_pad_says(auto_pad, stride, kernel):
    assert_as_onnxruntime(
        "ConvTranspose",
        [noise(1, 3, 5, 4), noise(3, 2, kernel, kernel), noise(2)],
        opset=11,
        auto_pad=auto_pad,
        strides=[stride, stride],
    )


@pytest.mark.parametrize("wanted", [[10, 8], [9, 9], [11, 10]])
@pytest.mark.parametrize("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER"])
def test_conv_transpose_gives_the_wanted_output_shape(wanted, auto_pad):
    assert_as_onnxruntime(
        "ConvTranspose",
        [noise(1, 2, 5, 4), noise(2, 2, 3, 3)],
        opset=11,
        strides=[2, 2],
        output_shape=wanted,
        auto_pad=auto_pad,
    )


@pytest.mark.parametrize("pads", [[1, 1, 1, 1], [0, 1, 1, 0], [2, 0, 0, 2]])
@pytest.mark.parametrize("extra", [[0, 0], [1, 1], [0, 1]])
def test_conv_transpose_pads_output_and_groups(pads, extra):
    assert_as_onnxruntime(
        "ConvTranspose",
        [noise(2, 4, 5, 6), noise(4, 3, 3, 3), noise(6)],
        opset=11,
        strides=[2, 2],
        pads=pads,
        output_padding=extra,
        group=2,
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_transpose_dilates_in_every_rank(rank):
    assert_as_onnxruntime(
        "ConvTranspose",
        [noise(1, 2, *(5, 4, 3)[:rank]), noise(2, 3, *(3, 2, 2)[:rank])],
        opset=11,
        dilations=[2, 1, 2][:rank],
        strides=[1, 2, 2][:rank],
    )


@pytest.mark.parametrize("per_channel", [False, True])
def test_quantized_conv_gives_the_same_integers(per_channel):
    x = RNG.integers(0, 256, (1, 3, 6, 6), dtype=np.uint8)
    w = RNG.integers(-128, 128, (4, 3, 3, 3), dtype=np.int8)
    scale = np.abs(noise(4)) / 50 if per_channel else np.float32(0.02)
    zero = np.zeros(4 if per_channel else (), np.int8)
    assert_as_onnxruntime(
        "QLinearConv",
        [
            *(x, np.float32(0.03), np.uint8(120), w, np.asarray(scale), zero),
            *(np.float32(0.5), np.uint8(130), RNG.integers(-500, 500, 4, dtype=np.int32)),
        ],
        opset=10,
        pads=[1, 1, 1, 1],
    )


def test_integer_conv_gives_the_same_integers():
    x = RNG.integers(0, 256, (1, 2, 6, 6), dtype=np.uint8)
    w = RNG.integers(0, 256, (4, 2, 3, 3), dtype=np.uint8)
    assert_as_onnxruntime("ConvInteger", [x, w, np.uint8(7), np.uint8(9)], opset=10)
