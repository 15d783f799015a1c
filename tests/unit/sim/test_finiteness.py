from __future__ import annotations

import numpy as np
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_model, simulate
from quantsim_viz.errors import DataError

LARGE = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 300.0]], np.float32)


def graph(*nodes, **constants):
    return load_model(model(list(nodes), inputs={"x": ["N", 3]}, constants=constants))


@pytest.mark.parametrize("batch_size", [1, 2])
def test_the_node_that_overflows_is_named(everything, batch_size):
    network = graph(
        node("Relu", "x", "r", "relu1"),
        node("Exp", "r", "e", "exp1"),
        node("Relu", "e", "y", "last"),
    )
    with pytest.raises(DataError, match="infinity at 'e', output of node exp1 \\(Exp\\)") as caught:
        simulate(network, everything, {"x": LARGE}, batch_size=batch_size)
    assert caught.value.code == "infinity-in-float-run"


def test_nan_is_traced_to_the_node_that_overflowed(everything):
    network = graph(node("Exp", "x", "e", "exp1"), node("Sub", "e e", "y", "sub1"))
    with pytest.raises(DataError, match="node exp1"):
        simulate(network, everything, {"x": LARGE})


def test_nan_made_of_constant_infinities_is_named_where_it_arises(everything):
    network = graph(
        node("Add", "x mask", "a", "add1"),
        node("Sub", "a a", "y", "sub1"),
        mask=np.array([0, 0, -np.inf], np.float32),
    )
    with pytest.raises(DataError, match="NaN at 'y', output of node sub1"):
        simulate(network, everything, {"x": LARGE})


def test_infinities_handed_on_from_a_constant_are_nobodys_fault(everything):
    network = graph(
        node("Add", "x mask", "a", "add1"),
        node("Softmax", "a", "s", "softmax1", axis=-1),
        node("MatMul", "s w", "y", "matmul1"),
        mask=np.array([0, 0, -np.inf], np.float32),
        w=floats(3, 2, seed=1),
    )
    report = simulate(network, everything, {"x": LARGE})
    assert [row.tensor for row in report.rows] == ["a", "s", "y"]


def test_large_values_that_are_finite_are_let_through(everything):
    network = graph(node("Relu", "x", "y", "relu1"))
    report = simulate(network, everything, {"x": LARGE * np.float32(1e35)})
    assert report.rows[0].powers["cumulative"].sqnr_db > 30
