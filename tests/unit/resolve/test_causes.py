"""A difference grouped by the changed rules that cause it."""

from __future__ import annotations

import copy
import json

import pytest
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve import diff_cascades, find_causes, format_difference, resolve

BASE = {
    "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "params": {},
    "op_type": {},
    "supergroups": [],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}
GROUPS = [{"op_list": ["Conv", "Elu"]}, {"op_list": ["Sigmoid", "Tanh"]}]


@pytest.fixture(scope="module")
def model():
    body = (
        "a = Conv<pads=[1,1,1,1]>(x, w) b = Elu(a) c = Conv<pads=[1,1,1,1]>(b, w)"
        " d = Elu(c) s = Sigmoid(d) y = Tanh(s)"
    )
    return load_model(text_model(body, weights={"w": (4, 4, 3, 3)}))


@pytest.fixture(scope="module")
def linear():
    body = "m = MatMul(x, w) y = Add(m, b)"
    weights = {"w": (4, 4), "b": (4,)}
    inputs = {"inputs": "float[2,4] x", "outputs": "float[2,4] y"}
    return load_model(text_model(body, weights=weights, **inputs))


def config(**sections):
    return copy.deepcopy(BASE) | sections


def causes_of(model, first, second):
    sides = [
        resolve(model, load_config(document, name=name))
        for document, name in ((first, "A"), (second, "B"))
    ]
    difference = diff_cascades(*sides)
    return difference, find_causes(*sides, difference)


def told(model, first, second):
    _, causes = causes_of(model, first, second)
    return [cause.headline(("A", "B")) for cause in causes]


OFF = {"Conv": {"is_output_quantized": "False"}}


def test_an_added_rule_is_the_cause_with_its_nodes(model):
    _, (cause,) = causes_of(model, config(), config(op_type=OFF))
    assert cause.headline(("A", "B")) == "/op_type/Conv/is_output_quantized in B: 2 quantizers off"
    assert (cause.tensors, cause.nodes) == (("a", "c"), ("/a", "/c"))
    assert cause.change.kind == "added"


def test_a_removed_rule_is_the_cause(model):
    assert told(model, config(op_type=OFF), config()) == [
        "/op_type/Conv/is_output_quantized not in B: 2 quantizers on"
    ]


def test_a_changed_rule_is_the_cause_of_all_that_it_does(model):
    def symmetric(value):
        defaults = copy.deepcopy(BASE["defaults"])
        defaults["params"]["is_symmetric"] = value
        return config(defaults=defaults)

    assert told(model, symmetric("True"), symmetric("False")) == [
        "/defaults/params/is_symmetric in B: 1 quantizer asymmetric"
    ]


def test_supergroups_are_causes_when_added_removed_and_moved(model):
    assert told(model, config(), config(supergroups=GROUPS[:1])) == [
        "/supergroups/0 in B: 2 quantizers off"
    ]
    assert told(model, config(supergroups=GROUPS), config(supergroups=GROUPS[1:])) == [
        "/supergroups/0 not in B: 2 quantizers on"
    ]
    moved = told(model, config(supergroups=GROUPS), config(supergroups=GROUPS[::-1]))
    assert moved == ["/supergroups/1 moved to /supergroups/0 in B: no quantizer of this model"]


def test_a_rule_without_effect_comes_last(model):
    idle = {"LSTM": {"is_output_quantized": "False"}}
    difference, causes = causes_of(model, config(), config(op_type=OFF | idle))
    assert [len(cause.groups) for cause in causes] == [1, 0]
    text = format_difference(difference, causes)
    assert "for 1 reason:" in text
    assert text.count("/op_type/Conv/is_output_quantized in B: 2 quantizers off") == 1
    assert "           nodes: /a, /c" in text
    assert "1 further changed rule decides none of these." in text


def test_what_a_pass_does_besides_fusing_is_put_down_to_it_too(linear):
    both = {"bias": {"is_quantized": "False"}}
    first, second = config(params=both), config(params=both, supergroup_pass_list=["MatmulAdd"])
    difference, causes = causes_of(linear, first, second)
    assert all(cause.change is not None for cause in causes)
    (cause,) = [cause for cause in causes if cause.groups]
    assert cause.change.pointer == "/supergroup_pass_list/0"
    assert set(cause.tensors) == {change.tensor for change in difference.changes}


def test_every_change_has_one_cause_and_no_cause_has_another_change(model):
    second = config(op_type=OFF, supergroups=GROUPS, model_input={})
    difference, causes = causes_of(model, config(), second)
    grouped = [group for cause in causes for group in cause.groups]
    assert sorted(map(id, grouped)) == sorted(map(id, difference.groups))


def test_a_configuration_does_not_differ_from_itself(model):
    difference, causes = causes_of(model, config(op_type=OFF), config(op_type=OFF))
    assert causes == []
    assert format_difference(difference, causes).startswith("A and B settle every quantizer")


def test_turned_round_every_cause_is_the_same_rule(model):
    first, second = config(), config(op_type=OFF, supergroups=GROUPS[1:])
    there, back = causes_of(model, first, second)[1], causes_of(model, second, first)[1]
    assert {(c.change.pointer, c.tensors) for c in there} == {
        (c.change.pointer, c.tensors) for c in back
    }
    assert {c.change.kind for c in there} == {"added"}
    assert {c.change.kind for c in back} == {"removed"}


def test_a_refused_side_has_no_causes_with_changes(linear):
    broken = config(defaults={"ops": {"is_output_quantized": "No"}, "params": {}})
    difference, causes = causes_of(linear, config(), broken)
    assert difference.errors[1] is not None
    assert causes == []


def test_causes_are_plain_json(model):
    _, causes = causes_of(model, config(), config(op_type=OFF))
    document = causes[0].to_dict()
    assert json.loads(json.dumps(document)) == document
    assert document["quantizers"] == 2
    assert document["change"]["values"] == [None, "False"]
