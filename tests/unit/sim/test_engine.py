from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from support.small_models import floats, model, node

from quantsim_viz import load_config, load_model, simulate
from quantsim_viz.sim import Engine, load_data
from quantsim_viz.sim.cache import ValueCache
from quantsim_viz.sim.data import ArrayData
from quantsim_viz.sim.passes import join
from quantsim_viz.sim.run_order import quantizer_order

from .conftest import document

MEASURES = ("cumulative", "isolated")


def edits():
    """Configurations as somebody might edit them, one after the other."""
    yield document()
    yield document(op_type={"Gemm": {"is_output_quantized": "False"}})
    yield document(op_type={"Add": {"is_output_quantized": "False"}})
    yield document(op_type={"Conv": {"params": {"weight": {"is_quantized": "False"}}}})
    yield document(supergroups=[{"op_list": ["Conv", "Relu"]}])
    yield document()


@pytest.mark.parametrize("budget", [1 << 30, 1 << 16, 1 << 12])
@pytest.mark.parametrize("batch_size", [4, 32])
def test_after_every_edit_the_figures_are_those_of_a_fresh_run(
    residual, images, budget, batch_size
):
    engine = Engine(residual, cache_bytes=budget)
    for text in edits():
        config = load_config(text)
        live = simulate(
            residual, config, images, measure=MEASURES, batch_size=batch_size, engine=engine
        )
        fresh = simulate(residual, config, images, measure=MEASURES, batch_size=batch_size)
        assert engine.cache.used <= budget
        assert live.encodings == fresh.encodings
        for a, b in zip(live.rows, fresh.rows, strict=True):
            assert a.powers == b.powers
            assert a.clipping_share == b.clipping_share
        np.testing.assert_array_equal(live.outputs["y"], fresh.outputs["y"])


def steps_of(call):
    asked = []

    def count():
        asked.append(1)
        return False

    call(count)
    return len(asked)


def test_an_edit_executes_only_what_it_reaches(residual, images, everything):
    engine = Engine(residual, cache_bytes=1 << 30)
    late = load_config(document(op_type={"Gemm": {"is_output_quantized": "False"}}))

    def of(config):
        return steps_of(
            lambda count: simulate(residual, config, images, engine=engine, cancelled=count)
        )

    first = of(everything)
    assert of(everything) == 0
    assert of(late) < first / 8


def test_figures_of_different_kinds_of_one_value_are_kept_apart(images):
    # Before the first parameter the value observed for its range is that of the float run.
    network = load_model(
        model(
            [node("Relu", "x", "r", "relu1"), node("Conv", "r w", "y", "conv1")],
            inputs={"x": ["N", 3, 8, 8]},
            constants={"w": floats(4, 3, 3, 3, seed=1)},
        )
    )
    defaults = document()["defaults"]
    for bits in ({}, {"is_symmetric": "True"}):
        config = document(defaults={**defaults, "ops": {**defaults["ops"], **bits}})
        engine = Engine(network, cache_bytes=1 << 24)
        live = [simulate(network, config, images, engine=engine).rows for _ in range(2)]
        assert live == [simulate(network, config, images).rows] * 2


def test_other_data_are_not_mistaken_for_those_remembered(residual, images, everything):
    engine = Engine(residual, cache_bytes=1 << 30)
    simulate(residual, everything, images, engine=engine)
    other = {"x": images["x"] + 1}
    live = simulate(residual, everything, other, engine=engine)
    fresh = simulate(residual, everything, other)
    assert [row.powers for row in live.rows] == [row.powers for row in fresh.rows]


def test_an_engine_without_a_budget_remembers_nothing(residual, images, everything):
    engine = Engine(residual)
    simulate(residual, everything, images, engine=engine)
    assert engine.cache.used == 0
    again = steps_of(
        lambda count: simulate(residual, everything, images, engine=engine, cancelled=count)
    )
    assert again > 20


def test_memory_does_not_grow_with_the_number_of_batches(residual, images, everything):
    counts = []

    class Stream:
        def __iter__(self):
            for _ in range(12):
                alive = [o for o in gc.get_objects() if type(o) is torch.Tensor]
                counts.append(sum(t.numel() for t in alive))
                del alive
                yield images

    simulate(residual, everything, Stream())
    assert max(counts[2:12]) <= counts[1] * 1.05
    assert max(counts[14:]) <= counts[13] * 1.05


def test_slices_that_are_kept_keep_no_more_memory_than_the_budget_allows():
    cache = ValueCache(budget=4096)
    for key in range(1, 9):
        cache._keep(("data", 1, 0), key, torch.ones(16, 32)[:, :1], (1, key))
    kept = [value.untyped_storage() for value in cache._values.values()]
    assert sum(part.nbytes() for part in kept) == cache.used == 4096


def test_outputs_of_batches_are_joined_along_the_samples():
    parts = [np.zeros((2, 3)), np.ones((1, 3))]
    assert join(parts).shape == (3, 3)
    assert join([np.float32(1), np.float32(2)]).tolist() == [1.0, 2.0]
    assert [part.shape for part in join([np.zeros((1, 2)), np.zeros((1, 3))])] == [(1, 2), (1, 3)]


def test_the_last_leaf_runs_first_and_quantizers_follow_their_producers(residual):
    engine = Engine(residual)
    order = quantizer_order(engine.network, ["x", "w1", "c1", "r1", "c2", "a1", "y"])
    assert order["c1"] < order["r1"] < order["c2"] < order["a1"] < order["y"]
    assert order["x"] < order["c1"]


def test_loaded_data_may_be_handed_in_again(residual, images, everything):
    data = load_data(residual, images)
    assert isinstance(data, ArrayData)
    report = simulate(residual, everything, data)
    assert report.samples == 11
