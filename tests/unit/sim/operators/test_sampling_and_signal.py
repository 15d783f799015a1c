"""Sampling, detection, spectra and attention against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.mark.parametrize("mode", ["linear", "nearest", "cubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [0, 1])
def test_grid_sample_reads_between_pixels(mode, padding, corners):
    grid = RNG.uniform(-1.3, 1.3, (2, 4, 3, 2)).astype(np.float32)
    assert_as_onnxruntime(
        "GridSample",
        [noise(2, 3, 5, 6), grid],
        opset=20,
        mode=mode,
        padding_mode=padding,
        align_corners=corners,
    )


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_grid_sample_16_names_its_modes_otherwise(mode):
    grid = RNG.uniform(-1, 1, (1, 4, 3, 2)).astype(np.float32)
    assert_as_onnxruntime("GridSample", [noise(1, 3, 5, 6), grid], opset=16, mode=mode)


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("ratio", [0, 2, 3])
@pytest.mark.parametrize("transform", ["half_pixel", "output_half_pixel"])
def test_roi_align_pools_regions(mode, ratio, transform):
    boxes = np.array([[0, 0, 9, 7], [2.3, 1.1, 15.2, 12.9], [5, 5, 6, 6]], np.float32)
    assert_as_onnxruntime(
        "RoiAlign",
        [noise(2, 3, 8, 9), boxes, whole(0, 1, 1)],
        opset=16,
        mode=mode,
        sampling_ratio=ratio,
        output_height=3,
        output_width=2,
        spatial_scale=0.5,
        coordinate_transformation_mode=transform,
    )


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_max_roi_pool_takes_the_largest_of_each_bin(scale):
    regions = np.array([[0, 0, 0, 5, 6], [1, 2, 3, 8, 8], [0, 7, 7, 7, 7]], np.float32)
    assert_as_onnxruntime(
        "MaxRoiPool",
        [noise(2, 3, 9, 9), regions],
        opset=9,
        pooled_shape=[3, 2],
        spatial_scale=scale,
    )


@pytest.mark.parametrize("centered", [0, 1])
@pytest.mark.parametrize("limits", [(2, 0.5, 0.1), (10, 0.3, None), (0, 0.5, 0.0)])
def test_non_max_suppression_keeps_the_best_boxes(centered, limits):
    corners = np.sort(RNG.uniform(0, 1, (2, 12, 2, 2)), axis=2).reshape(2, 12, 4)
    most, overlap, least = limits
    assert_as_onnxruntime(
        "NonMaxSuppression",
        [
            corners.astype(np.float32),
            RNG.uniform(0, 1, (2, 3, 12)).astype(np.float32),
            whole(most),
            np.array([overlap], np.float32),
            None if least is None else np.array([least], np.float32),
        ],
        opset=11,
        center_point_box=centered,
    )


@pytest.mark.parametrize("inverse", [0, 1])
@pytest.mark.parametrize("length", [None, 6, 16])
@pytest.mark.parametrize("parts", [1, 2])
def test_dft_transforms_along_an_axis(inverse, length, parts):
    x = noise(2, 10, 3, parts)
    assert_as_onnxruntime(
        "DFT",
        [x, None if length is None else np.array(length), np.array(1)],
        opset=20,
        inverse=inverse,
    )


@pytest.mark.parametrize("onesided", [0, 1])
@pytest.mark.parametrize("window", [False, True])
def test_stft_transforms_windowed_frames(onesided, window):
    shape = np.hanning(16).astype(np.float32) if window else None
    assert_as_onnxruntime(
        "STFT",
        [noise(2, 64, 1), np.array(8), shape, np.array(16)],
        opset=17,
        onesided=onesided,
    )


@pytest.mark.parametrize("op_type", ["HannWindow", "HammingWindow", "BlackmanWindow"])
@pytest.mark.parametrize("periodic", [0, 1])
def test_windows_are_open_or_closed(op_type, periodic):
    assert_as_onnxruntime(op_type, [np.array(11)], opset=17, periodic=periodic)


def test_mel_weights_are_triangles():
    inputs = [*(np.array(n) for n in (8, 128, 16000)), np.float32(50), np.float32(7600)]
    assert_as_onnxruntime("MelWeightMatrix", inputs, opset=17)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("causal", [0, 1])
@pytest.mark.parametrize("mask", [None, "float", "bool"])
@pytest.mark.parametrize("groups", [1, 2])
def test_attention_masks_and_groups(packed, causal, mask, groups):
    if packed:
        inputs = [noise(2, 5, 4 * 6), noise(2, 5, 4 // groups * 6), noise(2, 5, 4 // groups * 8)]
        heads = {"q_num_heads": 4, "kv_num_heads": 4 // groups}
    else:
        inputs = [noise(2, 4, 5, 6), noise(2, 4 // groups, 5, 6), noise(2, 4 // groups, 5, 8)]
        heads = {}
    if mask == "float":
        inputs.append(noise(5, 5))
    elif mask == "bool":
        inputs.append(np.tril(np.ones((5, 5), bool)))
    assert_as_onnxruntime("Attention", inputs, opset=23, is_causal=causal, **heads)


@pytest.mark.parametrize("interleaved", [0, 1])
@pytest.mark.parametrize("width", [0, 4])
def test_rotary_embedding_turns_pairs(interleaved, width):
    angles = noise(10, (width or 8) // 2)
    positions = RNG.integers(0, 10, (2, 5))
    assert_as_onnxruntime(
        "RotaryEmbedding",
        [noise(2, 3, 5, 8), np.cos(angles), np.sin(angles), positions],
        opset=23,
        interleaved=interleaved,
        rotary_embedding_dim=width,
    )
