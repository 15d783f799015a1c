"""Plain float execution of whole models."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from quantsim_viz.errors import DataError
from quantsim_viz.model import load_model
from quantsim_viz.sim.interpreter import run_graph
from quantsim_viz.sim.operators import compile_graph


def scaled_sum(*, listed: bool = False):
    """`y = relu(x · w) + x`, with `w` an initializer that may be listed among the inputs."""
    nodes = [
        helper.make_node("Mul", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Add", ["b", "x"], ["y"]),
        helper.make_node("Frobnicate", ["b"], ["unused"], domain="nobody"),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])]
    if listed:
        inputs.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [3]))
    graph = helper.make_graph(
        nodes,
        "g",
        inputs,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])],
        [numpy_helper.from_array(np.array([1, -1, 2], np.float32), "w")],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid("nobody", 1)]
    return load_model(helper.make_model(graph, opset_imports=imports, ir_version=8))


X = np.array([1, 2, 3], np.float32)


def test_the_graph_s_outputs_are_returned_by_default():
    results = run_graph(scaled_sum(), {"x": X})
    assert {name: value.tolist() for name, value in results.items()} == {"y": [2, 2, 9]}


def test_inner_tensors_and_constants_are_returned_on_request():
    results = run_graph(scaled_sum(), {"x": torch.from_numpy(X)}, wanted=["a", "w", "x"])
    assert results["a"].tolist() == [1, -2, 6]
    assert results["w"].tolist() == [1, -1, 2]
    assert results["x"].tolist() == [1, 2, 3]


def test_nodes_that_nobody_needs_are_not_executed():
    model = scaled_sum()
    program = compile_graph(model.graph, opset=model.opset)
    assert [step.bound.node.op_type for step in program.steps] == ["Mul", "Relu", "Add"]


def test_initializers_listed_as_inputs_may_be_overridden():
    model = scaled_sum(listed=True)
    assert run_graph(model, {"x": X})["y"].tolist() == [2, 2, 9]
    other = np.array([-1, -1, -1], np.float32)
    assert run_graph(model, {"x": X, "w": other})["y"].tolist() == [1, 2, 3]


def test_a_missing_input_is_named():
    with pytest.raises(DataError, match="no data for input x; the data name z") as caught:
        run_graph(scaled_sum(), {"z": X})
    assert caught.value.code == "missing-input"


def test_inputs_are_left_as_they_were():
    x = torch.from_numpy(X.copy())
    run_graph(scaled_sum(), {"x": x})
    assert x.tolist() == [1, 2, 3]


def test_tensors_are_freed_after_their_last_use():
    model = scaled_sum()
    program = compile_graph(model.graph, opset=model.opset)
    alive: list[weakref.ref[torch.Tensor]] = []
    counts = []
    slots = list(program.initial)
    slots[program.inputs[0]] = torch.from_numpy(X)
    for step in program.steps:
        (result,) = step.bound.call([slots[slot] for slot in step.inputs])
        slots[step.outputs[0]] = result
        alive.append(weakref.ref(result))
        del result
        for slot in step.frees:
            slots[slot] = None
        gc.collect()
        counts.append(sum(reference() is not None for reference in alive))
    assert counts == [1, 1, 1]
