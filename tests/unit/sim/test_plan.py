from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import numpy_helper
from support.small_models import floats, model, node, value

from quantsim_viz import load_model
from quantsim_viz.errors import ModelError, UnsupportedOperator
from quantsim_viz.sim.constants import ConstantStore
from quantsim_viz.sim.encodings import Grid, encode_range
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.finiteness import Stain, Stained
from quantsim_viz.sim.measurements import Clipping, Noise, Range, Signal, canonical
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.plan import make_plan
from quantsim_viz.sim.quantize import quantize
from quantsim_viz.sim.values import ValueTable

GRID = encode_range(np.array([-2.0]), np.array([2.0]), Grid(4))


def parts(*nodes, constants=None, opset=None):
    network = Network(load_model(model(nodes, constants=constants, opset=opset)))
    table = ValueTable(network)
    return network, table, ConstantStore(network, table)


@pytest.fixture
def chain():
    return parts(
        node("Add", "x b", "a", "add"),
        node("Reshape", "a shape", "v", "view"),
        node("Mul", "v b", "m", "mul"),
        node("Relu", "m", "y", "relu"),
        constants={"b": floats(4), "shape": np.array([-1, 4])},
    )


@pytest.fixture
def batch():
    return {"x": torch.from_numpy(floats(6, 4, seed=1))}


def kinds(plan):
    return [step.run.__qualname__.split(".")[0] for step in plan.steps]


def test_equal_values_of_different_scenarios_have_one_key(chain):
    _, table, _ = chain
    late = table.trace({"m": GRID})
    assert late.raw["m"] == table.plain.raw["m"]
    assert late.seen["m"] != table.plain.seen["m"]
    assert late.raw["y"] != table.plain.raw["y"]
    assert table.trace({"m": GRID}) == late


def test_a_branch_is_the_difference_to_its_base(chain):
    _, table, _ = chain
    encodings = {"a": GRID, "y": GRID}
    branch, whole = table.branch(table.plain, encodings), table.trace(encodings)
    for name in ("a", "v", "m", "y"):
        assert branch.seen[name] == whole.seen[name]
    assert "x" not in branch.seen
    assert "y" not in table.branch(table.plain, {"a": GRID}, last=2).seen


def test_constants_follow_from_constants(chain):
    _, table, _ = chain
    trace = table.trace({"b": GRID})
    assert table.constants[trace.seen["b"]]
    assert not table.constants[trace.seen["a"]]


def test_shared_values_are_executed_once(chain, batch):
    network, table, constants = chain
    late = table.trace({"m": GRID})
    wanted = [Noise(table.plain.seen[n], late.seen[n]) for n in ("a", "v", "m", "y")]
    plan = make_plan(table, constants, wanted)
    assert kinds(plan).count("operator_step") == 5  # four in float, Relu again behind the quantizer
    assert plan.fixed == {wanted[0]: 0.0, wanted[1]: 0.0}
    assert run_plan(plan, network, batch).results[0] > 0


def test_a_view_is_never_quantized_in_place(chain, batch):
    network, table, constants = chain
    trace = table.trace({"v": GRID})
    plain = table.plain
    wanted = [Noise(plain.seen["v"], trace.seen["v"]), Signal(plain.seen["m"])]
    plan = make_plan(table, constants, wanted, keep=[plain.seen["a"], trace.seen["v"]])
    kept = run_plan(plan, network, batch).kept
    exact = batch["x"] + torch.from_numpy(floats(4))
    assert torch.equal(kept[plain.seen["a"]], exact)
    assert torch.equal(kept[trace.seen["v"]], quantize(exact, GRID))


def test_a_value_is_quantized_in_place_where_nobody_else_reads_it(chain, batch):
    network, table, constants = chain
    trace = table.trace({"a": GRID, "m": GRID})
    exact = table.plain.seen["m"]
    plan = make_plan(table, constants, [Noise(exact, trace.seen["m"])], keep=[trace.seen["y"]])
    seen = {}
    run_plan(plan, network, batch, release=lambda slot, value: seen.setdefault(slot, value))
    released = {plan.keys[slot] for slot in seen}
    assert trace.raw["m"] not in released  # its memory became the quantized value
    assert trace.seen["m"] in released


def test_every_slot_is_empty_after_its_last_use(chain):
    _, table, constants = chain
    trace = table.trace({"a": GRID, "m": GRID})
    wanted = [Noise(table.plain.seen[n], trace.seen[n]) for n in ("a", "m", "y")]
    plan = make_plan(table, constants, wanted)
    alive = set(plan.inputs.values())
    for step in plan.steps:
        alive.update(step.writes)
        alive.difference_update(step.frees)
    raw_in_place = {slot for slot in alive if plan.keys[slot] in trace.raw.values()}
    assert alive == raw_in_place


def test_measuring_more_changes_no_result(chain, batch):
    network, table, constants = chain
    trace = table.trace({"x": GRID, "a": GRID, "v": GRID, "m": GRID, "y": GRID})
    wanted = []
    for name in ("a", "v", "m", "y"):
        exact, value = table.plain.seen[name], trace.seen[name]
        wanted += [Noise(exact, value), Signal(exact), Range(trace.raw[name]), Clipping(value)]
    together = make_plan(table, constants, wanted)
    results = dict(
        zip(together.measurements, run_plan(together, network, batch).results, strict=True)
    )
    for measurement in wanted:
        alone = make_plan(table, constants, [measurement])
        (result,) = run_plan(alone, network, batch).results
        assert np.array_equal(result, results[measurement])


def test_given_values_are_not_computed_again(chain, batch):
    network, table, constants = chain
    trace = table.trace({"m": GRID})
    wanted = [Noise(table.plain.seen["y"], trace.seen["y"])]
    first = make_plan(table, constants, wanted, keep=[table.plain.seen["m"]])
    kept = run_plan(first, network, batch)
    second = make_plan(table, constants, wanted, available=[table.plain.seen["m"]])
    again = run_plan(second, network, {}, available=kept.kept)
    assert again.results == kept.results
    assert kinds(second).count("operator_step") == 2


@pytest.mark.parametrize("with_noise", [True, False])
def test_what_is_finite_is_known_from_the_signal_without_a_look(chain, batch, with_noise):
    network, table, constants = chain
    exact, value = table.plain.seen["m"], table.trace({"m": GRID}).seen["m"]
    stained = Stained(exact)
    wanted = [Signal(exact), stained, *([Noise(exact, value)] if with_noise else [])]
    plan = make_plan(table, constants, wanted)
    assert "gauge_step" not in kinds(plan)
    assert sorted(i for step in plan.steps for i in step.results) == list(range(len(wanted)))
    at = plan.measurements.index(stained)
    assert run_plan(plan, network, batch).results[at] is Stain.NONE
    batch["x"][2, 1] = float("inf")
    assert run_plan(plan, network, batch).results[at] is Stain.INFINITY
    alone = make_plan(table, constants, [stained])
    assert kinds(alone)[-1] == "gauge_step"
    assert run_plan(alone, network, batch).results == [Stain.INFINITY]


def test_noise_behind_a_permutation_is_the_noise_before_it(chain):
    network, table, _ = chain
    trace = table.trace({"a": GRID})
    plain = table.plain
    measurement = Noise(plain.seen["v"], trace.seen["v"])
    assert canonical(table, network, measurement) == Noise(plain.seen["a"], trace.seen["a"])
    assert canonical(table, network, Signal(plain.seen["v"])) == Signal(plain.seen["a"])
    kept = Noise(plain.seen["m"], trace.seen["m"])
    assert canonical(table, network, kept) == kept


def test_a_failing_node_is_named():
    network, table, constants = parts(
        node("MatMul", "x w", "y", "product"), constants={"w": floats(4, 2)}
    )
    plan = make_plan(table, constants, [Signal(table.plain.seen["y"])])
    with pytest.raises(Exception, match="node product \\(MatMul\\)") as caught:
        run_plan(plan, network, {"x": torch.zeros(2, 7)})
    assert caught.value.code == "node-failed"


def test_a_node_that_relies_on_an_old_operator_set_is_named():
    old = model([node("Add", "x b", "y", "sum", broadcast=1)], opset={"": 6}, ir_version=3)
    old.graph.initializer.append(numpy_helper.from_array(floats(4), "b"))
    old.graph.input.append(value("b", [4]))
    with pytest.raises(ModelError, match="node sum \\(Add\\)") as caught:
        Network(load_model(old))
    assert caught.value.code == "opset-too-old"


def test_an_old_operator_set_whose_nodes_mean_the_same_today_is_executed():
    network, table, constants = parts(node("Relu", "x", "y"), opset={"": 6})
    plan = make_plan(table, constants, [Signal(table.plain.seen["y"])])
    assert run_plan(plan, network, {"x": torch.tensor([[-1.0, 2.0]])}).results == [4.0]


def test_operators_that_nobody_can_execute_are_counted_and_named():
    proto = model(
        [node("Strange", "x", "y", "odd", domain="com.example")], opset={"": 17, "com.example": 1}
    )
    with pytest.raises(UnsupportedOperator, match="odd") as caught:
        Network(load_model(proto))
    assert caught.value.code == "unsupported-operator"
