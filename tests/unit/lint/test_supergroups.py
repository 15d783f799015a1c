"""Supergroups that never match say why."""

from __future__ import annotations

import pytest

CONV = {"w": (4, 4, 3, 3)}


@pytest.mark.parametrize(
    ("body", "weights", "reason"),
    [
        ("y = Conv<pads=[1,1,1,1]>(x, w)", CONV, "the model has no Relu"),
        (
            "c = Conv<pads=[1,1,1,1]>(x, w) r = Relu(c) y = Add(r, c)",
            CONV,
            "output of Conv is used 2 times",
        ),
        (
            "c = Conv<pads=[1,1,1,1]>(x, w) s = Sigmoid(c) y = Relu(s)",
            CONV,
            "after Conv comes Sigmoid, not Relu",
        ),
        (
            "c = Conv<group=4, pads=[1,1,1,1]>(x, d) y = Relu(c)",
            {"d": (4, 1, 3, 3)},
            "a depthwise Conv cannot be the first",
        ),
        ("r = Relu(x) y = Conv<pads=[1,1,1,1]>(r, w)", CONV, "nothing follows Conv"),
    ],
)
def test_a_near_miss_names_its_reason(base, found, body, weights, reason):
    base["supergroups"] = [{"op_list": ["Conv", "Relu"]}]
    finding = found(base, body, weights=weights)["supergroup-never-matches"]
    assert reason.lower() in finding.message.lower()


def test_a_list_written_backwards_is_noticed(base, found):
    base["supergroups"] = [{"op_list": ["Relu", "Conv"]}]
    finding = found(base, "c = Conv<pads=[1,1,1,1]>(x, w) y = Relu(c)", weights=CONV)[
        "supergroup-never-matches"
    ]
    assert "Conv → Relu in 1 place" in finding.message


def test_a_group_inside_a_longer_one_is_hidden_and_its_rival_named(base, found):
    base["supergroups"] = [{"op_list": ["Conv", "Relu"]}, {"op_list": ["Conv", "Relu", "Tanh"]}]
    finding = found(base, "c = Conv<pads=[1,1,1,1]>(x, w) r = Relu(c) y = Tanh(r)", weights=CONV)[
        "supergroup-hidden"
    ]
    assert finding.rule == "/supergroups/0"
    assert finding.related == ("/supergroups/1",)


def test_a_pattern_of_the_pass_list_keeps_its_operators_from_heading_a_group(base, found):
    base["supergroups"] = [{"op_list": ["Add", "Relu"]}]
    base["supergroup_pass_list"] = ["MatmulAdd"]
    finding = found(
        base,
        "m = MatMul(x, w) a = Add(m, b) y = Relu(a)",
        inputs="float[2,3,4] x",
        outputs="float[2,3,4] y",
        weights={"w": (2, 4, 4), "b": (4,)},
    )["supergroup-never-matches"]
    assert "supergroup_pass_list" in finding.message


def test_a_model_output_in_the_middle_of_a_group_is_reported(base, found):
    base["supergroups"] = [{"op_list": ["Conv", "Relu"]}]
    finding = found(
        base,
        "c = Conv<pads=[1,1,1,1]>(x, w) y = Relu(c)",
        outputs="float[1,4,6,6] y, float[1,4,6,6] c",
        weights=CONV,
    )["output-lost-in-supergroup"]
    assert "'c'" in finding.message
