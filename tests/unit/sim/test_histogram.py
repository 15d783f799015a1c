from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_config, load_model, run
from quantsim_viz.errors import Cancelled, DataError, ModelError
from quantsim_viz.sim import Engine, calibrated, histogram, simulate

from .conftest import document


def chain():
    return load_model(
        model(
            [node("Conv", "x w", "c", "conv"), node("Relu", "c", "y", "relu")],
            inputs={"x": ["N", 3, 8, 8]},
            constants={"w": floats(4, 3, 3, 3)},
        )
    )


@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("tensor", ["x", "c1", "t1", "y", "gain", "w2"])
def test_counts_are_those_of_numpy_whatever_the_batches(
    residual, images, everything, tensor, batch_size
):
    found = histogram(residual, everything, images, tensor, bins=37, batch_size=batch_size)
    exact = run(residual, images, tensors=[tensor])[tensor]
    simulated = run(residual, images, config=everything, tensors=[tensor])[tensor]
    counts, edges = np.histogram(exact.astype(np.float64), bins=found.edges)
    np.testing.assert_array_equal(found.edges, edges)
    np.testing.assert_allclose(found.counts, counts, atol=2)  # values within rounding of an edge
    assert found.counts.sum() == found.elements
    assert found.minimum == pytest.approx(exact.min(), rel=1e-5)
    assert found.maximum == pytest.approx(exact.max(), rel=1e-5)
    assert found.simulated.minimum == pytest.approx(simulated.min(), rel=1e-4)
    assert found.simulated.counts.sum() == found.elements
    assert found.edges[0] <= min(found.minimum, found.simulated.minimum)
    assert found.edges[-1] >= max(found.maximum, found.simulated.maximum)


def test_the_shares_outside_are_those_outside_the_grid_of_the_effective_quantizer(
    residual, images, everything
):
    options = {"scheme": "tf_enhanced", "act_bits": 4}
    found = histogram(residual, everything, images, "c1", **options)
    grid = simulate(residual, everything, images, **options).encodings["c1"]
    exact = run(residual, images, tensors=["c1"])["c1"]
    assert found.quantizer == "c1"
    assert list(found.encodings) == grid
    assert found.below == pytest.approx((exact < np.float32(grid[0]["min"])).mean(), abs=1e-3)
    assert found.above == pytest.approx((exact > np.float32(grid[0]["max"])).mean(), abs=1e-3)
    assert found.below + found.above > 0.001
    assert found.simulated.below == found.simulated.above == 0  # behind its own quantizer
    assert found.given.above > 0


def test_a_tensor_that_carries_its_inputs_grid_is_held_against_that_one(images):
    net = load_model(
        model(
            [
                node("Relu", "x", "r", "relu"),
                node("Transpose", "r", "y", "turn", perm=[0, 2, 3, 1]),
            ],
            inputs={"x": ["N", 3, 8, 8]},
        )
    )
    config = document(op_type={"Transpose": {"is_output_quantized": "False"}})
    found = histogram(net, config, images, "y")
    assert (found.quantizer, len(found.encodings)) == ("r", 1)


def test_channels_of_a_weight_have_ranges_of_their_own(residual, images):
    defaults = {**document()["defaults"], "per_channel_quantization": "True"}
    found = histogram(residual, load_config(document(defaults=defaults)), images, "w1")
    weight = run(residual, images, tensors=["w1"])["w1"]
    assert (found.axis, found.kind, len(found.encodings)) == (0, "param", 4)
    assert [c.minimum for c in found.channels] == pytest.approx(weight.min((1, 2, 3)))
    assert [c.maximum for c in found.channels] == pytest.approx(weight.max((1, 2, 3)))
    assert {c.counts for c in found.channels} == {None}
    assert found.elements == weight.size


def test_channels_are_counted_when_asked_for(residual, images, everything):
    for tensor, axis in (("w1", 0), ("w3", 1), ("c1", 1)):
        found = histogram(residual, everything, images, tensor, by_channel=True)
        assert found.axis == axis
        np.testing.assert_array_equal(sum(c.counts for c in found.channels), found.counts)


def test_without_a_configuration_the_float_values_are_counted_alone(residual, images):
    found = histogram(residual, None, images, "c1", samples=5)
    assert found.samples == 5
    assert (found.given, found.simulated, found.quantizer, found.below) == (None,) * 4
    assert found.counts.sum() == found.elements == 5 * 4 * 8 * 8


def test_what_is_no_number_is_left_out_and_counted(images):
    mask = np.array([0.0, -np.inf, 1.0, np.nan], np.float32)
    net = load_model(
        model(
            [node("Mul", "x one", "y", "mul")],
            inputs={"x": ["N", 3, 8, 8]},
            constants={"one": np.ones(1, np.float32), "mask": mask},
        )
    )
    found = histogram(net, None, images, "mask", bins=4)
    assert (found.elements, found.exact.nan, found.exact.infinite) == (4, 1, 1)
    assert found.counts.tolist() == [1, 0, 0, 1]
    assert (found.minimum, found.maximum) == (0.0, 1.0)


@pytest.mark.parametrize(("value", "edges"), [(0.0, (-0.5, 0.5)), (-8.0, (-12.0, -4.0))])
def test_a_constant_tensor_has_bins_around_it(value, edges):
    data = {"x": np.full((2, 3, 8, 8), value, np.float32)}
    found = histogram(chain(), None, data, "x", bins=3)
    assert (found.edges[0], found.edges[-1]) == edges
    assert found.counts.tolist() == [0, data["x"].size, 0]


def test_a_float16_quantizer_has_no_grid_to_be_outside_of(residual, images, everything):
    found = histogram(residual, everything, images, "c1", act_bits="float16")
    assert (found.quantizer, found.encodings, found.below) == ("c1", (), None)


def test_an_engine_that_remembers_answers_without_executing(
    residual, images, everything, monkeypatch
):
    engine = Engine(residual, cache_bytes=1 << 24)
    alone = histogram(residual, everything, images, "r1")
    simulate(residual, everything, images, engine=engine)
    histogram(residual, everything, images, "r1", engine=engine)
    monkeypatch.setattr("quantsim_viz.sim.passes.run_plan", None)
    again = histogram(residual, everything, images, "r1", engine=engine)
    assert again.to_dict() == alone.to_dict()


def test_a_histogram_is_json_and_travels_between_processes(residual, images, everything):
    found = histogram(residual, everything, images, "w1", by_channel=True)
    json.dumps(found.to_dict(), allow_nan=False)
    assert pickle.loads(pickle.dumps(found)).to_dict() == found.to_dict()


def test_a_tensor_that_is_not_there_is_answered_with_the_nearest_name(residual, images):
    with pytest.raises(ModelError, match="no tensor 'gian'") as caught:
        histogram(residual, None, images, "gian")
    assert "gain" in caught.value.hint


@pytest.mark.parametrize("bins", [0, -3, 1 << 20])
def test_a_number_of_bins_that_makes_no_sense_is_refused(residual, images, bins):
    with pytest.raises(DataError, match="bins") as caught:
        histogram(residual, None, images, "c1", bins=bins)
    assert caught.value.code == "bins-range"


def test_channels_that_differ_from_batch_to_batch_are_refused(images):
    net = load_model(model([node("Relu", "x", "y", "relu")], inputs={"x": ["N", "C"]}))
    stream = [{"x": floats(2, 3)}, {"x": floats(2, 4)}]
    with pytest.raises(DataError, match="3 and 4") as caught:
        histogram(net, None, stream, "y", by_channel=True)
    assert caught.value.code == "channels-differ"
    assert histogram(net, None, stream, "y").elements == 14


def test_a_histogram_stops_when_asked(residual, images, everything):
    with pytest.raises(Cancelled):
        histogram(residual, everything, images, "y", cancelled=lambda: True)


def test_a_calibration_alone_gives_what_a_simulation_finds(residual, images, everything):
    found = calibrated(residual, everything, images, scheme="percentile", percentile=99.9)
    report = simulate(residual, everything, images, scheme="percentile", percentile=99.9)
    assert {n: e.to_dicts() for n, e in found.encodings.items()} == report.encodings
    assert found.scheme.label == report.scheme
