from __future__ import annotations

import numpy as np
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_model, simulate

DATA = {"x": floats(8, 6)}


def product(bias_size):
    return load_model(
        model(
            [
                node("Gemm", "x w b", "h", "gemm1"),
                node("Relu", "h", "r", "relu1"),
                node("MatMul", "r v", "y", "matmul1"),
            ],
            inputs={"x": ["N", 6]},
            constants={
                "w": floats(6, 4, seed=1),
                "b": np.full(4, bias_size, np.float32),
                "v": floats(4, 3, seed=2),
            },
        )
    )


def findings(report):
    return [w for w in report.warnings if w.code == "weight-scale-raised"]


def test_weights_that_32_bit_activations_ruin_are_named_with_the_reason(everything):
    (found,) = findings(simulate(product(0.1), everything, DATA, act_bits=32))
    assert "'w' of node gemm1" in found.message
    assert "accumulator" in found.message
    assert "use 16 bits" in found.message
    assert set(found.nodes) == {"gemm1", "matmul1"}


def test_the_factor_is_that_between_the_scales(everything):
    ruined = simulate(product(0.1), everything, DATA, act_bits=32)
    plain = simulate(product(0.1), everything, DATA, act_bits=16)
    (found,) = findings(ruined)
    for name, place in (("w", "gemm1"), ("v", "matmul1")):
        factor = ruined.encodings[name][0]["scale"] / plain.encodings[name][0]["scale"]
        assert f"'{name}' of node {place} {factor:.3g} times" in found.message
        assert factor > 2


def test_a_bias_too_large_for_the_accumulator_is_the_reason(everything):
    (found,) = findings(simulate(product(1e8), everything, DATA, act_bits=16))
    assert "'w' of node gemm1" in found.message
    assert "bias does not fit" in found.message
    assert "'v'" not in found.message


@pytest.mark.parametrize("bits", [4, 8, 16, "float16"])
def test_nothing_is_said_of_weights_that_keep_their_scales(everything, bits):
    assert findings(simulate(product(0.1), everything, DATA, act_bits=bits)) == []
