"""Precision, channels, dynamic weights and exception rules (`docs/semantics.md` §3 g, §6 to §8)."""

from __future__ import annotations

import pytest
from support.cascades import OFF, ON, cascade_of, refusal
from support.small_models import floats, model, node
from support.text_models import text_model

from quantsim_viz.errors import QuantSimError

PER_CHANNEL = {"per_channel_quantization": ON}


def product(op: str, weight: tuple[int, ...], x: tuple[int, ...], bias: int = 0, **attributes):
    inputs = "x w b" if bias else "x w"
    constants = {"w": floats(*weight)} | ({"b": floats(bias)} if bias else {})
    return model([node(op, inputs, "y", "y", **attributes)], inputs={"x": x}, constants=constants)


# -- precision -------------------------------------------------------------------------------------


def test_parameters_and_activations_take_their_widths() -> None:
    cascade = cascade_of(product("Conv", (4, 4, 1, 1), (1, 4, 2, 2)), bits=(4, 16))
    assert (cascade["w"].bitwidth, cascade["y"].bitwidth) == (4, 16)


def test_float16_is_a_float_of_sixteen_bits() -> None:
    cascade = cascade_of(product("Conv", (4, 4, 1, 1), (1, 4, 2, 2)), bits=("float16", 8))
    assert (cascade["w"].dtype, cascade["w"].bitwidth) == ("float", 16)
    assert (cascade["y"].dtype, cascade["y"].bitwidth) == ("int", 8)


@pytest.mark.parametrize("bits", [3, "8bit", True, None, 8.0])
def test_another_width_is_an_error(bits) -> None:
    with pytest.raises(QuantSimError, match="Bit width"):
        cascade_of(product("Conv", (4, 4, 1, 1), (1, 4, 2, 2)), bits=(bits, 8))


def test_supported_kernels_change_nothing() -> None:
    kernel = {
        "activation": {"bitwidth": 16, "dtype": "int"},
        "param": {"bitwidth": 16, "dtype": "int"},
    }
    proto = product("Conv", (4, 4, 1, 1), (1, 4, 2, 2))
    plain = cascade_of(proto)
    listed = cascade_of(proto, defaults={"supported_kernels": [kernel]})
    assert dict(plain.quantizers) == dict(listed.quantizers)


# -- per channel -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "weight", "x", "attributes", "axis"),
    [
        ("Conv", (4, 2, 1, 1), (1, 2, 3, 3), {}, 0),
        ("ConvTranspose", (2, 4, 1, 1), (1, 2, 3, 3), {}, 1),
        ("Gemm", (2, 4), (3, 2), {}, 1),
        ("Gemm", (4, 2), (3, 2), {"transB": 1}, 0),
        ("MatMul", (2, 4), (3, 2), {}, 1),
        ("MatMul", (5, 2, 4), (5, 3, 2), {}, 2),
        ("MatMul", (2,), (3, 2), {}, 0),
        ("LayerNormalization", (2,), (3, 2), {}, 0),
    ],
)
def test_channel_axis(op, weight, x, attributes, axis: int) -> None:
    cascade = cascade_of(product(op, weight, x, **attributes), defaults=PER_CHANNEL)
    assert (cascade["w"].per_channel, cascade["w"].channel_axis) == (True, axis)


def test_a_transposed_products_axis_is_the_last_but_one() -> None:
    proto = text_model(
        "t = Transpose<perm=[1,0]>(w)  y = MatMul(x, t)",
        inputs="float[2,3] x",
        outputs="float[2,4] y",
        weights={"w": (4, 3)},
    )
    assert cascade_of(proto, defaults=PER_CHANNEL)["w"].channel_axis == 0


def test_biases_and_disabled_parameters_become_per_channel_too() -> None:
    cascade = cascade_of(
        product("Conv", (4, 4, 1, 1), (1, 4, 2, 2), bias=4), defaults=PER_CHANNEL, params={}
    )
    assert cascade["b"].per_channel
    assert not cascade["b"].enabled


def test_an_entry_of_the_type_beats_the_default() -> None:
    proto = product("Conv", (4, 4, 1, 1), (1, 4, 2, 2))
    off = cascade_of(
        proto, defaults=PER_CHANNEL, op_type={"Conv": {"per_channel_quantization": OFF}}
    )
    on = cascade_of(proto, op_type={"Conv": {"per_channel_quantization": ON}})
    assert (off["w"].per_channel, on["w"].per_channel) == (False, True)


def test_one_user_that_asks_is_enough() -> None:
    proto = model(
        [
            node("LayerNormalization", "x w", "a", "a"),
            node("BatchNormalization", "a w b m v", "y", "y"),
        ],
        inputs={"x": [4, 4]},
        constants={name: abs(floats(4)) for name in "wbmv"},
    )
    cascade = cascade_of(
        proto,
        op_type={
            "LayerNormalization": {"per_channel_quantization": ON},
            "BatchNormalization": {"per_channel_quantization": OFF},
        },
    )
    assert cascade["w"].per_channel
    assert not cascade["b"].per_channel


def test_a_recurrent_weight_per_channel_is_refused() -> None:
    proto = model(
        [node("GRU", "x w r", "y", "gru", hidden_size=3)],
        inputs={"x": [2, 1, 4]},
        constants={"w": floats(1, 9, 4), "r": floats(1, 9, 3)},
    )
    cascade = cascade_of(proto, defaults=PER_CHANNEL)
    assert cascade.error is not None
    assert cascade.error.code == "no-channel-axis"
    assert cascade.error.rule == "/defaults/per_channel_quantization"


# -- weights that are not constant -----------------------------------------------------------------


def attention(**sections):
    proto = text_model(
        "a = Sigmoid(x)  b = Transpose<perm=[1,0]>(a)  y = MatMul(x, b)",
        inputs="float[4,4] x",
        outputs="float[4,4] y",
    )
    return cascade_of(proto, **sections)


def test_a_dynamic_weight_takes_the_default_symmetry_of_parameters() -> None:
    assert attention(params={"is_symmetric": ON})["a"].symmetric
    assert not attention(params={})["a"].symmetric


def test_the_types_own_weight_rule_beats_the_default() -> None:
    weight = {"MatMul": {"params": {"weight": {"is_symmetric": OFF}}}}
    assert not attention(params={"is_symmetric": ON}, op_type=weight)["a"].symmetric


def test_the_params_section_is_not_asked() -> None:
    assert not attention(params={}, param_types={"weight": {"is_symmetric": ON}})["a"].symmetric


def test_symmetry_can_be_taken_away() -> None:
    cascade = attention(params={}, ops={"is_output_quantized": ON, "is_symmetric": ON})
    assert not cascade["a"].symmetric
    assert cascade["y"].symmetric


# -- exception rules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "hardware", "expected"),
    [
        (4, None, (8, False)),
        (8, None, (8, False)),
        (16, None, (16, True)),
        (16, "V69", (8, False)),
        (16, "V73", (16, True)),
        (16, "v69", (16, True)),
    ],
)
def test_layer_normalization_parameters(bits, hardware, expected) -> None:
    cascade = cascade_of(
        product("LayerNormalization", (4,), (2, 4)),
        bits=(bits, 8),
        params={"is_quantized": ON, "is_symmetric": ON},
        defaults={"hw_version": hardware} if hardware else {},
    )
    assert (cascade["w"].bitwidth, cascade["w"].symmetric) == expected


def test_a_parameter_that_is_off_or_float_is_left_alone() -> None:
    proto = product("LayerNormalization", (4,), (2, 4))
    assert cascade_of(proto, bits=(4, 8), params={})["w"].bitwidth == 4
    assert cascade_of(proto, bits=("float16", 8))["w"].dtype == "float"


@pytest.mark.parametrize(
    ("output", "expected"), [(ON, (16, True)), (OFF, (8, False))], ids=["quantized", "float"]
)
def test_instance_normalization_parameters_follow_the_output(output: str, expected) -> None:
    cascade = cascade_of(
        product("InstanceNormalization", (4,), (1, 4, 2), bias=4),
        bits=(4, 16),
        op_type={"InstanceNormalization": {"is_output_quantized": output, "is_symmetric": ON}},
    )
    assert (cascade["w"].bitwidth, cascade["w"].symmetric) == expected


@pytest.mark.parametrize(
    ("hardware", "first", "second"),
    [
        (None, (16, False), (16, False)),
        ("V66", (16, False), (8, True)),
        ("V73", (16, False), (16, True)),
    ],
)
def test_product_of_activations(hardware, first, second) -> None:
    proto = text_model(
        "a = Sigmoid(x)  b = Tanh(x)  y = MatMul(a, b)",
        inputs="float[4,4] x",
        outputs="float[4,4] y",
    )
    cascade = cascade_of(proto, bits=(8, 16), defaults={"hw_version": hardware} if hardware else {})
    assert (cascade["a"].bitwidth, cascade["a"].symmetric) == first
    assert (cascade["b"].bitwidth, cascade["b"].symmetric) == second


def test_a_second_operand_of_sixteen_bits_lifts_the_first() -> None:
    proto = text_model(
        "t = Transpose<perm=[1,0]>(w)  i = Identity(t)  y = MatMul(x, i)",
        inputs="float[4,4] x",
        outputs="float[4,4] y",
        weights={"w": (4, 4)},
    )
    other = model(
        [node("MatMul", "x t", "y", "y"), node("MatMul", "x w", "z", "z")],
        inputs={"x": [4, 4]},
        outputs=("y", "z"),
        constants={"w": floats(4, 4)},
    )
    other.graph.node.insert(0, node("Transpose", "w", "t", "t", perm=[1, 0]))
    cascade = cascade_of(other, bits=(16, 8), defaults={"hw_version": "V73"})
    assert (cascade["x"].bitwidth, cascade["w"].symmetric) == (16, True)
    assert cascade_of(proto, bits=(8, 8), defaults={"hw_version": "V73"})["x"].bitwidth == 8


def test_a_grouped_deconvolution_has_one_encoding_for_its_weight() -> None:
    proto = product("ConvTranspose", (4, 2, 1, 1), (1, 4, 3, 3), bias=4, group=2)
    cascade = cascade_of(proto, defaults=PER_CHANNEL)
    assert not cascade["w"].per_channel
    assert cascade["w"].channel_axis is None
    assert cascade["b"].per_channel


def test_nothing_here_is_refused_without_reason() -> None:
    assert refusal(cascade_of(product("Gemm", (2, 4), (3, 2)), defaults=PER_CHANNEL)) is None
