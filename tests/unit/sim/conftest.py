"""Small networks that between them exercise what the engine has to get right."""

from __future__ import annotations

import numpy as np
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_config, load_model


def residual_proto():
    """Convolutions, a residual connection, views and a shared input, [N, 3, 8, 8] → [N, 5]."""
    return model(
        [
            node("Conv", "x w1 b1", "c1", "conv1", pads=[1, 1, 1, 1]),
            node("Relu", "c1", "r1", "relu1"),
            node("Conv", "r1 w2", "c2", "conv2", pads=[1, 1, 1, 1]),
            node("Add", "c2 r1", "a1", "add1"),
            node("Relu", "a1", "r2", "relu2"),
            node("MaxPool", "r2", "p1", "pool1", kernel_shape=[2, 2], strides=[2, 2]),
            node("Transpose", "p1", "t1", "transpose1", perm=[0, 2, 3, 1]),
            node("Mul", "t1 gain", "m1", "mul1"),
            node("Flatten", "m1", "f1", "flatten1"),
            node("Gemm", "f1 w3 b3", "y", "gemm1"),
        ],
        inputs={"x": ["N", 3, 8, 8]},
        constants={
            "w1": floats(4, 3, 3, 3, seed=1) * 0.3,
            "b1": floats(4, seed=2) * 0.1,
            "w2": floats(4, 4, 3, 3, seed=3) * 0.2,
            "gain": floats(4, seed=6) + 1,
            "w3": floats(64, 5, seed=4) * 0.1,
            "b3": floats(5, seed=5),
        },
    )


@pytest.fixture(scope="session")
def residual():
    proto = residual_proto()
    return load_model(proto, name="residual")


@pytest.fixture(scope="session")
def images():
    return {"x": np.random.default_rng(0).normal(size=(11, 3, 8, 8)).astype(np.float32)}


def document(**changes):
    """A configuration that quantizes everything; sections as keyword arguments replace its own."""
    return {
        "defaults": {
            "ops": {"is_output_quantized": "True"},
            "params": {"is_quantized": "True", "is_symmetric": "True"},
            "per_channel_quantization": "False",
        },
        "params": {},
        "op_type": {},
        "supergroups": [],
        "model_input": {"is_input_quantized": "True"},
        "model_output": {},
        **changes,
    }


@pytest.fixture(scope="session")
def everything():
    return load_config(document(), name="everything")


@pytest.fixture(scope="session")
def inputs_only():
    off = {"ops": {}, "params": {"is_quantized": "False"}}
    return load_config(document(defaults=off), name="inputs only")
