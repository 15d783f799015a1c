"""The effective difference of two configurations."""

from __future__ import annotations

import copy
import json

import pytest
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve.difference import diff
from quantsim_viz.resolve.difference_text import format_difference

BASE = {
    "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "params": {},
    "op_type": {},
    "supergroups": [],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}


@pytest.fixture
def model():
    body = (
        "a = Conv<pads=[1,1,1,1]>(x, w) b = Elu(a) c = Conv<pads=[1,1,1,1]>(b, w)"
        " d = Elu(c) s = Sigmoid(d) y = Tanh(s)"
    )
    return load_model(text_model(body, weights={"w": (4, 4, 3, 3)}))


def changed(name="B", **sections):
    return load_config(copy.deepcopy(BASE) | sections, name=name)


def test_a_configuration_does_not_differ_from_itself(model):
    found = diff(model, changed("A"), changed("B"))
    assert found.is_empty
    assert not found.statuses
    assert format_difference(found) == "A and B settle every quantizer of this model alike."


def test_equal_changes_of_equal_cause_form_one_group_with_the_rules_of_both_sides(model):
    off = {"Conv": {"is_output_quantized": "False"}}
    found = diff(model, changed("A"), changed("B", op_type=off))
    (group,) = found.groups
    assert group.tensors == ("a", "c")
    assert group.nodes == ("/a", "/c")
    assert group.values == (True, False)
    assert [cause.rule for cause in group.causes] == [
        "/defaults/ops/is_output_quantized",
        "/op_type/Conv/is_output_quantized",
    ]
    assert "2  switched off: a, c" in format_difference(found)
    moved = ("quantized", "input_weight")
    assert found.statuses == {"/a": moved, "/c": moved}


def test_a_supergroup_is_the_cause_where_one_matches(model):
    found = diff(model, changed("A"), changed("B", supergroups=[{"op_list": ["Conv", "Elu"]}]))
    (group,) = found.groups
    assert group.causes[1].rule == "/supergroups/0"


def test_a_tensor_that_a_pass_swallows_names_the_pass_and_what_it_fuses():
    body = "m = MatMul(x, w) y = Add(m, b)"
    model = load_model(
        text_model(
            body, inputs="float[2,4] x", outputs="float[2,4] y", weights={"w": (4, 4), "b": (4,)}
        )
    )
    found = diff(model, changed("A"), changed("B", supergroup_pass_list=["MatmulAdd"]))
    (change,) = [c for c in found.changes if c.tensor == "m"]
    assert change.values == (True, False)
    cause = change.causes[1]
    assert (cause.rule, cause.fused_into) == ("/supergroup_pass_list/0", "Gemm")
    text = format_difference(found)
    assert "inside the Gemm that this pass fuses" in text
    assert "no quantizer here" not in text


def test_settings_of_a_switched_off_quantizer_are_no_difference(model):
    off = {"is_output_quantized": "False"}
    found = diff(
        model,
        changed("A", op_type={"Sigmoid": off}),
        changed("B", op_type={"Sigmoid": off | {"encoding_constraints": {"min": 0.0}}}),
    )
    assert found.is_empty


@pytest.mark.parametrize("key", ["strict_symmetric", "unsigned_symmetric"])
def test_a_quantizer_that_becomes_symmetric_becomes_one_of_a_kind(model, key):
    def of(value, **params):
        ops, held = BASE["defaults"]["ops"], BASE["defaults"]["params"] | params
        return changed(defaults={"ops": ops, "params": held, key: value})

    symmetric = {"is_symmetric": "True"}
    for first, second in (
        (of("False"), of("True", **symmetric)),
        (of("True", **symmetric), of("False")),
    ):
        found = diff(model, first, second)
        assert {change.property.value for change in found.changes} == {"symmetric", key}
    assert diff(model, of("False"), of("True")).is_empty


def test_the_difference_turned_round_is_its_mirror_image(model):
    first = changed("A", op_type={"Sigmoid": {"encoding_constraints": {"min": 0, "max": 1}}})
    second = changed("B", op_type={"Conv": {"per_channel_quantization": "True"}})
    forth, back = diff(model, first, second), diff(model, second, first)
    mirrored = {(c.tensor, c.property, c.values[::-1], c.causes[::-1]) for c in back.changes}
    assert {(c.tensor, c.property, c.values, c.causes) for c in forth.changes} == mirrored
    assert forth.changes


def test_a_refused_side_is_said_and_the_statuses_are_still_compared(model):
    refused = changed("B", model_input={"is_input_quantized": "False"})
    found = diff(model, changed("A"), refused)
    assert found.errors[0] is None
    assert "AIMET refuses B" in format_difference(found)
    assert not found.is_empty


def test_the_json_form_holds_what_the_values_say(model):
    ranges = {"Sigmoid": {"encoding_constraints": {"min": 0, "max": 1}}}
    found = diff(model, changed("A"), changed("B", op_type=ranges))
    document = json.loads(json.dumps(found.to_dict()))
    assert document["configs"] == ["A", "B"]
    (group,) = [g for g in document["groups"] if g["property"] == "fixed_range"]
    assert group["values"] == [None, [0.0, 1.0]]
    start = {"rule": None, "line": None, "builtin": "start", "fused_into": None}
    assert group["causes"][0] == start
    assert document["quantizers"] == len({c["tensor"] for c in document["changes"]})
