"""Normalizations against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(2, 4, 5), (1, 4, 3, 3), (2, 3, 1, 1), (1, 4, 1, 1)])
def test_instance_normalization_agrees_also_on_a_single_value_a_plane(shape):
    channels = shape[1]
    # A value alone is its own mean: what is left of it is rounding, divided by the root of epsilon.
    tolerance = 1e-5 if np.prod(shape[2:]) > 1 else 1e-3
    inputs = [noise(*shape), noise(channels), noise(channels)]
    assert_as_onnxruntime("InstanceNormalization", inputs, opset=17, tolerance=tolerance)


@pytest.mark.parametrize("shape", [(2, 4, 3, 3), (1, 4, 1, 1)])
def test_group_normalization_agrees_also_on_a_single_value_a_channel(shape):
    assert_as_onnxruntime(
        "GroupNormalization",
        [noise(*shape), noise(4), noise(4)],
        opset=21,
        num_groups=4,
        tolerance=1e-5 if np.prod(shape[2:]) > 1 else 1e-3,
    )
