"""A suffix's plan must find what a plan made from the keys of all changed values finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import helper
from support.small_models import floats, model, node, value

from quantsim_viz import load_model
from quantsim_viz.sim.constants import ConstantStore
from quantsim_viz.sim.encodings import Grid, encode_range
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.measurements import Noise
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.plan import make_plan
from quantsim_viz.sim.suffixes import SuffixPlanner
from quantsim_viz.sim.values import ValueTable

GRID = encode_range(np.array([-2.0]), np.array([2.0]), Grid(4))
FINE = encode_range(np.array([-3.0]), np.array([3.0]), Grid(8))


def prepared(proto):
    network = Network(load_model(proto))
    table = ValueTable(network)
    constants = ConstantStore(network, table)
    return network, table, constants, SuffixPlanner(table, constants, network.outputs)


def branching():
    """A weight used twice, once transposed, a branch that joins again, and two outputs."""
    return model(
        [
            node("MatMul", "x w", "a", "first"),
            node("Transpose", "w", "wt", "turned", perm=[1, 0]),
            node("Relu", "a", "r", "relu"),
            node("MatMul", "r wt", "b", "second"),
            node("Add", "b r", "c", "join"),
            node("Sigmoid", "c", "y", "end"),
            node("Mul", "a gain", "z", "side"),
            node("Neg", "r", "unread", "lost"),
        ],
        inputs={"x": ["N", 4]},
        outputs=["y", "z"],
        constants={"w": floats(4, 4, seed=1), "gain": floats(4, seed=2)},
    )


def run(network, planner, plan, batch):
    kept = make_plan(planner.table, planner.constants, [], keep=planner.kept)
    values = run_plan(kept, network, batch).kept
    found = run_plan(plan, network, batch, available=values)
    again = run_plan(plan, network, batch, available=values)
    assert found.results == again.results  # the float values are left as they were
    return sum(found.results) + sum(plan.fixed.values())


CASES = [
    ["x"],
    ["a"],
    ["w"],
    ["wt"],
    ["w", "wt"],
    ["w", "a"],
    ["a", "r", "y"],
    ["y"],
    ["z"],
    ["gain", "z"],
    ["x", "w", "gain", "a", "r", "b", "c", "y", "z"],
]


@pytest.mark.parametrize("tensors", CASES, ids=" ".join)
def test_only_what_is_reached_is_executed_and_gives_the_same_noise(tensors):
    network, table, _, planner = prepared(branching())
    encodings = {name: GRID if i % 2 else FINE for i, name in enumerate(tensors)}
    batch = {"x": torch.from_numpy(floats(6, 4, seed=3))}
    plan = planner.plan(encodings)
    found = run(network, planner, plan, batch)
    trace = table.trace(encodings)
    noises = [Noise(table.plain.seen[n], trace.seen[n]) for n in network.outputs]
    whole = make_plan(table, planner.constants, noises)
    expected = sum(run_plan(whole, network, batch).results) + sum(whole.fixed.values())
    assert expected > 0
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("tensors", "nodes"),
    [
        (["c"], ["end"]),
        (["z"], []),
        (["gain"], ["side"]),
        (["wt"], ["second", "join", "end"]),
        (["r"], ["second", "join", "end"]),
    ],
)
def test_nodes_before_and_beside_are_left_alone(tensors, nodes):
    network, _, _, planner = prepared(branching())
    plan = planner.plan(dict.fromkeys(tensors, GRID))
    executed = [s for s in plan.steps if s.run.__qualname__.startswith("operator_step")]
    assert [network.nodes[step.node].name for step in executed] == nodes


def test_what_no_output_depends_on_needs_no_plan():
    *_, planner = prepared(branching())
    assert planner.plan({"unread": GRID}) is None


def test_values_of_the_suffix_are_let_go_after_their_last_use():
    network, table, _, planner = prepared(branching())
    plan = planner.plan({"a": GRID})
    freed = {slot for step in plan.steps for slot in step.frees}
    assert {table.plain.seen[name] for name in ("a", "r", "b", "c")} <= freed
    assert not freed & {table.plain.seen[name] for name in network.outputs}


def test_an_output_may_be_an_input():
    echo = model([node("Relu", "x", "y", "relu")], outputs=["x", "y"])
    network, table, _, planner = prepared(echo)
    batch = {"x": torch.from_numpy(floats(6, 4, seed=3))}
    trace = table.trace({"x": GRID})
    noises = [Noise(table.plain.seen[n], trace.seen[n]) for n in network.outputs]
    whole = run_plan(make_plan(table, planner.constants, noises), network, batch)
    found = run(network, planner, planner.plan({"x": GRID}), batch)
    assert found == pytest.approx(sum(whole.results), rel=1e-9)


def branches_of_if():
    then = helper.make_graph([node("Neg", "h", "t", "negate")], "then", [], [value("t", None)])
    other = helper.make_graph([node("Abs", "h", "e", "positive")], "else", [], [value("e", None)])
    return model(
        [
            node("Add", "x b", "h", "add"),
            node("If", "flag", "k", "choose", then_branch=then, else_branch=other),
            node("Add", "k h", "y", "join"),
        ],
        inputs={"x": ["N", 4]},
        constants={"b": floats(4), "flag": np.array(True)},
    )


def test_branches_that_read_past_a_quantizer_still_do():
    network, table, _, planner = prepared(branches_of_if())
    batch = {"x": torch.from_numpy(floats(6, 4, seed=3))}
    found = run(network, planner, planner.plan({"h": GRID}), batch)
    trace = table.trace({"h": GRID})
    whole = make_plan(table, planner.constants, [Noise(table.plain.seen["y"], trace.seen["y"])])
    assert found == pytest.approx(run_plan(whole, network, batch).results[0], rel=1e-9)
    assert found > 0
