"""Which chains a supergroup matches (`docs/semantics.md` §4a)."""

from __future__ import annotations

import pytest
from support.cascades import cascade_of
from support.small_models import floats, model, node
from support.text_models import text_model

CONV = {"w": (4, 4, 1, 1)}
THREE = "a = Conv(x, w)  b = Add(a, c)  y = Relu(b)"


def groups(proto, *patterns, **sections) -> tuple[tuple[str, ...], ...]:
    return cascade_of(proto, supergroups=patterns, **sections).supergroups


def test_longer_patterns_come_first() -> None:
    proto = text_model(THREE, weights={**CONV, "c": (1,)})
    assert groups(proto, ["Conv", "Add"], ["Conv", "Add", "Relu"]) == (("/a", "/b", "/y"),)


def test_equally_long_patterns_keep_document_order() -> None:
    proto = text_model(THREE, weights={**CONV, "c": (1,)})
    assert groups(proto, ["Add", "Relu"], ["Conv", "Add"]) == (("/b", "/y"),)
    assert groups(proto, ["Conv", "Add"], ["Add", "Relu"]) == (("/a", "/b"),)


def test_a_branch_breaks_the_chain() -> None:
    proto = text_model("a = Conv(x, w)  b = Relu(a)  y = Add(a, b)", weights=CONV)
    assert groups(proto, ["Conv", "Relu"]) == ()


def test_using_a_tensor_twice_breaks_the_chain() -> None:
    proto = text_model("a = Conv(x, w)  y = Add(a, a)", weights=CONV)
    assert groups(proto, ["Conv", "Add"]) == ()


def test_a_graph_output_in_the_middle_does_not() -> None:
    proto = text_model(
        "a = Conv(x, w)  y = Relu(a)", outputs="float[1,4,6,6] a, float[1,4,6,6] y", weights=CONV
    )
    cascade = cascade_of(proto, supergroups=[["Conv", "Relu"]])
    assert cascade.supergroups == (("/a", "/y"),)
    assert not cascade["a"].enabled


def test_the_next_member_may_read_at_any_input() -> None:
    proto = text_model("a = Conv(x, w)  y = Add(x, a)", weights=CONV)
    assert groups(proto, ["Conv", "Add"]) == (("/a", "/y"),)


def test_an_operator_belongs_to_one_match() -> None:
    proto = text_model("a = Relu(x)  b = Relu(a)  y = Relu(b)")
    assert groups(proto, ["Relu", "Relu"]) == (("/a", "/b"),)


@pytest.mark.parametrize(
    ("op", "weight", "group", "matched"),
    [
        ("Conv", (4, 1, 1, 1), 4, False),
        ("Conv", (8, 1, 1, 1), 4, False),
        ("Conv", (4, 2, 1, 1), 2, True),
        ("Conv", (4, 4, 1, 1), 1, True),
        ("ConvTranspose", (4, 1, 1, 1), 4, False),
        ("ConvTranspose", (4, 1, 1, 1), 2, True),
    ],
)
def test_a_depthwise_head_is_turned_down(op, weight, group, matched) -> None:
    proto = model(
        [node(op, "x w", "a", "a", group=group), node("Relu", "a", "y", "y")],
        inputs={"x": [1, 4, 6, 6]},
        constants={"w": floats(*weight)},
    )
    assert bool(groups(proto, [op, "Relu"])) is matched


def test_a_depthwise_convolution_behind_an_identity_is_not_recognised() -> None:
    proto = model(
        [
            node("Identity", "w", "i", "i"),
            node("Conv", "x i", "a", "a", group=4),
            node("Relu", "a", "y", "y"),
        ],
        inputs={"x": [1, 4, 6, 6]},
        constants={"w": floats(4, 1, 1, 1)},
    )
    assert groups(proto, ["Conv", "Relu"]) == (("a", "y"),)


def test_a_three_dimensional_head_is_turned_down() -> None:
    proto = model(
        [node("Conv", "x w", "a", "a"), node("Relu", "a", "y", "y")],
        inputs={"x": [1, 2, 4, 4, 4]},
        constants={"w": floats(2, 2, 1, 1, 1)},
    )
    assert groups(proto, ["Conv", "Relu"]) == ()


def test_only_the_head_is_looked_at() -> None:
    proto = model(
        [node("Relu", "x", "a", "a"), node("Conv", "a w", "y", "y", group=4)],
        inputs={"x": [1, 4, 6, 6]},
        constants={"w": floats(4, 1, 1, 1)},
    )
    assert groups(proto, ["Relu", "Conv"]) == (("a", "y"),)


def test_a_head_that_a_pass_takes_is_turned_down() -> None:
    proto = model(
        [node("MatMul", "x w", "a", "a"), node("Add", "a b", "y", "y")],
        inputs={"x": [2, 2, 4]},
        constants={"w": floats(2, 4, 4), "b": floats(4)},
    )
    assert groups(proto, ["MatMul", "Add"]) == (("a", "y"),)
    assert groups(proto, ["MatMul", "Add"], passes=["MatmulAdd"]) == ()


def test_fused_operators_are_matched_by_their_type() -> None:
    proto = text_model(
        "a = MatMul(x, w)  b = Add(a, c)  y = Relu(b)",
        inputs="float[2,4] x",
        outputs="float[2,4] y",
        weights={"w": (4, 4), "c": (4,)},
    )
    assert groups(proto, ["Gemm", "Relu"], passes=["MatmulAdd"]) == (("/a", "/b", "/y"),)


def test_all_outputs_of_inner_members_are_switched_off() -> None:
    proto = text_model(
        "a, b = TopK(x, k)  y = Relu(a)", inputs="float[6] x, int64[1] k", outputs="float[3] y"
    )
    cascade = cascade_of(
        proto,
        supergroups=[["TopK", "Relu"]],
        op_type={"TopK": {"is_output_quantized": "True"}},
    )
    assert not cascade["a"].enabled
    assert cascade.trace("a")[-3].rule == "/supergroups/0"
