from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto
from support.small_models import body, floats, model, node, value

from quantsim_viz import load_model, run, simulate
from quantsim_viz.errors import Cancelled
from quantsim_viz.sim import Engine, compare, histogram
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.watch import Status, Watch


@pytest.fixture
def every_step(monkeypatch):
    """Let callbacks be told of every step, however fast they follow each other."""
    monkeypatch.setattr("quantsim_viz.sim.watch.INTERVAL", 0.0)


def stop_when(condition):
    """Return a progress callback and a question that is answered yes once a status fits."""
    seen = []

    def tell(status):
        seen.append(status)

    return tell, lambda: any(condition(status) for status in seen)


@pytest.mark.usefixtures("every_step")
def test_a_status_says_stage_node_samples_and_time_left(residual, images, everything):
    seen: list[Status] = []
    watch_all = seen.append
    simulate(
        residual, everything, images, measure=("sensitivity",), batch_size=4, progress=watch_all
    )
    done = [status.done for status in seen]
    assert done == sorted(done)
    assert done[-1] > 900
    assert seen[0].fraction == 0
    stages = list(dict.fromkeys(status.stage for status in seen))
    assert stages == ["calibrate", "simulate", "sensitivity"]
    assert {(status.samples, status.of) for status in seen} <= {(n, 11) for n in (0, 4, 8, 11)}
    nodes = {node.name: node.op_type for node in residual.graph.nodes}
    named = {status.node: status.op_type for status in seen if status.node}
    assert named.items() <= nodes.items()
    assert {"conv1", "gemm1"} <= named.keys()
    settled = [status for status in seen if status.seconds_left is not None]
    assert settled
    for status in settled:
        expected = status.seconds * (1 - status.fraction) / status.fraction
        assert status.seconds_left == pytest.approx(expected)
    assert sum(status.row is not None for status in seen) == 3 * 10


def test_a_stream_has_no_number_of_samples_to_come(residual, images, everything):
    seen: list[Status] = []
    batches = [{"x": images["x"][:4]}, {"x": images["x"][4:]}]
    simulate(residual, everything, batches, progress=seen.append)
    assert {status.of for status in seen} == {None}


class FourArguments:
    def __init__(self):
        self.calls = []

    def tell(self, done, total, stage, row):
        self.calls.append((done, total, stage, row))


@pytest.mark.parametrize("way", ["method", "lambda", "anything"])
def test_a_callable_of_four_arguments_is_called_as_it_always_was(way):
    old = FourArguments()
    callbacks = {
        "method": old.tell,
        "lambda": lambda done, total, stage, row: old.calls.append((done, total, stage, row)),
        "anything": lambda *call: old.calls.append(call),
    }
    watch = Watch(callbacks[way], interval=0)
    watch.begin("run", 2)
    watch.advance()
    watch.show({"tensor": "y"})
    assert old.calls == [
        (0, 1000, "run", None),
        (500, 1000, "run", None),
        (500, 1000, "run", {"tensor": "y"}),
    ]


def test_a_part_tells_of_the_whole():
    seen: list[Status] = []
    whole = Watch(seen.append, interval=0)
    part = whole.part(0.5, 0.75)
    part.begin("run", 4)
    part.advance()
    part.advance()
    assert [status.done for status in seen] == [500, 562, 625]
    assert whole.part(0, 1).progress is not None
    assert Watch().part(0, 1).progress is None


def test_a_part_is_stopped_with_the_whole():
    part = Watch(None, lambda: True).part(0.0, 0.5)
    with pytest.raises(Cancelled):
        part.advance()


@pytest.mark.usefixtures("every_step")
def test_what_was_measured_before_a_stop_is_over_whole_batches(residual, images, everything):
    tell, cancelled = stop_when(lambda s: s.stage == "simulate" and s.samples == 8)
    watch = {"progress": tell, "cancelled": cancelled}
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, measure=("isolated",), batch_size=4, **watch)
    report = caught.value.report
    assert report.partial.to_dict() == {"stage": "simulate", "samples": 8, "of": 11}
    assert report.samples == 8
    first = {"x": images["x"][:8]}
    whole = simulate(
        residual, everything, first, calibration=images, measure=("isolated",), batch_size=4
    )
    assert [row.to_dict() for row in report.rows] == [row.to_dict() for row in whole.rows]
    assert report.params == whole.params
    np.testing.assert_array_equal(report.outputs["y"], whole.outputs["y"])
    assert whole.partial is None
    assert whole.to_dict()["partial"] is None


def test_a_stop_in_the_first_batch_leaves_the_layers_before_it(residual, images, everything):
    tell, cancelled = stop_when(lambda s: s.row is not None and s.row["tensor"] == "a1")
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, progress=tell, cancelled=cancelled)
    report = caught.value.report
    whole = simulate(residual, everything, images)
    known = {row.tensor for row in report.rows if row.powers["cumulative"].noise is not None}
    assert {"c1", "r1", "c2", "a1"} <= known
    assert "y" not in known
    rows = {row.tensor: row for row in whole.rows}
    for row in report.rows:
        if row.tensor in known:
            assert row.powers["cumulative"] == rows[row.tensor].powers["cumulative"]
    assert report.samples == 11
    assert report.partial.samples == 0
    assert report.outputs == {}
    assert report.warnings == ()


@pytest.mark.usefixtures("every_step")
def test_a_stop_during_sensitivity_keeps_all_else(residual, images, everything):
    tell, cancelled = stop_when(lambda s: s.stage == "sensitivity" and s.samples == 4)
    watch = {"progress": tell, "cancelled": cancelled}
    options = {"measure": ("sensitivity",), "batch_size": 4}
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, **options, **watch)
    report = caught.value.report
    assert (report.partial.stage, report.partial.samples, report.samples) == ("sensitivity", 4, 11)
    options["calibration"] = images
    whole = simulate(residual, everything, images, **options)
    first = simulate(residual, everything, {"x": images["x"][:4]}, **options)
    for row, all_of_it, part in zip(report.rows, whole.rows, first.rows, strict=True):
        assert row.powers["cumulative"] == all_of_it.powers["cumulative"]
        assert row.powers["sensitivity"] == part.powers["sensitivity"]


LONG = 10**6


def behind_relu(looping, constants):
    """A Relu, and behind it a node that takes a step at a time."""
    nodes = [node("Relu", "x", "r", "relu1"), looping]
    return load_model(model(nodes, inputs={"x": [1, 4]}, constants=constants))


def long_loop(steps):
    state, again = value("s", [1, 4]), value("go", [], TensorProto.BOOL)
    inner = body(
        [node("Identity", "go", "on"), node("Tanh", "s", "t"), node("Neg", "t", "after")],
        inputs=[value("i", [], TensorProto.INT64), again, state],
        outputs=[value("on", [], TensorProto.BOOL), value("after", [1, 4])],
    )
    return behind_relu(node("Loop", "n - r", "y", body=inner), {"n": np.int64(steps)})


def long_scan(steps):
    inner = body(
        [node("Tanh", "s", "t"), node("Neg", "t", "after")],
        inputs=[value("s", [1, 4]), value("i", [1])],
        outputs=[value("after", [1, 4])],
    )
    scan = node("Scan", "r z", "y", body=inner, num_scan_inputs=1)
    return behind_relu(scan, {"z": np.zeros((steps, 1), np.float32)})


def long_recurrence(op_type):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op_type]

    def make(steps):
        layer = node(op_type, "long w v", "- y", hidden_size=1)
        constants = {
            "length": np.array([steps, 1, 4]),
            "w": floats(1, gates, 4),
            "v": floats(1, gates, 1),
        }
        nodes = [node("Expand", "x length", "long"), layer]
        return load_model(model(nodes, inputs={"x": [1, 4]}, constants=constants))

    return make


@pytest.mark.parametrize(
    "long_one",
    [long_loop, long_scan, *map(long_recurrence, ("RNN", "GRU", "LSTM"))],
    ids=["Loop", "Scan", "RNN", "GRU", "LSTM"],
)
def test_operators_that_loop_are_stopped_between_their_steps(long_one):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > 9

    with pytest.raises(Cancelled):
        run(long_one(LONG), {"x": floats(1, 4)}, cancelled=cancelled)


def test_a_stop_within_a_loop_leaves_the_layers_before_it(everything, monkeypatch):
    monkeypatch.setattr("quantsim_viz.sim.operators.interruption.INTERVAL", 0.0)
    seen, asked = [], []

    def cancelled():
        if seen and (seen[-1].stage, seen[-1].op_type) == ("simulate", "Relu"):
            asked.append(1)
        return len(asked) > 30

    with pytest.raises(Cancelled) as caught:
        simulate(
            long_loop(100),
            everything,
            {"x": floats(1, 4)},
            progress=seen.append,
            cancelled=cancelled,
        )
    (relu, loop) = caught.value.report.rows
    assert relu.powers["cumulative"].noise is not None
    assert loop.powers["cumulative"].noise is None


def test_a_stop_while_calibrating_has_nothing_to_report(residual, images, everything):
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, cancelled=lambda: True)
    assert caught.value.report is None


@pytest.mark.usefixtures("every_step")
def test_accuracy_is_that_of_the_samples_executed(residual, images, everything):
    labels = np.arange(11) % 5
    tell, cancelled = stop_when(lambda s: s.stage == "simulate" and s.samples == 8)
    data = images | {"labels": labels}
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, data, batch_size=4, progress=tell, cancelled=cancelled)
    part = {"x": images["x"][:8], "labels": labels[:8]}
    whole = simulate(residual, everything, part, calibration=images, batch_size=4)
    assert caught.value.report.metric.to_dict() == whole.metric.to_dict()


@pytest.mark.usefixtures("every_step")
def test_what_an_engine_remembers_is_not_mixed_with_parts(residual, images, everything):
    from .conftest import document

    engine = Engine(residual, cache_bytes=1 << 20)
    options = {"batch_size": 4, "engine": engine}
    before = simulate(residual, everything, images, **options)
    edited = document(op_type={"Mul": {"is_output_quantized": "False"}})
    tell, cancelled = stop_when(lambda s: s.stage == "simulate" and s.samples == 8)
    with pytest.raises(Cancelled) as caught:
        simulate(residual, edited, images, progress=tell, cancelled=cancelled, **options)
    report = caught.value.report
    assert report.samples == 11
    same = [row.tensor for row in report.rows if row.powers["cumulative"].noise is not None]
    assert same[:5] == ["c1", "r1", "c2", "a1", "r2"]
    assert "y" not in same
    figures = {row.tensor: row.powers for row in before.rows}
    for row in report.rows:
        if row.tensor in same:
            assert row.powers == figures[row.tensor]
    fresh = simulate(residual, edited, images, **options)
    alone = simulate(residual, edited, images, batch_size=4)
    assert [r.powers["cumulative"].noise for r in fresh.rows] == pytest.approx(
        [r.powers["cumulative"].noise for r in alone.rows], rel=1e-6
    )


def test_a_stop_travels_between_processes_with_its_report(residual, images, everything):
    tell, cancelled = stop_when(lambda s: s.row is not None)
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, progress=tell, cancelled=cancelled)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.report.to_dict() == caught.value.report.to_dict()
    with pytest.raises(Cancelled) as plain:
        run(residual, images, cancelled=lambda: True)
    assert pickle.loads(pickle.dumps(plain.value)).code == "cancelled"


def test_every_door_can_be_stopped(residual, images, everything):
    doors = [
        lambda **watch: run(residual, images, **watch),
        lambda **watch: run(residual, images, config=everything, **watch),
        lambda **watch: simulate(residual, everything, images, **watch),
        lambda **watch: compare(residual, [everything, everything], images, **watch),
        lambda **watch: histogram(residual, everything, images, "y", **watch),
    ]
    for door in doors:
        with pytest.raises(Cancelled):
            door(cancelled=lambda: True)


def deep(layers=40):
    """A long chain of matrix products, nothing else."""
    names = [*(f"h{k}" for k in range(layers - 1)), "y"]
    inputs = ["x", *names]
    nodes = [node("MatMul", f"{inputs[k]} w", name, f"mm{k}") for k, name in enumerate(names)]
    return load_model(
        model(nodes, inputs={"x": ["N", 64, 64]}, constants={"w": floats(64, 64) / 8})
    )


@pytest.mark.parametrize("at", [1, 39, 41, 120])
@pytest.mark.parametrize("measure", [("isolated", "quantizers", "channels"), ("sensitivity",)])
def test_no_operator_is_begun_after_a_stop(everything, monkeypatch, measure, at):
    executed, stopped = [], []
    bind = Network.bind

    def bound(*args):
        operator = bind(*args)

        def counted(*values):
            assert not stopped
            executed.append(1)
            if len(executed) == at:
                stopped.append(1)  # asked from elsewhere while this operator is under way
            return operator.kernel(*values)

        return replace(operator, kernel=counted)

    monkeypatch.setattr(Network, "bind", bound)
    watch = {"cancelled": lambda: bool(stopped)}
    with pytest.raises(Cancelled):
        simulate(deep(), everything, {"x": floats(8, 64, 64)}, measure=measure, **watch)
    assert len(executed) == at
