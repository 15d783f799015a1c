import numpy as np
import pytest
from onnx import TensorProto, helper
from support.small_models import body, floats, model, node, value

from quantsim_viz.model import load_model


def types(proto):
    loaded = load_model(proto)
    return {t.name: (t.dtype, t.shape) for t in loaded.graph.tensors.values()}, loaded.strict_types


def test_shapes_follow_small_constants_through_arithmetic():
    proto = model(
        [
            node("Shape", "x", "s"),
            node("Gather", "s first", "n"),
            node("Concat", "n rest", "target", axis=0),
            node("Reshape", "x target", "y"),
        ],
        inputs={"x": [2, 3, 4]},
        constants={"first": np.array([0]), "rest": np.array([-1])},
    )
    found, strict = types(proto)
    assert found["y"] == ("float32", (2, 12))
    assert found["target"] == ("int64", (2,))
    assert strict


def test_operators_nobody_knows_do_not_stop_inference():
    proto = model(
        [
            node("FastGelu", "x", "g", domain="com.microsoft"),
            node("FusedConv", "i w", "c", domain="com.microsoft", activation="Relu"),
            node("Foo", "g", "f f2", domain="org.example"),
            node("Concat", "f f", "d", axis=-1),
            node("Equal", "d d", "e"),
            node("Relu", "c", "r"),
        ],
        inputs={"x": ["N", 4], "i": ["N", 3, 8, 8]},
        outputs=["e", "r"],
        constants={"w": floats(5, 3, 3, 3)},
    )
    proto.graph.output[0].type.Clear()
    found, strict = types(proto)
    assert not strict
    assert found["g"] == ("float32", ("N", 4))
    assert found["c"] == found["r"] == ("float32", ("N", 5, 6, 6))
    assert found["f"] == found["f2"] == found["d"] == ("float32", None)
    assert found["e"][0] == "bool"


def test_what_stands_behind_an_unknown_operator_of_integers_is_integer():
    proto = model(
        [
            node("Cast", "x", "i", to=TensorProto.INT32),
            node("Foo", "i", "f", domain="org.example"),
            node("Cast", "f", "y", to=TensorProto.FLOAT16),
        ]
    )
    proto.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    found, _ = types(proto)
    assert found["f"][0] == "int32"
    assert found["y"][0] == "float16"


def test_a_model_that_contradicts_itself_keeps_what_can_be_known():
    proto = model(
        [node("MatMul", "x w", "m"), node("Relu", "m", "y")], constants={"w": floats(5, 6)}
    )
    found, strict = types(proto)
    assert not strict
    assert found["m"][0] == found["y"][0] == "float32"


def test_declared_types_make_up_for_a_failed_inference():
    proto = model(
        [node("MatMul", "x w", "m"), node("Relu", "m", "y")], constants={"w": floats(5, 6)}
    )
    proto.graph.value_info.append(value("m", None))
    assert load_model(proto).strict_types


def test_bodies_are_inferred_with_what_they_read_from_outside():
    branch = body([node("Relu", "h", "t")], outputs=[value("t", None)])
    other = body([node("Foo", "h", "e", domain="org.example")], outputs=[value("e", None)])
    proto = model(
        [
            node("Neg", "x", "h"),
            node("If", "cond", "y", "if", then_branch=branch, else_branch=other),
        ],
        constants={"cond": np.array(True)},
    )
    attributes = load_model(proto).node("if").attributes
    assert attributes["then_branch"].tensors["t"].shape == ("N", 4)
    assert attributes["else_branch"].tensors["e"].dtype == "float32"


def test_large_constants_in_bodies_and_nodes_keep_their_shapes():
    big = helper.make_tensor("v", TensorProto.FLOAT, [64, 64], floats(64, 64).reshape(-1))
    branch = body(
        [node("Constant", "", "k", value=big), node("MatMul", "x k", "t")],
        outputs=[value("t", None)],
    )
    other = body([node("Relu", "x", "e")], outputs=[value("e", None)])
    proto = model(
        [
            node("If", "cond", "a", "if", then_branch=branch, else_branch=other),
            node("Constant", "", "k2", value=big),
            node("MatMul", "a k2", "y"),
        ],
        inputs={"x": ["N", 64]},
        constants={"cond": np.array(True)},
    )
    loaded = load_model(proto)
    assert loaded.node("if").attributes["then_branch"].tensors["k"].shape == (64, 64)
    assert loaded.graph.tensors["k2"].shape == (64, 64)
    assert loaded.graph.tensors["k2"].producer is not None
    assert not loaded.graph.tensors["k2"].is_input
    assert loaded.graph.tensors["y"].shape == ("N", 64)


@pytest.mark.parametrize("shape", [[], ["N", "M"], None])
def test_shapes_keep_scalars_symbols_and_unknown_ranks_apart(shape):
    proto = model([node("Relu", "x", "y")], inputs={"x": shape})
    expected = None if shape is None else tuple(shape)
    assert load_model(proto).graph.tensors["y"].shape == expected


def test_sequences_have_no_element_type_and_trouble_nobody():
    proto = model(
        [node("SequenceConstruct", "x x", "s"), node("ConcatFromSequence", "s", "y", axis=0)]
    )
    found, strict = types(proto)
    assert found["s"] == (None, None)
    assert found["y"][0] == "float32"
    assert strict


def test_a_negative_length_is_one_that_is_not_known():
    proto = model([node("Relu", "x", "y")], inputs={"x": [-1, 3]})
    assert types(proto)[0]["x"] == ("float32", (None, 3))
