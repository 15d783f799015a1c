"""Resize against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)
COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def scaled(*scales: float) -> list[np.ndarray | None]:
    return [None, np.array(scales, np.float32)]


def sized(*sizes: int) -> list[np.ndarray | None]:
    return [None, None, np.array(sizes, np.int64)]


TARGETS = [scaled(1, 1, 2, 2), scaled(1, 1, 1.3, 0.7), sized(1, 2, 9, 4), sized(1, 2, 3, 12)]


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("constant", [False, True])
def test_modes_and_coordinates_agree(mode, coordinates, target, constant):
    index = len(target)
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 2, 6, 8), *target],
        opset=13,
        mode=mode,
        coordinate_transformation_mode=coordinates,
        constant=(index,) if constant else (),
    )


@pytest.mark.parametrize("rounding", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("target", TARGETS)
def test_nearest_rounds_as_told(rounding, coordinates, target):
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 2, 6, 8), *target],
        opset=13,
        mode="nearest",
        nearest_mode=rounding,
        coordinate_transformation_mode=coordinates,
    )


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_crops_of_a_region_are_extrapolated(mode):
    region = np.array([0, 0, 0.2, -0.3, 1, 1, 0.9, 1.2], np.float32)
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 1, 6, 8), region, None, np.array([1, 1, 5, 7], np.int64)],
        opset=13,
        mode=mode,
        coordinate_transformation_mode="tf_crop_and_resize",
        extrapolation_value=2.5,
    )


@pytest.mark.parametrize("a", [-0.75, -0.5])
@pytest.mark.parametrize("exclude", [0, 1])
def test_cubic_takes_its_coefficient_and_edges(a, exclude):
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 1, 5, 6), *scaled(1, 1, 1.7, 0.6)],
        opset=13,
        mode="cubic",
        cubic_coeff_a=a,
        exclude_outside=exclude,
    )


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("scales", [(0.4, 0.6), (0.5, 1.0)])
def test_antialiasing_widens_the_kernel(mode, scales):
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 2, 12, 10), *scaled(1, 1, *scales)],
        opset=18,
        mode=mode,
        antialias=1,
        exclude_outside=1,
    )


@pytest.mark.parametrize("policy", ["stretch", "not_larger", "not_smaller"])
def test_axes_and_aspect_ratio_are_kept(policy):
    assert_as_onnxruntime(
        "Resize",
        [noise(1, 2, 6, 8), None, None, np.array([9, 10], np.int64)],
        opset=18,
        mode="linear",
        axes=[2, 3],
        keep_aspect_ratio_policy=policy,
    )


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
def test_other_ranks_are_resized_too(rank):
    if rank in (1, 5):
        target = [2.0] if rank == 1 else [1.0, 1.0, 2.0, 1.5, 1.0]
    else:
        target = [1.0, 2.0, 1.5][:rank]
    mode = "nearest" if rank in (1, 3) else "linear"
    shape = (4, 3, 5, 2, 2)[:rank] if rank != 5 else (1, 1, 3, 4, 2)
    assert_as_onnxruntime(
        "Resize",
        [noise(*shape), None, np.array(target, np.float32)],
        opset=13,
        mode=mode,
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def test_integers_keep_their_type_when_the_nearest_is_taken():
    x = RNG.integers(0, 255, (1, 1, 4, 4), dtype=np.uint8)
    assert_as_onnxruntime("Resize", [x, *scaled(1, 1, 2, 2)], opset=13)
