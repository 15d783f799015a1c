"""Operators of operator sets before 7: executed where they mean the same, else named."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.one_node import assert_close, by_onnxruntime, by_us, one_node
from support.small_models import body, floats, model, node, value

from quantsim_viz.errors import ModelError
from quantsim_viz.model import load_model
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.operators.outdated import SAME_BEFORE, iter_outdated

BINARY = {"Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor"}
OTHERS = {
    "AveragePool": ([floats(1, 2, 6, 6)], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "Concat": ([floats(2, 3), floats(2, 3, seed=1)], {"axis": 1}),
    "Gemm": ([floats(2, 3), floats(3, 4), floats(2, 4)], {"alpha": 0.5, "beta": 2.0}),
    "GlobalLpPool": ([floats(1, 2, 6, 6)], {}),
    "InstanceNormalization": ([floats(1, 2, 6), floats(2), floats(2, seed=1)], {}),
    "LpPool": ([floats(1, 2, 6, 6)], {"kernel_shape": [2, 2]}),
    "Max": ([floats(2, 3), floats(2, 3, seed=1)], {}),
    "Mean": ([floats(2, 3), floats(2, 3, seed=1)], {}),
    "Min": ([floats(2, 3), floats(2, 3, seed=1)], {}),
    "Sum": ([floats(2, 3), floats(2, 3, seed=1)], {}),
}


def given(op_type):
    """Return inputs and attributes that operator sets 1 and 7 take alike."""
    if op_type in OTHERS:
        return OTHERS[op_type]
    first, second = np.abs(floats(2, 3)), floats(2, 3, seed=1)
    if op_type in {"And", "Or", "Xor"}:
        return [first > 0.5, second > 0], {}
    if op_type == "Equal":
        return [np.int32([1, 2]), np.int32([1, 3])], {}
    if op_type in BINARY:
        return [first, second], {}
    return [first if op_type in {"Log", "Sqrt", "Reciprocal"} else second], {}


@pytest.mark.parametrize("op_type", sorted(SAME_BEFORE - {"Reshape"}))
@pytest.mark.parametrize("opset", [1, 6])
def test_what_means_the_same_before_is_executed(op_type, opset):
    inputs, attributes = given(op_type)
    old, feed = one_node(op_type, inputs, opset=opset, **attributes)
    new, _ = one_node(op_type, inputs, opset=7, **attributes)
    if opset == 1 and "Pool" in op_type and op_type != "AveragePool":
        old.graph.node[0].attribute.append(helper.make_attribute("p", 2.0))
    Network(load_model(old))
    for ours, theirs in zip(by_us(old, feed), by_onnxruntime(new, feed), strict=True):
        assert_close(ours, theirs, 1e-5)


def test_reshape_takes_its_shape_from_an_attribute():
    old, feed = one_node("Reshape", [floats(2, 3)], opset=4, shape=[3, -1])
    Network(load_model(old))
    assert by_us(old, feed)[0].shape == (3, 2)


PRELU = node("PRelu", "x b", "y", "leak")
STORED = [numpy_helper.from_array(floats(4), "b"), numpy_helper.from_array(np.array(True), "yes")]
TYPES = [value("b", [4]), value("yes", [], TensorProto.BOOL)]


def old_model(inner, opset, **options):
    """A model of an old operator set; its constants are inputs too, as they had to be."""
    made = model([inner], opset={"": opset}, ir_version=3, **options)
    made.graph.initializer.extend(STORED)
    made.graph.input.extend(TYPES)
    return made


def in_a_function():
    imports = [helper.make_opsetid("", 6)]
    function = helper.make_function("f", "F", ["x", "b"], ["y"], [PRELU], imports)
    call = node("F", "x b", "y", "call", domain="f")
    constants = {"b": floats(4)}
    return model([call], constants=constants, opset={"": 6, "f": 1}, functions=[function])


def in_a_branch():
    branch = body([PRELU], outputs=[value("y", None)])
    choice = node("If", "yes", "z", "if", then_branch=branch, else_branch=branch)
    return old_model(choice, 6, outputs=("z",))


UPSAMPLE = node("Upsample", "x", "y", "leak", height_scale=2.0, width_scale=2.0, mode="nearest")


@pytest.mark.parametrize(
    ("old", "named"),
    [
        (old_model(PRELU, 6), "6, and node leak (PRelu)"),
        (in_a_function(), "6, and node leak (PRelu)"),
        (in_a_branch(), "6, and node leak (PRelu)"),
        (old_model(UPSAMPLE, 1, inputs={"x": [1, 1, 2, 2]}), "1, and node leak (Upsample)"),
        (old_model(node("Dropout", "x", "y", "leak"), 6), "6, and node leak (Dropout)"),
        (old_model(node("Split", "x", "y", "leak"), 1), "1, and node leak (Split)"),
        (old_model(node("Add", "x b", "y", "leak", broadcast=1), 6), "6, and node leak (Add)"),
    ],
    ids=["PRelu", "in a function", "in a branch", "Upsample", "Dropout", "Split", "Add"],
)
def test_what_meant_something_else_is_named(old, named):
    with pytest.raises(ModelError) as caught:
        Network(load_model(old))
    assert caught.value.code == "opset-too-old"
    assert f"operator set {named}" in caught.value.message


def test_from_set_7_on_nothing_is_outdated():
    assert list(iter_outdated(load_model(old_model(PRELU, 7)))) == []
