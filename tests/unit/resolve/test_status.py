"""The status of a node (`docs/semantics.md` §11)."""

from __future__ import annotations

import pytest
from support.cascades import OFF, cascade_of
from support.small_models import model, node
from support.text_models import text_model

from quantsim_viz.resolve import Status

CONV = {"w": (4, 4, 1, 1), "b": (4,)}


def status(proto, name: str, **sections) -> str:
    return cascade_of(proto, **sections).nodes[name].status.value


def conv(**sections) -> str:
    return status(text_model("a = Neg(x)  y = Conv(a, w, b)", weights=CONV), "/y", **sections)


def entry(**keys) -> dict:
    return {"op_type": {"Conv": keys}}


WEIGHT_OFF = {"params": {"weight": {"is_quantized": OFF}}}
NO_INPUT = {"Neg": {"is_output_quantized": OFF}}


def test_quantized_means_weights_and_outputs() -> None:
    assert conv() == "quantized"
    assert conv(param_types={"bias": {"is_quantized": OFF}}) == "quantized"


def test_inputs_and_weights() -> None:
    assert conv(op_type={"Conv": {"is_output_quantized": OFF}}) == "input_weight"


def test_weights_only() -> None:
    assert conv(op_type={"Conv": {"is_output_quantized": OFF}, **NO_INPUT}) == "weight_only"


def test_output_only() -> None:
    assert conv(op_type={"Conv": WEIGHT_OFF}) == "output_only"


def test_float() -> None:
    assert conv(op_type={"Conv": {"is_output_quantized": OFF, **WEIGHT_OFF}}) == "float"
    proto = text_model("a = Neg(x)  y = Exp(a)")
    off = {"op_type": {"Exp": {"is_output_quantized": OFF}, **NO_INPUT}}
    assert status(proto, "/y", **off) == "float"


def test_passthrough_carries_its_inputs_grid() -> None:
    proto = text_model("a = Neg(x)  b = Transpose<perm=[0,1,3,2]>(a)  y = Relu(b)")
    assert status(proto, "/b") == "passthrough"
    assert status(proto, "/b", op_type=NO_INPUT) == "float"


@pytest.mark.parametrize("length", [1, 2, 3, 7, 40])
def test_a_grid_is_carried_down_any_number_of_operators(length) -> None:
    moves = "  ".join(
        f"t{n} = Transpose<perm=[0,1,3,2]>({f't{n - 1}' if n else 'a'})" for n in range(length)
    )
    proto = text_model(f"a = Neg(x)  {moves}  y = Relu(t{length - 1})")
    last = f"/t{length - 1}"
    assert status(proto, last) == "passthrough"
    assert status(proto, last, op_type=NO_INPUT) == "float"
    off = {"op_type": {"Relu": {"is_output_quantized": OFF}}}
    assert status(proto, "/y", **off) == "input_weight"


def test_fused_means_an_inner_member() -> None:
    cascade = cascade_of(
        text_model("a = Conv(x, w, b)  y = Relu(a)", weights=CONV), supergroups=[["Conv", "Relu"]]
    )
    first, last = cascade.nodes["/a"], cascade.nodes["/y"]
    assert (first.status, first.supergroup) == (Status.FUSED, 0)
    assert (last.status, last.supergroup) == (Status.QUANTIZED, 0)


def test_unquantizable_means_no_float_tensor_but_parameters() -> None:
    proto = model(
        [
            node("Shape", "x", "s", "shape"),
            node("Neg", "s", "n", "neg"),
            node("Reshape", "x n", "y", "reshape"),
        ]
    )
    assert status(proto, "neg") == "unquantizable"
    assert status(proto, "shape") == "input_weight"


@pytest.mark.parametrize(("values", "expected"), [(1.0, "quantized"), (None, "unquantizable")])
def test_constant_nodes_are_judged_by_the_operand_they_hold(values, expected) -> None:
    attributes = {"value_int": 1} if values is None else {"value_float": values}
    last = node("Add", "x c", "y", "y") if values else node("Gather", "x c", "y", "y")
    proto = model([node("Constant", "", "c", "c", **attributes), last])
    assert status(proto, "c") == expected


def test_a_refusal_marks_its_culprits_and_nothing_is_quantized() -> None:
    cascade = cascade_of(
        text_model("a = Sigmoid(x)  b = Relu(a)  y = Neg(b)"),
        op_type={
            "Sigmoid": {"encoding_constraints": {"min": 0.0, "max": 1.0}},
            "Relu": {"encoding_constraints": {"min": 0.0}},
        },
    )
    found = {name: state.status.value for name, state in cascade.nodes.items()}
    assert found == {"/a": "conflict", "/b": "conflict", "/y": "float"}
    assert cascade.supergroups == ()
    assert dict(cascade.quantizers) == {}
