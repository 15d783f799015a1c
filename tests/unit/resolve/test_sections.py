"""The sections of the document as stages (`docs/semantics.md` §3 a to f)."""

from __future__ import annotations

import pytest
from support.cascades import OFF, ON, cascade_of, enabled, refusal
from support.small_models import floats, model, node, value
from support.text_models import text_model

CONV = {"w": (4, 4, 1, 1), "b": (4,)}


def test_nothing_is_on_without_a_rule() -> None:
    cascade = cascade_of(text_model("y = Relu(x)"), ops={}, params={}, model_input={})
    assert enabled(cascade) == set()


def test_a_defaults_ops_switches_outputs_and_not_model_inputs_or_constants() -> None:
    proto = text_model("a = Relu(x)  y = Add(a, c)", weights={"c": (1,)})
    cascade = cascade_of(proto, model_output={}, op_type={})
    assert enabled(cascade) == {"x", "a", "y", "c"}
    stages = {d.stage.value for d in cascade.trace("x") if d.value is True}
    assert stages == {"model_input"}


def test_a_symmetry_reaches_inputs_and_outputs() -> None:
    cascade = cascade_of(text_model("y = Relu(x)"), ops={"is_symmetric": ON})
    assert cascade["x"].symmetric
    assert cascade["y"].symmetric


def test_b_defaults_params_reach_every_parameter_and_modes_every_quantizer() -> None:
    cascade = cascade_of(
        text_model("y = Conv(x, w, b)", weights=CONV),
        params={"is_quantized": ON, "is_symmetric": ON},
        defaults={"strict_symmetric": ON, "unsigned_symmetric": ON},
    )
    assert cascade["w"].enabled
    assert cascade["b"].symmetric
    assert all(s.strict_symmetric and s.unsigned_symmetric for s in cascade.quantizers.values())
    assert not cascade["y"].symmetric


def test_params_beat_the_default_and_op_type_beats_params() -> None:
    proto = text_model(
        "a = Conv(x, w, b)  y = BatchNormalization(a, g, c, m, v)",
        weights={**CONV, **dict.fromkeys("gcmv", (4,))},
    )
    cascade = cascade_of(
        proto,
        param_types={"bias": {"is_quantized": OFF}},
        op_type={"BatchNormalization": {"params": {"bias": {"is_quantized": ON}}}},
    )
    assert {"w", "c", "g"} <= enabled(cascade)
    assert "b" not in enabled(cascade)


def test_c_op_type_applies_its_entry_to_each_operator_of_the_type() -> None:
    cascade = cascade_of(
        text_model("a = Relu(x)  b = Sigmoid(a)  y = Relu(b)"),
        op_type={"Relu": {"is_output_quantized": OFF}},
    )
    assert enabled(cascade) == {"x", "b"}


def test_c_a_grid_preserving_operator_without_entry_is_switched_off() -> None:
    cascade = cascade_of(text_model("a = MaxPool<kernel_shape=[1,1]>(x)  y = Relu(a)"))
    assert not cascade["a"].enabled
    assert cascade.trace("a")[-3].builtin == "grid-preserving-default"


def test_c_operators_of_the_same_type_in_another_domain_follow_the_first_default() -> None:
    pool = {"kernel_shape": [1, 1]}
    custom = [node("MaxPool", "x", "a", "a", domain="example"), node("Relu", "a", "b", "b")]
    proto = model(
        [*custom, node("MaxPool", "b", "c", "c", **pool), node("Relu", "c", "y", "y")],
        inputs={"x": [1, 1, 4, 4]},
        opset={"": 17, "example": 1},
    )
    proto.graph.value_info.append(value("a", [1, 1, 4, 4]))
    assert cascade_of(proto)["a"].enabled
    renamed = model(
        [
            node("MaxPool", "x", "a", "a", **pool),
            node("Relu", "a", "b", "b"),
            node("MaxPool", "b", "c", "c", domain="example"),
            node("Relu", "c", "y", "y"),
        ],
        inputs={"x": [1, 1, 4, 4]},
        opset={"": 17, "example": 1},
    )
    renamed.graph.value_info.append(value("c", [1, 1, 4, 4]))
    assert not cascade_of(renamed)["c"].enabled


def test_c_constraints_fix_the_range_and_make_a_symmetric_range_symmetric() -> None:
    cascade = cascade_of(
        text_model("a = Sigmoid(x)  y = Tanh(a)"),
        op_type={
            "Sigmoid": {"encoding_constraints": {"min": 0.0, "max": 1.0}},
            "Tanh": {"encoding_constraints": {"min": -1.0, "max": 1.0}},
        },
    )
    assert cascade["a"].fixed_range == (0.0, 1.0)
    assert not cascade["a"].symmetric
    assert cascade["y"].symmetric


def test_d_a_supergroup_keeps_its_last_output_only() -> None:
    cascade = cascade_of(
        text_model("a = Conv(x, w, b)  y = Relu(a)", weights=CONV), supergroups=[["Conv", "Relu"]]
    )
    assert {"a", "y"} & enabled(cascade) == {"y"}


def test_e_model_input_switches_inputs_and_constants_on() -> None:
    proto = text_model("y = Mul(x, c)", weights={"c": (1,)})
    assert enabled(cascade_of(proto)) == {"x", "c", "y"}


def test_e_an_empty_model_input_is_refused_where_there_are_constant_operands() -> None:
    proto = text_model("y = Mul(x, c)", weights={"c": (1,)})
    cascade = cascade_of(proto, model_input={})
    assert cascade.error is not None
    assert (cascade.error.code, cascade.error.rule) == ("model-input-missing-key", "/model_input")
    assert cascade.error.nodes == ("/y",)
    assert refusal(cascade_of(text_model("y = Relu(x)"), model_input={})) is None


def test_e_a_parameter_that_is_an_input_too_is_switched_on_again() -> None:
    proto = text_model("y = Conv(x, w)", weights={"w": (4, 4, 1, 1)})
    proto.graph.input.append(value("w", [4, 4, 1, 1]))
    assert "w" in enabled(cascade_of(proto, params={"is_quantized": OFF}))


def test_an_input_without_a_use_stays_off() -> None:
    proto = text_model("y = Relu(x)", inputs="float[1] x, float[1] unused")
    assert not cascade_of(proto)["unused"].enabled


def test_f_model_output_means_operators_whose_outputs_nothing_uses() -> None:
    proto = text_model("a = Relu(x)  b = Sigmoid(a)  y = Relu(b)", outputs="float[1] a, float[1] y")
    cascade = cascade_of(proto, ops={}, model_output={"is_output_quantized": ON})
    assert enabled(cascade) == {"x", "y"}


def test_f_a_grid_preserving_last_operator_is_switched_on() -> None:
    proto = text_model("a = Relu(x)  y = MaxPool<kernel_shape=[1,1]>(a)")
    assert "y" in enabled(cascade_of(proto, model_output={"is_output_quantized": ON}))


def test_two_different_writes_in_one_section_are_refused_with_both_culprits() -> None:
    cascade = cascade_of(
        text_model("a = Conv(x, w, b)  y = Relu(a)", weights=CONV),
        op_type={
            "Conv": {"is_output_quantized": OFF},
            "Relu": {"is_input_quantized": ON},
        },
    )
    assert cascade.error is not None
    assert cascade.error.code == "conflicting-settings"
    assert cascade.error.rule == "/op_type/Relu/is_input_quantized"
    assert cascade.error.nodes == ("/a", "/y")
    assert "/op_type/Conv/is_output_quantized" in cascade.error.message
    assert dict(cascade.quantizers) == {}


def test_an_equal_second_write_agrees_with_the_first() -> None:
    cascade = cascade_of(
        text_model("a = Conv(x, w, b)  y = Relu(a)", weights=CONV),
        op_type={"Conv": {"is_output_quantized": ON}, "Relu": {"is_input_quantized": ON}},
    )
    trace = cascade.trace("a")
    void = next(d for d in trace if not d.effective)
    assert void.rule == "/op_type/Relu/is_input_quantized"
    assert trace[void.agrees or 0].rule == "/op_type/Conv/is_output_quantized"


@pytest.mark.parametrize(
    ("symmetric", "code"), [(ON, None), (OFF, "conflicting-settings")], ids=["equal", "different"]
)
def test_a_symmetric_range_counts_as_the_current_symmetry(symmetric: str, code: str | None) -> None:
    cascade = cascade_of(
        text_model("a = Tanh(x)  b = Sigmoid(a)  y = Add(a, b)"),
        op_type={
            "Tanh": {"is_symmetric": OFF, "encoding_constraints": {"min": -1.0, "max": 1.0}},
            "Sigmoid": {"is_symmetric": symmetric},
        },
        ops={},
    )
    assert refusal(cascade) == code


def test_a_symmetric_range_alone_does_not_settle_symmetry() -> None:
    cascade = cascade_of(
        text_model("a = Tanh(x)  y = Sigmoid(a)"),
        op_type={
            "Tanh": {"encoding_constraints": {"min": -1.0, "max": 1.0}},
            "Sigmoid": {"is_symmetric": OFF},
        },
    )
    assert not cascade["a"].symmetric


def test_entries_for_types_the_model_lacks_do_nothing() -> None:
    proto = model([node("Relu", "x", "y", "y")], constants={"unused": floats(2)})
    cascade = cascade_of(proto, op_type={"LSTM": {"is_output_quantized": OFF}})
    assert enabled(cascade) == {"x", "y"}
