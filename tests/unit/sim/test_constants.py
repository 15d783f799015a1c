from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from support.small_models import floats, model, node

from quantsim_viz import load_model
from quantsim_viz.sim.constants import LARGE, ConstantStore
from quantsim_viz.sim.encodings import Grid, encode_range
from quantsim_viz.sim.measurements import Noise, Signal
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.operators import packing
from quantsim_viz.sim.plan import make_plan
from quantsim_viz.sim.quantize import quantize
from quantsim_viz.sim.values import ValueTable

SIZE = int((LARGE / 4) ** 0.5) + 1
GRID = encode_range(np.array([-2.0]), np.array([2.0]), Grid(4))


@pytest.fixture(scope="module")
def wide():
    return load_model(
        model(
            [
                node("Transpose", "w", "t", "turn", perm=[1, 0]),
                node("MatMul", "x t", "y", "product"),
                node("Add", "y b", "z", "sum"),
            ],
            inputs={"x": ["N", SIZE]},
            outputs=["z"],
            constants={"w": floats(SIZE, SIZE), "b": floats(SIZE)},
        )
    )


def parts(loaded, **options):
    network = Network(loaded)
    table = ValueTable(network)
    return table, ConstantStore(network, table, **options)


def watched(value):
    gc.collect()
    return weakref.ref(value)


def test_large_values_are_held_by_those_who_use_them(wide):
    table, constants = parts(wide)
    value = constants.value(table.plain.raw["t"])
    assert constants.value(table.plain.raw["t"]) is value
    copy, held = value.clone(), watched(value)
    del value
    gc.collect()
    assert held() is None
    assert torch.equal(constants.value(table.plain.raw["t"]), copy)


def test_small_values_are_remembered(wide):
    table, constants = parts(wide)
    held = watched(constants.value(table.plain.raw["b"]))
    gc.collect()
    assert held() is constants.value(table.plain.raw["b"])


def test_a_lasting_store_remembers_large_values_until_it_is_pruned(wide):
    table, constants = parts(wide, is_lasting=True)
    held = watched(constants.value(table.plain.raw["t"]))
    gc.collect()
    assert held() is not None
    constants.prune(())
    gc.collect()
    assert held() is None


def test_a_quantized_value_behind_forgotten_ones_is_made_again(wide):
    table, constants = parts(wide)
    trace = table.trace({"w": GRID})
    wanted = quantize(torch.from_numpy(floats(SIZE, SIZE)), GRID).T
    for _ in range(2):
        assert torch.equal(constants.value(trace.seen["t"]), wanted)
        gc.collect()


@pytest.mark.skipif(not packing.available(), reason="this torch packs no weights")
def test_a_plan_holds_no_weight_beside_the_one_laid_out_for_its_operator(wide):
    table, constants = parts(wide)
    trace = table.trace({"w": GRID})
    noises = [Noise(table.plain.seen[n], trace.seen[n]) for n in ("z", "w")]
    plan = make_plan(table, constants, [*noises, Signal(table.plain.seen["w"])])
    assert plan.fixed[noises[1]] > 0
    held = [value.numel() for value in plan.initial if value is not None]
    assert max(held) == SIZE
