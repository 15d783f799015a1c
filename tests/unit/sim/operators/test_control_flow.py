"""Control flow: subgraphs, what they capture, and what they return."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, ValueInfoProto, helper, numpy_helper
from support.one_node import assert_close, by_onnxruntime, by_us

from quantsim_viz.model import load_model
from quantsim_viz.sim.operators import bind

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def value(name: str, kind: int, shape: list[int] | None = None):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(nodes, inputs, outputs, initializers=(), opset=16):
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def assert_as_onnxruntime(model, feed):
    for ours, theirs in zip(by_us(model, feed), by_onnxruntime(model, feed), strict=True):
        assert_close(ours, theirs, 1e-6)


def branching():
    """`If` with branches that read the outer `x` and a constant of their own."""
    yes = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["a"])],
        "yes",
        [],
        [value("a", FLOAT)],
        [numpy_helper.from_array(np.float32(2), "two")],
    )
    no = helper.make_graph(
        [helper.make_node("Sub", ["x", "y"], ["b"])], "no", [], [value("b", FLOAT)]
    )
    node = helper.make_node("If", ["c"], ["r"], then_branch=yes, else_branch=no)
    inputs = [value("c", BOOL, []), value("x", FLOAT, [3]), value("y", FLOAT, [3])]
    return model_of([node], inputs, [value("r", FLOAT)])


@pytest.mark.parametrize("condition", [True, False])
def test_if_runs_one_branch_with_outer_tensors(condition):
    rng = np.random.default_rng(0)
    feed = {
        "c": np.array(condition),
        "x": rng.standard_normal(3).astype(np.float32),
        "y": rng.standard_normal(3).astype(np.float32),
    }
    assert_as_onnxruntime(branching(), feed)


def test_if_says_what_it_captures_and_takes_it_after_its_inputs():
    model = load_model(branching())
    bound = bind(model.graph.nodes[0], opset=model.opset)
    assert set(bound.captures) == {"x", "y"}
    import torch

    tensors = {"x": torch.tensor([5.0]), "y": torch.tensor([3.0])}
    captured = [tensors[name] for name in bound.captures]
    assert bound.call([torch.tensor(True), *captured])[0].item() == 10
    assert bound.call([torch.tensor(False), *captured])[0].item() == 2


def test_a_branch_may_return_an_outer_tensor_itself():
    yes = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["a"])], "yes", [], [value("a", FLOAT)]
    )
    no = helper.make_graph([helper.make_node("Neg", ["x"], ["b"])], "no", [], [value("b", FLOAT)])
    node = helper.make_node("If", ["c"], ["r"], then_branch=yes, else_branch=no)
    model = model_of([node], [value("c", BOOL, []), value("x", FLOAT, [2])], [value("r", FLOAT)])
    feed = {"c": np.array(True), "x": np.array([1, 2], np.float32)}
    assert_as_onnxruntime(model, feed)


def counting(*, limited: bool):
    """`Loop` that doubles a value until it passes 50, and stacks every value on the way."""
    body = helper.make_graph(
        [
            helper.make_node("Add", ["v", "v"], ["twice"]),
            helper.make_node("Add", ["twice", "outer"], ["next"]),
            helper.make_node("ReduceSum", ["next"], ["sum"], keepdims=0),
            helper.make_node("Less", ["sum", "fifty"], ["go"]),
            helper.make_node("Identity", ["next"], ["row"]),
        ],
        "body",
        [value("i", INT64, []), value("c", BOOL, []), value("v", FLOAT, [2])],
        [value("go", BOOL, []), value("next", FLOAT, [2]), value("row", FLOAT, [2])],
        [numpy_helper.from_array(np.float32(50), "fifty")],
    )
    node = helper.make_node("Loop", ["n" if limited else "", "", "x"], ["last", "rows"], body=body)
    inputs = [value("x", FLOAT, [2]), value("outer", FLOAT, [2])]
    if limited:
        inputs.insert(0, value("n", INT64, []))
    return model_of([node], inputs, [value("last", FLOAT, [2]), value("rows", FLOAT, [None, 2])])


@pytest.mark.parametrize("limit", [None, 0, 2, 100])
def test_loop_stops_at_its_limit_or_condition(limit):
    feed = {"x": np.array([1, 2], np.float32), "outer": np.array([0.5, 0], np.float32)}
    if limit is not None:
        feed["n"] = np.array(limit)
    model = counting(limited=limit is not None)
    assert_as_onnxruntime(model, feed)


@pytest.mark.parametrize("shape", [[], [2, 3], ["K", 3], None])
@pytest.mark.parametrize("kind", [FLOAT, INT64])
def test_a_loop_without_a_trip_stacks_nothing_of_the_declared_shape(shape, kind):
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["c"], ["go"]),
            helper.make_node("Identity", ["v"], ["next"]),
            helper.make_node("Cast", ["v"], ["row"], to=kind),
        ],
        "body",
        [value("i", INT64, []), value("c", BOOL, []), value("v", FLOAT)],
        [value("go", BOOL, []), value("next", FLOAT), value("row", kind, shape)],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["last", "rows"], body=body)
    inputs = [value("n", INT64, []), value("x", FLOAT)]
    model = model_of([node], inputs, [value("last", FLOAT), value("rows", kind)])
    feed = {"n": np.array(0), "x": np.zeros((2, 3), np.float32)}
    assert_as_onnxruntime(model, feed)


def test_a_scan_of_nothing_stacks_nothing_along_its_axis():
    body = helper.make_graph(
        [helper.make_node("Add", ["s", "e"], ["t"]), helper.make_node("Cast", ["t"], ["o"], to=7)],
        "body",
        [value("s", FLOAT, [3]), value("e", FLOAT, [3])],
        [value("t", FLOAT, [3]), value("o", INT64, [3])],
    )
    node = helper.make_node(
        "Scan", ["s", "x"], ["last", "rows"], body=body, num_scan_inputs=1, scan_output_axes=[-1]
    )
    inputs = [value("s", FLOAT, [3]), value("x", FLOAT, ["L", 3])]
    model = model_of([node], inputs, [value("last", FLOAT), value("rows", INT64)])
    start = np.ones(3, np.float32)
    last, rows = by_us(model, {"s": start, "x": np.zeros((0, 3), np.float32)})
    np.testing.assert_array_equal(last, start)
    assert (rows.shape, rows.dtype) == ((3, 0), np.int64)


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize(("in_axis", "out_axis"), [(0, 0), (1, 0), (0, 1), (1, -1)])
def test_scan_slices_and_stacks_along_axes(direction, in_axis, out_axis):
    body = helper.make_graph(
        [
            helper.make_node("Add", ["s", "e"], ["t"]),
            helper.make_node("Mul", ["t", "w"], ["o"]),
        ],
        "body",
        [value("s", FLOAT, [3]), value("e", FLOAT, [3])],
        [value("t", FLOAT, [3]), value("o", FLOAT, [3])],
    )
    node = helper.make_node(
        "Scan",
        ["s0", "x"],
        ["last", "rows"],
        body=body,
        num_scan_inputs=1,
        scan_input_axes=[in_axis],
        scan_output_axes=[out_axis],
        scan_input_directions=[direction],
        scan_output_directions=[direction],
    )
    shape = [4, 3] if in_axis == 0 else [3, 4]
    model = model_of(
        [node],
        [value("s0", FLOAT, [3]), value("x", FLOAT, shape), value("w", FLOAT, [3])],
        [value("last", FLOAT, [3]), value("rows", FLOAT, [None, None])],
    )
    rng = np.random.default_rng(0)
    feed = {name: rng.standard_normal(n).astype(np.float32) for name, n in (("s0", 3), ("w", 3))}
    feed["x"] = rng.standard_normal(shape).astype(np.float32)
    assert_as_onnxruntime(model, feed)


def test_subgraphs_may_be_nested_and_read_through():
    inner_yes = helper.make_graph(
        [helper.make_node("Add", ["x", "m"], ["p"])], "iy", [], [value("p", FLOAT)]
    )
    inner_no = helper.make_graph(
        [helper.make_node("Neg", ["m"], ["q"])], "in", [], [value("q", FLOAT)]
    )
    yes = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "x"], ["m"]),
            helper.make_node("If", ["d"], ["k"], then_branch=inner_yes, else_branch=inner_no),
        ],
        "yes",
        [],
        [value("k", FLOAT)],
    )
    no = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["z"])], "no", [], [value("z", FLOAT)]
    )
    node = helper.make_node("If", ["c"], ["r"], then_branch=yes, else_branch=no)
    model = model_of(
        [node],
        [value("c", BOOL, []), value("d", BOOL, []), value("x", FLOAT, [2])],
        [ValueInfoProto(name="r", type=value("r", FLOAT).type)],
    )
    for c in (True, False):
        for d in (True, False):
            feed = {"c": np.array(c), "d": np.array(d), "x": np.array([1, -2], np.float32)}
            assert_as_onnxruntime(model, feed)
