"""Operators, uses, order and what is refused of a model itself (`docs/semantics.md` §1)."""

from __future__ import annotations

from onnx import TensorProto
from support.cascades import cascade_of, refusal
from support.small_models import body, floats, model, node, value
from support.text_models import text_model

from quantsim_viz.model import load_model
from quantsim_viz.resolve.build import build_topology
from quantsim_viz.resolve.view import view_of


def topology(proto):
    loaded = load_model(proto)
    dtypes = {name: t.dtype for name, t in loaded.graph.tensors.items() if t.dtype}
    return build_topology(view_of(loaded.graph), (), dtypes)


def names(found, numbers) -> list[str]:
    return [found.ops[number].node.name for number in numbers]


def test_constants_are_not_operators() -> None:
    proto = model([node("Constant", "", "c", "c", value_float=1.0), node("Add", "x c", "y", "add")])
    assert names(topology(proto), range(1)) == ["add"]


def test_reading_a_tensor_twice_is_two_uses() -> None:
    found = topology(text_model("a = Relu(x)  y = Mul(a, a)"))
    assert len(found.consumers["a"]) == 2
    assert found.following[0] == -1


def test_a_graph_output_is_not_a_use() -> None:
    found = topology(text_model("a = Relu(x)  y = Neg(a)", outputs="float[1] a, float[1] y"))
    assert found.following[0] == 1
    assert found.ends == (1,)


def test_order_is_depth_first_from_the_first_source() -> None:
    found = topology(
        text_model(
            "a = Relu(x)  b = Neg(x)  c = Exp(a)  d = Abs(a)  y = Sum(b, c, d)",
        )
    )
    assert names(found, found.ordered) == ["/b", "/a", "/d", "/c", "/y"]


def test_a_body_stands_before_its_scan_and_after_it_in_operator_order() -> None:
    inner = body(
        [node("Relu", "b", "o", "inner")], inputs=[value("b", [3])], outputs=[value("o", [3])]
    )
    proto = model(
        [
            node("Scan", "x", "s", "scan", body=inner, num_scan_inputs=1),
            node("Neg", "s", "y", "neg"),
        ],
        inputs={"x": [5, 3]},
    )
    found = topology(proto)
    assert names(found, range(3)) == ["scan", "neg", "inner"]
    assert names(found, found.ordered) == ["inner", "scan", "neg"]


def test_reads_from_branches_are_not_uses() -> None:
    branch = body([node("Relu", "a", "o", "inner")], outputs=[value("o", None)])
    proto = model(
        [
            node("Neg", "x", "a", "neg"),
            node("If", "c", "y", "if", then_branch=branch, else_branch=branch),
        ],
        inputs={"x": [3]},
    )
    proto.graph.input.append(value("c", [], TensorProto.BOOL))
    found = topology(proto)
    assert "a" not in found.consumers


def test_quantizer_nodes_are_refused() -> None:
    proto = text_model(
        "q = QuantizeLinear(x, s, z)  y = DequantizeLinear(q, s, z)", weights={"s": (), "z": ()}
    )
    proto.graph.initializer[1].ClearField("raw_data")
    proto.graph.initializer[1].data_type = TensorProto.INT8
    proto.graph.initializer[1].raw_data = b"\0"
    cascade = cascade_of(proto)
    assert refusal(cascade) == "quantized-model"
    assert {state.status.value for state in cascade.nodes.values()} == {"conflict"}


def test_a_bfloat16_input_is_refused() -> None:
    proto = model([node("Cast", "x", "y", to=TensorProto.FLOAT)])
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.BFLOAT16
    assert refusal(cascade_of(proto)) == "bfloat16-boundary"


def test_a_weight_shared_by_two_operator_types_is_refused_with_both_named() -> None:
    proto = text_model(
        "a = MatMul(x, w)  t = Transpose<perm=[1,0]>(w)  b = Relu(t)  y = Add(a, b)",
        inputs="float[6,6] x",
        outputs="float[6,6] y",
        weights={"w": (6, 6)},
    )
    cascade = cascade_of(proto)
    assert cascade.error is not None
    assert cascade.error.code == "shared-weight"
    assert cascade.error.nodes == ("/a", "/b")


def test_shape_does_not_count_among_a_weights_users() -> None:
    proto = model(
        [node("MatMul", "x w", "y", "mm"), node("Shape", "w", "s", "shape")],
        inputs={"x": [2, 3]},
        constants={"w": floats(3, 3)},
    )
    assert refusal(cascade_of(proto)) is None


def test_a_norm_and_another_operator_may_share_a_weight() -> None:
    proto = text_model("n = LayerNormalization(x, w)  y = Mul(n, w)", weights={"w": (6,)})
    assert refusal(cascade_of(proto)) is None
