"""Operators that keep the grid, and the look-up (`docs/semantics.md` §3, §4)."""

from __future__ import annotations

from onnx import TensorProto
from support.cascades import OFF, cascade_of
from support.small_models import model, node
from support.text_models import text_model


def test_an_enabled_quantizer_is_its_own() -> None:
    assert cascade_of(text_model("y = Relu(x)")).effective_quantizer("y") == "y"


def test_the_walk_goes_up_through_operators_that_keep_the_grid() -> None:
    proto = text_model(
        "a = Relu(x)  b = Transpose<perm=[0,1,3,2]>(a)"
        "  c = MaxPool<kernel_shape=[1,1]>(b)  y = Relu(c)"
    )
    assert cascade_of(proto).effective_quantizer("c") == "a"


def test_the_walk_passes_switched_off_quantizers_on_its_way() -> None:
    proto = text_model(
        "a = Sigmoid(x)  b = MaxPool<kernel_shape=[1,1]>(a)  c = Identity(b)  y = Relu(c)"
    )
    cascade = cascade_of(proto, op_type={"MaxPool": {"is_output_quantized": OFF}})
    assert cascade.effective_quantizer("c") == "a"


def test_the_walk_ends_at_an_operator_that_computes() -> None:
    proto = text_model("a = Sigmoid(x)  b = Identity(a)  y = Relu(b)")
    cascade = cascade_of(proto, op_type={"Sigmoid": {"is_output_quantized": OFF}})
    assert cascade.effective_quantizer("b") is None


def test_a_cast_between_float_types_is_passed() -> None:
    proto = model(
        [
            node("Relu", "x", "a", "a"),
            node("Cast", "a", "b", "b", to=TensorProto.FLOAT16),
            node("Cast", "b", "y", "y", to=TensorProto.FLOAT),
        ]
    )
    cascade = cascade_of(proto, op_type={"Cast": {"is_output_quantized": OFF}})
    assert cascade.effective_quantizer("y") == "a"


def test_a_cast_from_an_integer_ends_the_walk() -> None:
    proto = model(
        [
            node("Cast", "x", "a", "a", to=TensorProto.INT32),
            node("Cast", "a", "y", "y", to=TensorProto.FLOAT),
        ]
    )
    cascade = cascade_of(proto, op_type={"Cast": {"is_output_quantized": OFF}})
    assert cascade.effective_quantizer("y") is None


def test_a_model_input_ends_the_walk() -> None:
    cascade = cascade_of(text_model("a = Identity(x)  y = Relu(a)"), model_input={})
    assert cascade.effective_quantizer("a") is None


def test_there_is_none_where_aimet_refuses() -> None:
    proto = text_model("y = Mul(x, c)", weights={"c": (1,)})
    assert cascade_of(proto, model_input={}).effective_quantizer("y") is None
