"""Which tensors have a quantizer (`docs/semantics.md` §2)."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto
from support.cascades import cascade_of
from support.small_models import body, floats, model, node, value
from support.text_models import text_model

from quantsim_viz.resolve import Kind


def kinds(proto) -> dict[str, str]:
    return {t: s.kind.value for t, s in cascade_of(proto).quantizers.items()}


def test_weight_and_bias_of_a_convolution_are_parameters() -> None:
    found = kinds(text_model("y = Conv(x, w, b)", weights={"w": (4, 4, 1, 1), "b": (4,)}))
    assert found == {"w": "param", "b": "param", "x": "input", "y": "activation"}


def test_running_statistics_of_batch_normalization_are_parameters() -> None:
    proto = text_model("y = BatchNormalization(x, g, b, m, v)", weights=dict.fromkeys("gbmv", (4,)))
    assert {t for t, k in kinds(proto).items() if k == "param"} == set("gbmv")


def test_first_operand_of_a_product_is_never_a_parameter() -> None:
    proto = text_model(
        "y = MatMul(w, x)", inputs="float[6,6] x", outputs="float[6,6] y", weights={"w": (6, 6)}
    )
    assert kinds(proto)["w"] == "constant"


def test_a_transposed_constant_is_the_products_parameter() -> None:
    proto = text_model(
        "t = Transpose<perm=[1,0]>(w)  y = MatMul(x, t)",
        inputs="float[6,6] x",
        outputs="float[6,6] y",
        weights={"w": (6, 6)},
    )
    assert kinds(proto) == {"w": "param", "x": "input", "y": "activation"}


def test_identities_above_a_weight_are_looked_through() -> None:
    proto = text_model("i = Identity(w)  y = Conv(x, i)", weights={"w": (4, 4, 1, 1)})
    assert kinds(proto) == {"w": "param", "x": "input", "y": "activation"}


def test_a_float64_weight_has_a_quantizer_and_a_float64_activation_has_none() -> None:
    proto = model(
        [node("Cast", "x", "d", to=TensorProto.DOUBLE), node("MatMul", "d w", "y")],
        inputs={"x": [2, 3]},
        constants={"w": np.ones((3, 3))},
    )
    proto.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    assert kinds(proto) == {"w": "param", "x": "input"}


def test_slope_of_prelu_is_a_constant_operand() -> None:
    proto = text_model("y = PRelu(x, s)", weights={"s": (4, 1, 1)})
    assert kinds(proto)["s"] == "constant"


def test_integer_tensors_have_no_quantizer() -> None:
    proto = text_model("i = Shape(x)  y = Reshape(x, i)")
    assert kinds(proto) == {"x": "input"}


def test_what_resize_reads_beside_its_input_has_none() -> None:
    proto = model(
        [node("Resize", "x - s", "y")], inputs={"x": [1, 4]}, constants={"s": floats(2) ** 2 + 1}
    )
    assert "s" not in kinds(proto)


def test_outputs_of_rearranging_operators_have_none_in_any_domain() -> None:
    proto = model(
        [
            node("Relu", "x", "a", "a"),
            node("Reshape", "a", "b", "b", domain="example"),
            node("Relu", "b", "y", "y"),
        ],
        inputs={"x": [1, 4]},
        opset={"": 17, "example": 1},
    )
    proto.graph.value_info.append(value("b", [1, 4]))
    assert set(kinds(proto)) == {"x", "a", "y"}


def test_an_input_that_is_stored_too_is_a_parameter() -> None:
    proto = text_model("y = Conv(x, w)", weights={"w": (4, 4, 1, 1)})
    proto.graph.input.append(value("w", [4, 4, 1, 1]))
    assert kinds(proto)["w"] == "param"


def test_a_constant_of_shape_counts_as_a_constant_operand() -> None:
    proto = model(
        [node("ConstantOfShape", "s", "c", "c"), node("Add", "x c", "y", "y")],
        inputs={"x": [2]},
        constants={"s": np.array([2])},
    )
    assert kinds(proto)["c"] == Kind.CONSTANT.value


def test_constants_of_a_scan_body_have_none_but_outer_weights_have_one() -> None:
    inner = body(
        [
            node("MatMul", "b w", "m", "m"),
            node("Constant", "", "k", "k", value_floats=[1.0, 2.0, 3.0]),
            node("Add", "m k", "o", "o"),
        ],
        inputs=[value("b", [2, 3])],
        outputs=[value("o", None)],
    )
    proto = model(
        [node("Scan", "x", "y", "scan", body=inner, num_scan_inputs=1)],
        inputs={"x": [5, 2, 3]},
        constants={"w": floats(3, 3)},
    )
    assert kinds(proto) == {"w": "param", "x": "input", "y": "activation"}


def test_a_sequence_counts_by_the_type_inside() -> None:
    proto = model(
        [
            node("SequenceConstruct", "x x", "s", "s"),
            node("ConcatFromSequence", "s", "y", "y", axis=0),
        ],
        inputs={"x": [2, 3]},
    )
    assert kinds(proto)["s"] == "activation"


def test_where_the_model_must_be_run_stored_constants_have_none() -> None:
    nodes = [node("MatMul", "x w", "a", "a"), node("Mul", "a c", "y", "y")]
    constants = {"w": floats(4, 5), "c": floats(5)}
    proto = model(nodes, inputs={"x": [2, 4]}, constants=constants)
    assert "c" in kinds(proto)
    proto.graph.output[0].CopyFrom(value("y", [3, 9]))
    assert set(kinds(proto)) == {"w", "x", "a", "y"}


def test_an_operator_nobody_can_run_is_a_refusal_where_types_are_unknown() -> None:
    proto = model(
        [node("Mystery", "x", "a", "a", domain="example"), node("Relu", "a", "y", "y")],
        opset={"": 17, "example": 1},
    )
    cascade = cascade_of(proto)
    assert cascade.error is not None
    assert (cascade.error.code, cascade.error.nodes) == ("unrunnable-operator", ("a",))
