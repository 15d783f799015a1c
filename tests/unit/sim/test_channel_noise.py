from __future__ import annotations

import numpy as np
import pytest
import torch
from support.small_models import floats, model, node

from quantsim_viz import load_config, load_model, run, simulate
from quantsim_viz.sim.channel_noise import ChannelNoise
from quantsim_viz.sim.channels import channel_axes

from .conftest import document


@pytest.mark.parametrize("batch_size", [3, 100])
def test_channels_have_the_powers_that_numpy_finds(residual, images, batch_size):
    defaults = {**document()["defaults"], "per_channel_quantization": "True"}
    config = load_config(document(defaults=defaults))
    report = simulate(residual, config, images, measure=("channels",), batch_size=batch_size)
    names = [row.tensor for row in report.rows] + ["w1", "w2", "w3", "b1", "b3"]
    assert set(report.channels) == {name for name in names if name in report.channels}
    assert {"c1", "t1", "y", "w1", "w3"} <= set(report.channels)
    exact = run(residual, images, tensors=names)
    simulated = run(residual, images, config=config, tensors=names)
    for name, powers in report.channels.items():
        x, y = (arrays[name].astype(np.float64) for arrays in (exact, simulated))
        rest = tuple(axis for axis in range(x.ndim) if axis != powers.axis)
        np.testing.assert_allclose(powers.signal, (x**2).sum(rest), rtol=1e-5)
        scale = (x**2).sum()
        np.testing.assert_allclose(
            powers.noise, ((x - y) ** 2).sum(rest), rtol=1e-3, atol=1e-9 * scale
        )


def test_channels_add_up_to_their_layer(residual, images, everything):
    report = simulate(residual, everything, images, measure=("channels",))
    for row in report.rows:
        powers = report.channels[row.tensor]
        assert sum(powers.signal) == pytest.approx(row.powers["cumulative"].signal, rel=1e-5)
        assert sum(powers.noise) == pytest.approx(row.powers["cumulative"].noise, rel=1e-4)


def test_the_channel_table_has_one_row_a_channel(residual, images, everything):
    report = simulate(residual, everything, images, measure=("channels",))
    rows = report.channel_table.query("tensor == 'c1'")
    assert list(rows["channel"]) == [0, 1, 2, 3]
    assert list(rows["sqnr_db"]) == list(report.channels["c1"].sqnr_db)
    assert report.to_dict()["channels"]["c1"]["axis"] == 1


def test_channels_follow_their_operators(residual, everything):
    from quantsim_viz import resolve

    axes = channel_axes(residual, resolve(residual, everything))
    assert {name: axes[name] for name in ("x", "c1", "p1", "t1", "m1", "y")} == {
        "x": 1,
        "c1": 1,
        "p1": 1,
        "t1": 3,  # transposed to the end
        "m1": 3,
        "y": 1,
    }
    assert axes["w3"] == 1  # Gemm without transB
    assert axes["b1"] == 0
    assert channel_axes(residual)["b1"] is None


def test_features_lie_last_behind_a_matrix_product():
    net = load_model(
        model(
            [
                node("MatMul", "x w", "m", "mm"),
                node("Add", "bias m", "a", "add"),
                node("Reshape", "a shape", "r", "view"),
                node("Relu", "r", "y", "relu"),
            ],
            inputs={"x": ["N", 7, 6]},
            constants={"w": floats(6, 8), "bias": floats(8), "shape": np.array([-1, 7, 1, 8])},
        )
    )
    axes = channel_axes(net)
    assert (axes["m"], axes["a"], axes["r"], axes["y"]) == (2, 2, 3, 3)


def test_infinite_elements_are_left_out_of_channels():
    x = torch.tensor([[1.0, 2.0], [-torch.inf, 4.0]])
    y = torch.tensor([[1.0, 1.0], [-torch.inf, 4.0]])
    powers = ChannelNoise(1, 2, 1).measure([x, y])
    assert powers.tolist() == [[1.0, 20.0], [0.0, 1.0]]


def test_batches_with_other_channels_leave_the_tensor_without_figures(everything):
    net = load_model(model([node("Relu", "x", "y", "relu")], inputs={"x": ["N", "C"]}))
    stream = [{"x": floats(2, 3)}, {"x": floats(2, 4)}]
    report = simulate(net, everything, stream, measure=("channels",))
    assert report.channels == {}
    assert report.rows[0].powers["cumulative"].noise > 0
