"""What users would call bugs, reproduced (`docs/semantics.md` §10; the rest is in its sections)."""

from __future__ import annotations

import numpy as np
from support.cascades import OFF, ON, cascade_of, enabled, refusal
from support.small_models import floats, model, node
from support.text_models import text_model


def test_1_an_empty_model_input_depends_on_constant_operands() -> None:
    assert refusal(cascade_of(text_model("y = Relu(x)"), model_input={})) is None
    doubled = text_model("y = Mul(x, two)", weights={"two": ()})
    assert refusal(cascade_of(doubled, model_input={})) == "model-input-missing-key"


def test_2_a_relu_with_a_minimum_as_second_operand_of_a_product_is_refused() -> None:
    proto = text_model(
        "d = Neg(x)  r = Relu(d)  y = MatMul(x, r)", inputs="float[4,4] x", outputs="float[4,4] y"
    )
    relu = {"Relu": {"encoding_constraints": {"min": 0.0}}}
    symmetric = {"is_quantized": ON, "is_symmetric": ON}
    assert refusal(cascade_of(proto, op_type=relu)) is None
    assert refusal(cascade_of(proto, op_type=relu, params=symmetric)) == "range-without-max"


def test_3_tanh_before_relu_is_refused() -> None:
    limits = {
        "Tanh": {"encoding_constraints": {"min": -1.0, "max": 1.0}},
        "Relu": {"encoding_constraints": {"min": 0.0}},
    }
    assert refusal(cascade_of(text_model("a = Tanh(x)  y = Relu(a)"), op_type=limits)) == (
        "range-merge"
    )


def test_4_symmetry_of_layer_normalization_parameters_is_ignored() -> None:
    cascade = cascade_of(
        text_model("y = LayerNormalization(x, w)", weights={"w": (6,)}),
        op_type={"LayerNormalization": {"params": {"weight": {"is_symmetric": ON}}}},
    )
    assert not cascade["w"].symmetric


def test_5_a_supergroup_that_starts_at_a_concat_switches_its_inputs_off() -> None:
    proto = text_model("a = Neg(x)  b = Concat<axis=0>(a, a)  y = Relu(b)")
    cascade = cascade_of(proto, supergroups=[["Concat", "Relu"]])
    assert enabled(cascade) == {"x", "y"}


def test_6_a_concats_own_range_is_lost() -> None:
    cascade = cascade_of(
        text_model("a = Neg(x)  b = Exp(x)  y = Concat<axis=0>(a, b)"),
        op_type={"Concat": {"encoding_constraints": {"min": 0.0, "max": 1.0}}},
    )
    assert cascade["y"].fixed_range is None


def test_8_a_graph_output_inside_a_supergroup_is_switched_off() -> None:
    proto = text_model("a = Neg(x)  y = Relu(a)", outputs="float[1] a, float[1] y")
    cascade = cascade_of(
        proto, supergroups=[["Neg", "Relu"]], model_output={"is_output_quantized": ON}
    )
    assert "a" not in enabled(cascade)


def test_10_an_entry_of_a_grid_preserving_type_switches_its_output_on() -> None:
    proto = text_model("a = Neg(x)  b = MaxPool<kernel_shape=[1,1]>(a)  y = Relu(b)")
    assert "b" not in enabled(cascade_of(proto))
    assert "b" in enabled(cascade_of(proto, op_type={"MaxPool": {"per_channel_quantization": OFF}}))


def test_11_model_output_does_not_reach_an_output_that_is_used_too() -> None:
    proto = text_model("a = Neg(x)  y = Relu(a)", outputs="float[1] a, float[1] y")
    cascade = cascade_of(proto, ops={}, model_output={"is_output_quantized": ON})
    assert enabled(cascade) == {"x", "y"}


def test_14_hardware_names_are_compared_literally() -> None:
    proto = text_model(
        "a = Sigmoid(x)  y = MatMul(x, a)", inputs="float[4,4] x", outputs="float[4,4] y"
    )
    widths = {
        name: cascade_of(proto, bits=(8, 16), defaults={"hw_version": name})["a"].bitwidth
        for name in ("V69", "v69")
    }
    assert widths == {"V69": 8, "v69": 16}


def test_15_a_name_that_holds_updated_is_mistaken_for_another() -> None:
    proto = model(
        [
            node("Neg", "x", "a", "neg"),
            node("Exp", "a", "a_updated_b", "exp"),
            node("Sigmoid", "a_updated_b", "y", "sigmoid"),
        ]
    )
    cascade = cascade_of(proto, ops={}, op_type={"Sigmoid": {"is_input_quantized": ON}})
    assert enabled(cascade) == {"x", "a"}


def test_16_per_channel_does_nothing_to_prelu() -> None:
    cascade = cascade_of(
        text_model("y = PRelu(x, s)", weights={"s": (4, 1, 1)}),
        op_type={"PRelu": {"per_channel_quantization": ON}},
    )
    assert not cascade["s"].per_channel


def test_17_a_residual_addition_becomes_a_norms_bias() -> None:
    proto = model(
        [
            node("ReduceMean", "x", "m", "m", axes=[-1]),
            node("Sub", "x m", "c", "c"),
            node("Mul", "c c", "q", "q"),
            node("ReduceMean", "q", "v", "v", axes=[-1]),
            node("Add", "v e", "a", "a"),
            node("Sqrt", "a", "r", "r"),
            node("Div", "c r", "n", "n"),
            node("Mul", "n s", "g", "g"),
            node("Add", "x g", "y", "y"),
        ],
        inputs={"x": [2, 4]},
        constants={"e": np.float32(1e-5), "s": floats(4)},
        opset={"": 13},
    )
    cascade = cascade_of(proto, passes=["LayerNormalization"])
    assert cascade.fused_groups[0].inputs == ("x", "s", "x")
    assert "g" not in cascade.quantizers
