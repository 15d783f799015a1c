"""Operators as older operator sets define them, against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.mark.parametrize("opset", [7, 8, 9])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize(
    "scales", [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 1.5, 2.7], [1.0, 1.0, 3.0, 1.0]]
)
def test_upsample_scales_by_attribute_then_by_input(opset, mode, scales):
    x = noise(1, 2, 4, 5)
    if opset < 9:
        assert_as_onnxruntime("Upsample", [x], opset=opset, mode=mode, scales=scales)
    else:
        given = [x, np.array(scales, np.float32)]
        assert_as_onnxruntime("Upsample", given, opset=opset, mode=mode, constant=(1,))
        assert_as_onnxruntime("Upsample", given, opset=opset, mode=mode)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("scales", [[1, 1, 2, 2], [1, 1, 0.6, 0.5], [1, 1, 0.8, 1.7]])
def test_resize_10_is_asymmetric(mode, scales):
    assert_as_onnxruntime(
        "Resize", [noise(1, 2, 6, 8), np.array(scales, np.float32)], opset=10, mode=mode
    )


@pytest.mark.parametrize("opset", [7, 9, 14, 15])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 3, 5, 4), (2, 3, 2, 3, 2)])
def test_batch_normalization_normalizes_channels(opset, shape):
    assert_as_onnxruntime(
        "BatchNormalization",
        [noise(*shape), noise(3), noise(3), noise(3), np.abs(noise(3)) + 0.5],
        opset=opset,
        epsilon=1e-3,
    )


def test_batch_normalization_7_normalizes_single_elements():
    statistics = [noise(3, 4), noise(3, 4), noise(3, 4), np.abs(noise(3, 4)) + 0.5]
    assert_as_onnxruntime("BatchNormalization", [noise(2, 3, 4), *statistics], opset=7, spatial=0)


@pytest.mark.parametrize("opset", [7, 10])
def test_dropout_passes_its_input_on(opset):
    assert_as_onnxruntime("Dropout", [noise(3, 4)], opset=opset, ratio=0.7)


@pytest.mark.parametrize("opset", [12, 13])
def test_dropout_s_mask_keeps_everything(opset):
    assert_as_onnxruntime("Dropout", [noise(3, 4)], opset=opset, outputs=("y", "mask"))


@pytest.mark.parametrize("bounds", [{"min": -0.5}, {"max": 0.3}, {"min": -0.2, "max": 0.1}, {}])
def test_clip_6_takes_its_bounds_as_attributes(bounds):
    assert_as_onnxruntime("Clip", [noise(4, 5)], opset=7, **bounds)


@pytest.mark.parametrize("constant", [(), (1, 2)])
@pytest.mark.parametrize("bounds", [(-0.5, None), (None, 0.3), (-0.2, 0.1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.int32, np.uint64])
def test_clip_11_takes_its_bounds_as_inputs(constant, bounds, dtype):
    scale = 1 if dtype in (np.float32, np.float64) else 10
    x = (np.abs(noise(4, 5)) * 7).astype(dtype) if dtype == np.uint64 else (noise(4, 5) * scale)
    limits = [None if b is None else np.asarray(abs(b) * scale * 10).astype(dtype) for b in bounds]
    present = [i for i in constant if limits[i - 1] is not None]
    assert_as_onnxruntime("Clip", [x.astype(dtype), *limits], opset=13, constant=present)


@pytest.mark.parametrize(
    "bounds",
    [
        {"starts": [1], "ends": [3]},
        {"starts": [0, -3], "ends": [-1, 100], "axes": [0, 2]},
        {"starts": [-2], "ends": [2**31 - 1], "axes": [1]},
        {"starts": [4], "ends": [2]},
    ],
)
def test_slice_1_takes_its_bounds_as_attributes(bounds):
    assert_as_onnxruntime("Slice", [noise(4, 5, 6)], opset=7, **bounds)


@pytest.mark.parametrize("constant", [(), (1, 2, 3, 4)])
@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps"),
    [
        ([1, 0], [5, -1], [0, 2], [2, 3]),
        ([-1], [-100], [1], [-1]),
        ([4, 5], [0, 1], [1, 2], [-2, -1]),
        ([100], [-100], [0], [-3]),
        ([2], [2], [-1], [1]),
    ],
)
def test_slice_10_steps_in_both_directions(constant, starts, ends, axes, steps):
    bounds = [whole(*values) for values in (starts, ends, axes, steps)]
    assert_as_onnxruntime("Slice", [noise(4, 5, 6), *bounds], opset=10, constant=constant)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_pad_2_takes_its_lengths_as_an_attribute(mode):
    pads = [0, 1, 2, 0, 0, 2]
    options = {"value": 0.5} if mode == "constant" else {}
    assert_as_onnxruntime("Pad", [noise(3, 4, 5)], opset=7, mode=mode, pads=pads, **options)


PADS = [[0, 1, 2, 0, 0, 2], [1, 0, 0, 2, 3, 1]]
CROPS = [[0, -1, 0, 0, 2, -2]]


@pytest.mark.parametrize("constant", [(), (1, 2)])
@pytest.mark.parametrize(
    ("mode", "pads"),
    [
        *[(mode, pads) for mode in ("constant", "edge") for pads in PADS + CROPS],
        *[("reflect", pads) for pads in PADS],  # what a cropped axis reflects is not defined
    ],
)
def test_pad_11_pads_and_crops(constant, mode, pads):
    value = np.float32(0.5) if mode == "constant" else None
    kept = [i for i in constant if i == 1 or value is not None]
    inputs = [noise(3, 4, 5), whole(*pads), value]
    assert_as_onnxruntime("Pad", inputs, opset=13, mode=mode, constant=kept)


@pytest.mark.parametrize("axes", [None, [0], [0, 2], [-1]])
def test_squeeze_drops_axes_in_both_forms(axes):
    x = noise(1, 3, 1) if axes != [-1] else noise(2, 3, 1)
    assert_as_onnxruntime("Squeeze", [x], opset=11, **({"axes": axes} if axes else {}))
    given = [x, whole(*axes)] if axes else [x]
    assert_as_onnxruntime("Squeeze", given, opset=13)


@pytest.mark.parametrize("axes", [[0], [1, 3], [-1, 0], [4, 0]])
def test_unsqueeze_counts_axes_in_the_result(axes):
    assert_as_onnxruntime("Unsqueeze", [noise(2, 3, 4)], opset=11, axes=axes)
    assert_as_onnxruntime("Unsqueeze", [noise(2, 3, 4), whole(*axes)], opset=13)


@pytest.mark.parametrize("op_type", ["Softmax", "LogSoftmax", "Hardmax"])
@pytest.mark.parametrize(
    ("opset", "axis"),
    [
        *[(7, axis) for axis in (None, 0, 1, 2)],  # negative axes came with version 11
        *[(opset, axis) for opset in (11, 13) for axis in (None, 0, 1, 2, -1)],
    ],
)
def test_softmax_flattens_before_version_13(op_type, opset, axis):
    attributes = {} if axis is None else {"axis": axis}
    assert_as_onnxruntime(op_type, [noise(3, 4, 5)], opset=opset, **attributes)


BIASES = [(), (1,), (5,), (1, 5), (3, 1), (3, 5)]


@pytest.mark.parametrize(
    ("opset", "shape"),
    [
        *[(opset, shape) for opset in (7, 9, 11, 13) for shape in BIASES],
        *[(opset, None) for opset in (11, 13)],  # the bias became optional with version 11
    ],
)
@pytest.mark.parametrize(("transA", "transB"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_gemm_broadcasts_its_bias(opset, shape, transA, transB):  # noqa: N803 - ONNX's names
    a, b = noise(*((4, 3) if transA else (3, 4))), noise(*((5, 4) if transB else (4, 5)))
    assert_as_onnxruntime(
        "Gemm",
        [a, b, None if shape is None else noise(*shape)],
        opset=opset,
        transA=transA,
        transB=transB,
        alpha=0.7,
        beta=1.3,
    )


def test_gemm_without_factors_is_one_linear_layer():
    inputs = [noise(3, 4), noise(5, 4), noise(5)]
    assert_as_onnxruntime("Gemm", inputs, opset=9, transB=1)


@pytest.mark.parametrize("opset", [7, 12, 14])
@pytest.mark.parametrize("op_type", ["Add", "Sub", "Mul", "Div"])
def test_arithmetic_broadcasts_both_ways(opset, op_type):
    assert_as_onnxruntime(op_type, [noise(3, 1, 5), np.abs(noise(4, 1)) + 0.1], opset=opset)


@pytest.mark.parametrize("op_type", ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2"])
@pytest.mark.parametrize("axes", [None, [1], [0, -1]])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_reductions_take_axes_as_an_attribute(op_type, axes, keepdims):
    attributes = {"axes": axes} if axes else {}
    given = [noise(3, 4, 5) + 1]  # a sum that nearly cancels has no digits left to compare
    assert_as_onnxruntime(op_type, given, opset=11, keepdims=keepdims, **attributes)


@pytest.mark.parametrize("op_type", ["ReduceSum", "ReduceMean", "ReduceMin", "ReduceLogSumExp"])
@pytest.mark.parametrize("axes", [None, [1], [0, -1]])
def test_reductions_take_axes_as_an_input(op_type, axes):
    given = [noise(3, 4, 5) + 1] + ([whole(*axes)] if axes else [])
    assert_as_onnxruntime(op_type, given, opset=18)


@pytest.mark.parametrize(("opset", "attributes"), [(7, {}), (9, {}), (11, {"largest": 0})])
def test_top_k_orders_equal_elements_by_place(opset, attributes):
    x = RNG.integers(0, 4, (3, 9)).astype(np.float32)
    if opset < 10:
        assert_as_onnxruntime("TopK", [x], opset=opset, outputs=("v", "i"), k=5)
    else:
        assert_as_onnxruntime("TopK", [x, whole(5)], opset=opset, outputs=("v", "i"), **attributes)


@pytest.mark.parametrize("parts", [[2, 3, 1], None])
def test_split_takes_lengths_in_every_form(parts):
    names = ("a", "b", "c")
    x = noise(2, 6)
    attributes = {"split": parts} if parts else {}
    assert_as_onnxruntime("Split", [x], opset=7, outputs=names, axis=1, **attributes)
    given = [x, whole(*parts)] if parts else [x]
    assert_as_onnxruntime("Split", given, opset=13, outputs=names, axis=1)
    more = {} if parts else {"num_outputs": 3}
    assert_as_onnxruntime("Split", given, opset=18, outputs=names, axis=1, **more)


@pytest.mark.parametrize("op_type", ["Sum", "Mean", "Max", "Min"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_variadic_operators_broadcast(op_type, count):
    inputs = [noise(3, 4), noise(4), noise(3, 1)][:count]
    assert_as_onnxruntime(op_type, inputs, opset=8)


@pytest.mark.parametrize("slope", [(1,), (3, 1, 1), (1, 1, 5), (3, 4, 5)])
def test_prelu_broadcasts_its_slope(slope):
    assert_as_onnxruntime("PRelu", [noise(2, 3, 4, 5), noise(*slope)], opset=9)


def test_flatten_takes_axes_from_both_ends():
    for axis in (0, 1, 2, 4, -1, -3):
        assert_as_onnxruntime("Flatten", [noise(2, 3, 4, 5)], opset=11, axis=axis)


def test_reshape_keeps_and_infers_lengths():
    for shape in ([2, -1], [0, -1], [0, 0, 2, 2], [-1], [4, 6]):
        assert_as_onnxruntime("Reshape", [noise(2, 3, 4), whole(*shape)], opset=7)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("beta", [0.6, 0.75])
def test_lrn_sums_over_neighbouring_channels(size, beta):
    assert_as_onnxruntime(
        "LRN", [noise(2, 4, 4, 3)], opset=7, size=size, alpha=0.3, beta=beta, bias=1.5
    )
