"""Binding: what is decided ahead of execution, and what happens to the rest."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from support.one_node import by_us, one_node

from quantsim_viz.errors import UnsupportedOperator
from quantsim_viz.model import load_model
from quantsim_viz.model.graph import Node
from quantsim_viz.sim.interpreter import run_graph
from quantsim_viz.sim.operators import bind, compile_graph, to_numpy, to_tensor, unsupported


def node(op_type, inputs=("x",), outputs=("y",), domain="", **attributes):
    return Node(0, "n", op_type, domain, tuple(inputs), tuple(outputs), attributes)


def test_a_constant_shape_is_read_once_and_its_tensor_ignored_later():
    bound = bind(node("Reshape", ("x", "s")), opset={"": 13}, constants={1: torch.tensor([2, -1])})
    assert bound.folded == (1,)
    x = torch.arange(6.0)
    assert bound.call([x, None])[0].shape == (2, 3)
    assert bound.call([x, torch.tensor([6])])[0].shape == (2, 3)


def test_a_shape_that_is_not_constant_is_read_at_every_call():
    bound = bind(node("Reshape", ("x", "s")), opset={"": 13})
    assert bound.folded == ()
    x = torch.arange(6.0)
    assert bound.call([x, torch.tensor([3, 2])])[0].shape == (3, 2)
    assert bound.call([x, torch.tensor([6])])[0].shape == (6,)


def test_views_are_declared():
    assert bind(node("Reshape", ("x", "s")), opset={"": 13}).may_alias
    assert bind(node("Identity"), opset={"": 13}).may_alias
    assert not bind(node("Relu"), opset={"": 13}).may_alias


def test_the_version_of_the_operator_set_chooses_the_kernel():
    x = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    old = bind(node("Softmax", axis=1), opset={"": 11}).call([x])[0]
    new = bind(node("Softmax", axis=1), opset={"": 13}).call([x])[0]
    torch.testing.assert_close(old.sum((1, 2)), torch.ones(2))
    torch.testing.assert_close(new.sum(1), torch.ones(2, 4))


def test_what_has_no_kernel_goes_to_the_reference_evaluator():
    bound = bind(
        node("Binarizer", domain="ai.onnx.ml", threshold=0.5), opset={"": 13, "ai.onnx.ml": 1}
    )
    assert bound.executor == "onnx.reference"
    result = bound.call([torch.tensor([0.2, 0.9])])[0]
    assert result.tolist() == [0.0, 1.0]


def test_what_the_standard_defines_by_others_is_expanded_on_torch():
    inputs = ("query", "key", "value")
    body = node("HannWindow", ("n",), output_datatype=TensorProto.FLOAT)
    assert bind(body, opset={"": 17}).executor == "torch"
    assert bind(node("Attention", inputs), opset={"": 23}).executor == "torch"


def test_unknown_operators_are_counted_and_named():
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Frobnicate", ["a"], ["b"], "first", domain="my.ops"),
        helper.make_node("Frobnicate", ["b"], ["c"], "second", domain="my.ops"),
        helper.make_node("StringSplit", ["c"], ["y", "z"], "third"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("my.ops", 1)]
    model = load_model(helper.make_model(graph, opset_imports=imports, ir_version=8))
    assert [found.name for found in unsupported(model)] == ["first", "second", "third"]
    with pytest.raises(UnsupportedOperator, match=r"StringSplit \(1\), my.ops.Frobnicate \(2\)"):
        compile_graph(model.graph, opset=model.opset)
    with pytest.raises(UnsupportedOperator, match="first, second, third"):
        run_graph(model, {"x": np.zeros(2, np.float32)})


def test_a_model_s_own_function_is_expanded_with_its_attributes():
    body = helper.make_node("LeakyRelu", ["v"], ["w"])
    body.attribute.append(helper.make_attribute("alpha", 0.0))
    body.attribute[0].Clear()
    body.attribute[0].name, body.attribute[0].ref_attr_name = "alpha", "slope"
    body.attribute[0].type = 1
    function = helper.make_function(
        "my.ops",
        "Leak",
        ["v"],
        ["w"],
        [body],
        [helper.make_opsetid("", 16)],
        attributes=["slope"],
    )
    graph = helper.make_graph(
        [helper.make_node("Leak", ["x"], ["y"], domain="my.ops", slope=0.25)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
    )
    imports = [helper.make_opsetid("", 16), helper.make_opsetid("my.ops", 1)]
    model = helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=8)
    assert by_us(model, {"x": np.array([-4, 4], np.float32)})[0].tolist() == [-1.0, 4.0]


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64])
@pytest.mark.parametrize("op_type", ["Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Greater"])
def test_wide_unsigned_integers_compute_as_numpy_s(dtype, op_type):
    rng = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    a = rng.integers(0, top, 64, dtype=dtype, endpoint=True)
    b = rng.integers(0, top, 64, dtype=dtype, endpoint=True) >> rng.integers(0, 12, 64, dtype=dtype)
    b = np.maximum(b, dtype(1))
    expected = {
        "Add": lambda: a + b,
        "Sub": lambda: a - b,
        "Mul": lambda: a * b,
        "Div": lambda: a // b,
        "Mod": lambda: a % b,
        "Max": lambda: np.maximum(a, b),
        "Min": lambda: np.minimum(a, b),
        "Greater": lambda: a > b,
    }[op_type]()
    model, feed = one_node(op_type, [a, b], opset=18)
    np.testing.assert_array_equal(by_us(model, feed)[0], expected)


@pytest.mark.parametrize(
    "dtype",
    [
        *(ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.int4),
        *(ml_dtypes.uint4, ml_dtypes.float4_e2m1fn, np.float16, np.uint16, np.bool_),
    ],
)
def test_values_of_every_type_survive_a_reshape(dtype):
    x = np.array([[0, 1, 1], [1, 0, 2]]).astype(dtype)
    node_proto = helper.make_node("Reshape", ["x", "s"], ["y"])
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    graph = helper.make_graph(
        [node_proto],
        "g",
        [helper.make_tensor_value_info("x", kind, [2, 3])],
        [helper.make_tensor_value_info("y", kind, [6])],
        [numpy_helper.from_array(np.array([-1]), "s")],
    )
    model = load_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)]))
    y = to_numpy(run_graph(model, {"x": x})["y"], model.graph.tensors["y"].dtype)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y.astype(np.float32), x.reshape(-1).astype(np.float32))


def test_constants_of_an_expanded_function_need_not_be_passed_again():
    size = torch.tensor(5)
    bound = bind(
        node("CenterCropPad", ("x", "shape")), opset={"": 18}, constants={1: torch.tensor([4])}
    )
    assert bound.call([torch.ones(6), None])[0].tolist() == [1, 1, 1, 1]
    body = helper.make_node("Add", ["a", "b"], ["c"])
    function = helper.make_function(
        "my.ops", "Plus", ["a", "b"], ["c"], [body], [helper.make_opsetid("", 16)]
    )
    graph = helper.make_graph([], "g", [], [])
    imports = [helper.make_opsetid("", 16), helper.make_opsetid("my.ops", 1)]
    model = load_model(
        helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=8)
    )
    bound = bind(
        node("Plus", ("p", "q"), domain="my.ops"),
        opset=model.opset,
        functions=model.functions,
        constants={1: size},
    )
    assert bound.folded == (1,)
    assert bound.call([torch.tensor(2), None])[0].item() == 7


def test_strings_are_refused_by_name():
    with pytest.raises(UnsupportedOperator, match="values of string") as caught:
        bind(node("Cast", to=TensorProto.STRING), opset={"": 13})
    assert caught.value.code == "unsupported-type"
    with pytest.raises(UnsupportedOperator, match="string"):
        bind(node("Constant", (), value_string="a"), opset={"": 13})
    with pytest.raises(UnsupportedOperator, match="string"):
        to_tensor(np.array(["a", "b"]))


def test_packed_weights_are_not_kept_twice():
    weight = numpy_helper.from_array(np.ones((3, 2), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        [weight],
    )
    model = load_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]))
    program = compile_graph(model.graph, opset=model.opset)
    held = [value for value in program.initial if value is not None]
    folded = program.steps[0].bound.folded == (1,)
    assert len(held) == (0 if folded else 1)
    assert program.run([torch.ones(1, 3)])[0].tolist() == [[3, 3]]
