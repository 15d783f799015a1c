"""Operators of `com.microsoft` against onnxruntime, which defines them."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def check(op_type: str, inputs: list[np.ndarray | None], **options) -> None:
    assert_as_onnxruntime(op_type, inputs, opset=17, domain="com.microsoft", **options)


@pytest.mark.parametrize("op_type", ["Gelu", "QuickGelu", "FastGelu"])
def test_gelus_agree(op_type):
    check(op_type, [noise(3, 4, 8) * 3])


@pytest.mark.parametrize("op_type", ["BiasGelu", "FastGelu"])
def test_gelus_add_their_bias_first(op_type):
    check(op_type, [noise(3, 4, 8), noise(8)])


@pytest.mark.parametrize(
    ("activation", "parameters"),
    [
        ("Relu", []),
        ("Tanh", []),
        ("Sigmoid", []),
        ("LeakyRelu", [0.2]),
        ("Clip", [-0.5, 0.7]),
        ("HardSigmoid", [0.2, 0.5]),
    ],
)
@pytest.mark.parametrize("addend", [False, True])
def test_fused_conv_adds_and_activates(activation, parameters, addend):
    inputs = [noise(2, 3, 6, 6), noise(4, 3, 3, 3), noise(4)]
    if addend:
        inputs.append(noise(2, 4, 6, 6))
    more = {"activation_params": parameters} if parameters else {}
    check("FusedConv", inputs, pads=[1, 1, 1, 1], activation=activation, **more)


@pytest.mark.parametrize("given", [3, 4, 5])
@pytest.mark.parametrize("outputs", [("y",), ("y", "", "", "sum")])
def test_skip_layer_normalization_adds_and_normalizes(given, outputs):
    inputs = [noise(2, 5, 8), noise(2, 5, 8), noise(8), noise(8), noise(8)][:given]
    check("SkipLayerNormalization", inputs, outputs=outputs, epsilon=1e-5)


@pytest.mark.parametrize(("transA", "transB"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_fused_matmul_transposes_and_scales(transA, transB):  # noqa: N803 - ONNX's names
    a = noise(2, 4, 3) if transA else noise(2, 3, 4)
    b = noise(2, 5, 4) if transB else noise(2, 4, 5)
    check("FusedMatMul", [a, b], transA=transA, transB=transB, alpha=0.3)
