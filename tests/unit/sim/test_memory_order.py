"""The order of a tensor's elements in memory is a matter of speed, never of figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.small_models import floats, model, node

from quantsim_viz import load_model, simulate
from quantsim_viz.sim import Engine, load_data
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.operators import packing
from quantsim_viz.sim.operators.layout import aligned
from quantsim_viz.sim.powers import noise_power
from quantsim_viz.sim.quantize import CHUNK

from .conftest import document

needs_packing = pytest.mark.skipif(not packing.available(), reason="this torch packs no weights")


@pytest.fixture(scope="module")
def pictures():
    """Convolutions of every kind around what reads images in other ways, [N, 4, 9, 7] → [N, 5]."""
    return load_model(
        model(
            [
                node("Conv", "x w1 b1", "c1", "conv1", pads=[1, 1, 1, 1]),
                node("BatchNormalization", "c1 one zero zero one", "n1", "norm1"),
                node("Relu", "n1", "k1", "relu1"),
                node("Conv", "k1 w2", "c2", "depthwise", pads=[1, 1, 1, 1], group=8),
                node("Add", "c2 k1", "a1", "add1"),
                node("Concat", "a1 c1", "j1", "concat1", axis=1),
                node("Slice", "j1 start end axes step", "s1", "slice1"),
                node("Conv", "s1 w3", "c3", "pointwise"),
                node("AveragePool", "c3", "p1", "pool1", kernel_shape=[2, 2], strides=[2, 2]),
                node("Transpose", "p1", "t1", "transpose1", perm=[0, 2, 3, 1]),
                node("Sigmoid", "t1", "m1", "sigmoid1"),
                node("Flatten", "m1", "f1", "flatten1"),
                node("Gemm", "f1 w4", "y", "gemm1"),
            ],
            inputs={"x": ["N", 4, 9, 7]},
            constants={
                "w1": floats(8, 4, 3, 3, seed=1) * 0.3,
                "b1": floats(8, seed=2) * 0.1,
                "one": np.ones(8, np.float32),
                "zero": np.zeros(8, np.float32),
                "w2": floats(8, 1, 3, 3, seed=3) * 0.4,
                "start": np.array([1], np.int64),
                "end": np.array([16], np.int64),
                "axes": np.array([1], np.int64),
                "step": np.array([3], np.int64),
                "w3": floats(6, 5, 1, 1, seed=4) * 0.5,
                "w4": floats(72, 5, seed=6) * 0.1,
            },
        )
    )


@pytest.fixture(scope="module")
def samples():
    return {"x": np.random.default_rng(0).normal(size=(6, 4, 9, 7)).astype(np.float32)}


def in_rows(bind):
    """Return what binds nodes as `bind` does, but lays every output out row by row."""

    def bound(self, index, constants):
        operator = bind(self, index, constants)

        def kernel(*inputs):
            result = operator.kernel(*inputs)
            if type(result) is tuple:
                return tuple(value.contiguous() for value in result)
            return result.contiguous()

        return replace(operator, kernel=kernel)

    return bound


@needs_packing
def test_convolutions_hand_on_images_with_the_channels_last(pictures):
    network = Network(pictures)
    conv = network.nodes[0]
    weights = {at: network.constant(name) for at, name in enumerate(conv.inputs) if at}
    bound = network.bind(conv.index, weights)
    image = bound.call([torch.ones(2, 4, 9, 7), *weights.values()])[0]
    assert image.is_contiguous(memory_format=torch.channels_last)
    assert not image.is_contiguous()


@pytest.mark.parametrize("per_channel", ["True", "False"])
def test_figures_are_those_of_tensors_laid_out_row_by_row(
    pictures, samples, monkeypatch, per_channel
):
    defaults = {**document()["defaults"], "per_channel_quantization": per_channel}
    measures = ("cumulative", "isolated", "sensitivity")

    def rows():
        report = simulate(
            pictures, document(defaults=defaults), samples, measure=measures, batch_size=4
        )
        return report.rows

    found = rows()
    monkeypatch.setattr(Network, "bind", in_rows(Network.bind))
    expected = rows()
    assert len(found) == 13
    for row, other in zip(found, expected, strict=True):
        assert row.powers.keys() == other.powers.keys()
        for name, power in row.powers.items():
            assert power.signal == pytest.approx(other.powers[name].signal, rel=1e-6), row.tensor
            assert power.noise == pytest.approx(other.powers[name].noise, rel=2e-5), row.tensor
        assert row.clipping_share == pytest.approx(other.clipping_share, abs=1e-5)


def test_without_quantizers_images_have_no_noise_at_all(pictures, samples):
    off = {"ops": {}, "params": {"is_quantized": "False"}}
    config = document(defaults=off, model_input={})
    report = simulate(pictures, config, samples, measure=("isolated", "sensitivity"))
    for row in report.rows:
        assert [power.noise for power in row.powers.values()] == [0.0, 0.0, 0.0], row.tensor


def test_outputs_come_back_in_the_order_of_their_shape(pictures, samples):
    engine = Engine(pictures)
    key = engine.table.plain.seen["c1"]
    data = [{"x": samples["x"]}]
    found = engine.measure([], load_data(pictures, data), keep=(key,)).outputs[key]
    weight, bias = (engine.network.constant(name) for name in ("w1", "b1"))
    expected = torch.nn.functional.conv2d(torch.from_numpy(samples["x"]), weight, bias, padding=1)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


ORDERS = {
    "rows": lambda x: x,
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(0, 3).contiguous().transpose(0, 3),
    "every second row": lambda x: x.repeat_interleave(2, dim=2)[:, :, ::2],
    "every second row, channels last": lambda x: x.repeat_interleave(2, dim=2).contiguous(
        memory_format=torch.channels_last
    )[:, :, ::2],
    "a single image": lambda x: x[:1].contiguous(memory_format=torch.channels_last).expand(x.shape),
}


@pytest.mark.parametrize("first", ORDERS)
@pytest.mark.parametrize("second", ORDERS)
def test_noise_is_that_of_the_same_elements_in_whatever_order_they_lie(first, second):
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 5, 6, 7, generator=generator).expand(3, 5, 6, 7).contiguous()
    other = (image + 0.1 * torch.randn(1, 5, 6, 7, generator=generator)).contiguous()
    exact, value = ORDERS[first](image), ORDERS[second](other)
    moved = aligned(exact, value)
    assert torch.equal(moved, exact)
    expected = (image.double() - other.double()).square().sum().item()
    found = noise_power(exact, value, torch.empty(CHUNK))
    assert found == pytest.approx(expected, rel=1e-5)
