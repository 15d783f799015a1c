from __future__ import annotations

import numpy as np
import pytest
from support.small_models import floats, model, node

from quantsim_viz import export, load_config, load_model, simulate
from quantsim_viz.errors import QuantSimError

DATA = {"x": floats(8, 6)}
ONE_RUN = {"x": floats(1, 4, 6)}


@pytest.fixture
def per_channel():
    return load_config("aimet_default_per_channel")


def with_bias(bias):
    return load_model(
        model(
            [node("Gemm", "x w b", "y", "gemm1")],
            inputs={"x": [4, 6]},
            constants={"w": floats(6, 4, seed=1), "b": np.asarray(bias, np.float32)},
        )
    )


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


def unmatched(report):
    return [w for w in report.warnings if w.code == "weight-scale-unmatched"]


def scales(report):
    return [each["scale"] for each in report.encodings["w"]]


@pytest.mark.parametrize("shape", [(4, 1), (4, 4)])
def test_a_bias_of_rows_leaves_scales_of_channels_alone(shape, per_channel):
    huge = with_bias(1e9 * np.ones(shape))
    small = simulate(with_bias(np.zeros(4)), per_channel, ONE_RUN)
    report = simulate(huge, per_channel, ONE_RUN)
    (found,) = unmatched(report)
    assert f"'w' of node gemm1 (4 scales, bias {list(shape)}; left alone)" in found.message
    assert found.nodes == ("gemm1",)
    assert np.allclose(scales(report), scales(small), rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_bias_for_all_channels_adjusts_each_and_is_named(shape, per_channel):
    report = simulate(with_bias(np.full(shape, 1e9)), per_channel, ONE_RUN)
    like = simulate(with_bias(np.full(4, 1e9)), per_channel, ONE_RUN)
    assert "adjusted to it all the same" in unmatched(report)[0].message
    assert scales(report) == scales(like)
    assert unmatched(like) == []


@pytest.mark.parametrize("shape", [(4, 1), (4, 4), (1, 4)])
def test_one_scale_for_the_weight_serves_a_bias_of_any_shape(shape, everything):
    report = simulate(with_bias(np.full(shape, 1e9)), everything, ONE_RUN)
    assert scales(report) == scales(simulate(with_bias(1e9), everything, ONE_RUN))
    assert unmatched(report) == []


def test_a_bias_of_rows_has_no_encoding_of_32_bits(per_channel):
    with pytest.raises(QuantSimError, match=r"`b` of gemm1 has the shape \[4, 1\]") as caught:
        export(
            with_bias(np.ones((4, 1))),
            per_channel,
            ONE_RUN,
            format="aimet-2.0.0",
            int32_biases=True,
        )
    assert caught.value.code == "not-expressible"
