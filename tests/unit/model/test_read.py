import dataclasses
import pickle

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.small_models import body, floats, model, node, value

from quantsim_viz.model import AttributeReference, Graph, Use, iter_bodies, iter_graphs, load_model


def small_cnn():
    return model(
        [
            node("Conv", "x w b", "c", "conv", pads=[1, 1, 1, 1], auto_pad="NOTSET"),
            node("Relu", "c", "r", "relu"),
            node("Add", "r r", "y", "add"),
        ],
        inputs={"x": ["N", 3, 8, 8]},
        constants={"w": floats(4, 3, 3, 3), "b": floats(4)},
    )


def test_nodes_and_tensors_are_those_of_the_file():
    loaded = load_model(small_cnn(), name="cnn")
    assert [(n.index, n.name, n.op_type) for n in loaded.graph.nodes] == [
        (0, "conv", "Conv"),
        (1, "relu", "Relu"),
        (2, "add", "Add"),
    ]
    assert loaded.graph.nodes[0].attributes == {"pads": (1, 1, 1, 1), "auto_pad": "NOTSET"}
    assert list(loaded.graph.tensors) == ["x", "w", "b", "c", "r", "y"]
    assert (loaded.graph.inputs, loaded.graph.outputs) == (("x",), ("y",))
    assert (loaded.name, loaded.path, loaded.opset, loaded.ir_version) == ("cnn", None, {"": 17}, 9)


def test_a_tensor_knows_its_producer_uses_type_and_role():
    tensors = load_model(small_cnn()).graph.tensors
    assert tensors["r"].producer == 1
    assert tensors["r"].uses == (Use(2, 0), Use(2, 1))
    assert (tensors["r"].dtype, tensors["r"].shape) == ("float32", ("N", 4, 8, 8))
    assert tensors["x"].is_input
    assert tensors["x"].producer is None
    assert tensors["y"].is_output
    assert tensors["y"].uses == ()
    assert tensors["w"].is_initializer
    assert not tensors["w"].is_input


def test_an_initializer_may_be_listed_as_an_input_too():
    proto = model([node("Add", "x k", "y")], constants={"k": floats(4)})
    proto.graph.input.append(value("k", [4]))
    k = load_model(proto).graph.tensors["k"]
    assert k.is_input
    assert k.is_initializer


def test_left_out_inputs_and_outputs_stay_as_empty_names():
    proto = model(
        [node("Clip", "x - hi", "y", "clip"), node("Dropout", "x", "d -", "drop")],
        constants={"hi": np.float32(6)},
    )
    clip, drop = load_model(proto).graph.nodes
    assert clip.inputs == ("x", "", "hi")
    assert drop.outputs == ("d", "")
    assert "" not in load_model(proto).graph.tensors


def test_the_model_given_is_left_as_it_is():
    proto = model([node("Relu", "x", "y")])
    before = proto.SerializeToString()
    load_model(proto, fold_batch_norms=True)
    assert proto.SerializeToString() == before


def test_the_default_domain_has_one_spelling():
    proto = model([node("Relu", "x", "y", domain="ai.onnx")], opset={"ai.onnx": 17})
    loaded = load_model(proto)
    assert loaded.graph.nodes[0].domain == ""
    assert loaded.opset == {"": 17}
    assert loaded.graph.tensors["y"].shape == ("N", 4)


def test_the_view_cannot_be_changed():
    loaded = load_model(small_cnn())
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.graph.nodes[0].name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.name = "other"


def test_every_kind_of_attribute_is_decoded():
    attributes = {
        "f": 0.5,
        "i": -3,
        "s": "text",
        "t": numpy_helper.from_array(floats(2), "t"),
        "floats": [0.5, 1.5],
        "ints": [1, 2],
        "strings": ["a", "b"],
    }
    custom = node("Custom", "x", "y", domain="org.example", **attributes)
    custom.attribute.add(name="raw", type=onnx.AttributeProto.STRING, s=b"\xff\xfe")
    decoded = dict(load_model(model([custom])).graph.nodes[0].attributes)
    np.testing.assert_array_equal(decoded.pop("t").numpy(), floats(2))
    assert decoded == {
        "f": 0.5,
        "i": -3,
        "s": "text",
        "floats": (0.5, 1.5),
        "ints": (1, 2),
        "strings": ("a", "b"),
        "raw": b"\xff\xfe",
    }


def test_attributes_of_the_oldest_files_do_not_say_their_kind():
    pool = node("MaxPool", "x", "y", kernel_shape=[2, 2], auto_pad="VALID")
    for attribute in pool.attribute:
        attribute.ClearField("type")
    proto = model([pool], inputs={"x": [1, 3, 4, 4]}, opset={"": 7}, ir_version=1)
    read = load_model(proto).graph.nodes[0].attributes
    assert read == {"auto_pad": "VALID", "kernel_shape": (2, 2)}


def branching():
    inner = body([node("Relu", "x", "t")], outputs=[value("t", None)])
    other = body([node("Neg", "x", "e")], outputs=[value("e", None)])
    return model(
        [node("If", "cond", "y", "if", then_branch=inner, else_branch=other)],
        constants={"cond": np.array(True)},
    )


def test_bodies_are_graphs_that_see_outer_tensors_without_a_producer():
    loaded = load_model(branching())
    then_branch = loaded.graph.nodes[0].attributes["then_branch"]
    assert isinstance(then_branch, Graph)
    assert then_branch.tensors["x"].producer is None
    assert then_branch.tensors["x"].shape == ("N", 4)
    assert then_branch.tensors["t"].dtype == "float32"
    assert loaded.graph.tensors["x"].uses == ()
    names = [name for name, _ in iter_bodies(loaded.graph.nodes[0])]
    assert names == ["else_branch", "then_branch"]
    assert [len(graph.nodes) for graph in iter_graphs(loaded)] == [1, 1, 1]


def test_functions_are_read_with_their_attribute_references():
    function = helper.make_function(
        "org.example",
        "Leaky",
        ["a"],
        ["b"],
        [node("LeakyRelu", "a", "b")],
        [helper.make_opsetid("", 17)],
        ["slope"],
    )
    function.node[0].attribute.add(name="alpha", type=1, ref_attr_name="slope")
    function.attribute_proto.append(helper.make_attribute("other", 2))
    loaded = load_model(
        model(
            [node("Leaky", "x", "y", "call", domain="org.example", slope=0.1)],
            opset={"": 17, "org.example": 1},
            functions=[function],
        )
    )
    read = loaded.functions["org.example", "Leaky"]
    assert read.graph.nodes[0].attributes == {"alpha": AttributeReference("slope")}
    assert (read.attribute_names, read.attribute_defaults) == (("slope",), {"other": 2})
    assert (read.graph.inputs, read.graph.outputs, read.opset) == (("a",), ("b",), {"": 17})
    assert loaded.graph.tensors["y"].shape == ("N", 4)


def test_node_and_constant_are_found_by_name():
    proto = model(
        [
            node("Constant", "", "k", value=numpy_helper.from_array(floats(4))),
            node("Constant", "", "two", value_float=2.0),
            node("Constant", "", "axes", value_ints=[0, 1]),
            node("Constant", "", "word", value_strings=["a", "b"]),
            node("Add", "x k", "s", "add"),
            node("Mul", "s two", "m"),
            node("Add", "m w", "y"),
        ],
        constants={"w": floats(4, seed=1)},
    )
    loaded = load_model(proto)
    np.testing.assert_array_equal(loaded.constant("k").numpy(), floats(4))
    np.testing.assert_array_equal(loaded.constant("w").numpy(), floats(4, seed=1))
    np.testing.assert_array_equal(loaded.constant("two").numpy(), np.float32(2))
    assert loaded.constant("two").dtype == "float32"
    np.testing.assert_array_equal(loaded.constant("axes").numpy(), np.array([0, 1], np.int64))
    assert loaded.constant("word").numpy().tolist() == ["a", "b"]
    assert loaded.constant("k").name == "k"
    assert loaded.constant("m") is None
    assert loaded.node("add").op_type == "Add"
    assert load_model(branching()).node("if/then_branch/Relu").op_type == "Relu"
    with pytest.raises(KeyError):
        loaded.node("nowhere")


def test_a_sparse_initializer_is_a_constant():
    proto = model([node("Add", "x k", "y")])
    values = numpy_helper.from_array(np.array([5, 7], np.float32), "k")
    proto.graph.sparse_initializer.add(
        values=values, indices=numpy_helper.from_array(np.array([1, 3])), dims=[4]
    )
    loaded = load_model(proto)
    np.testing.assert_array_equal(loaded.constant("k").numpy(), [0, 5, 0, 7])
    assert loaded.graph.tensors["k"].shape == (4,)


def test_the_same_model_is_there_as_onnx_ir():
    loaded = load_model(small_cnn())
    assert [n.name for n in loaded.ir.graph] == ["conv", "relu", "add"]
    assert loaded.ir is loaded.ir


def test_a_model_survives_pickling():
    loaded = load_model(model([node("Relu", "x", "a"), node("Relu", "a", "y")]), name="n")
    again = pickle.loads(pickle.dumps(loaded))
    assert [n.name for n in again.graph.nodes] == ["/Relu", "/Relu_2"]
    assert (again.sha256, again.name) == (loaded.sha256, "n")
    assert again.graph.tensors == loaded.graph.tensors


def test_the_hash_tells_contents_apart_and_nothing_else():
    plain = small_cnn()
    changed = small_cnn()
    changed.graph.initializer[0].CopyFrom(numpy_helper.from_array(floats(4, 3, 3, 3, seed=1), "w"))
    assert load_model(plain).sha256 == load_model(small_cnn(), name="other").sha256
    assert load_model(plain).sha256 == load_model(plain.SerializeToString()).sha256
    assert load_model(plain).sha256 != load_model(changed).sha256
    assert load_model(plain).sha256 != load_model(plain, fold_batch_norms=True).sha256


def test_element_types_are_called_by_their_plain_names():
    types = {TensorProto.DOUBLE: "float64", TensorProto.BFLOAT16: "bfloat16", 10: "float16"}
    for number, name in types.items():
        proto = model([node("Identity", "x", "y")])
        proto.graph.input[0].type.tensor_type.elem_type = number
        proto.graph.output[0].type.tensor_type.elem_type = number
        assert load_model(proto).graph.tensors["y"].dtype == name
