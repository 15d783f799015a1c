from __future__ import annotations

import pickle

import numpy as np
import pytest
from support import naive_simulation as naive
from support.small_models import floats, model, node

from quantsim_viz import compare, load_config, load_model, resolve, run, simulate
from quantsim_viz.errors import Cancelled, ConfigError, DataError

from .conftest import document

ALL = ("cumulative", "isolated", "sensitivity")
OWN = {
    "c1": ("w1", "b1", "c1"),
    "r1": ("r1",),
    "c2": ("w2", "c2"),
    "a1": ("a1",),
    "r2": ("r2",),
    "p1": ("p1",),
    "t1": ("t1",),
    "m1": ("gain", "m1"),
    "f1": ("f1",),
    "y": ("w3", "b3", "y"),
}
"""Quantizers that belong to the layer of each tensor of the residual network."""


def axes_of(report_model, config, **bits):
    cascade = resolve(report_model, config, **bits)
    return {name: setting.channel_axis for name, setting in cascade.quantizers.items()}


def assert_power(power, exact, other):
    signal, noise = naive.powers(exact, other)
    assert power.signal == pytest.approx(signal, rel=1e-5)
    assert power.noise == pytest.approx(noise, rel=2e-3, abs=1e-9 * signal)


@pytest.mark.parametrize("per_channel", ["True", "False"])
@pytest.mark.parametrize("bits", [(8, 8), (4, 8), (8, 4), (16, 16), ("float16", "float16")])
def test_every_noise_figure_equals_running_the_scenario_node_by_node(
    residual, images, per_channel, bits
):
    defaults = {**document()["defaults"], "per_channel_quantization": per_channel}
    config = load_config(document(defaults=defaults))
    precision = {"param_bits": bits[0], "act_bits": bits[1]}
    report = simulate(residual, config, images, measure=ALL, batch_size=4, **precision)
    axes = axes_of(residual, config, **precision)

    def scenario(encodings):
        return naive.execute(residual.proto, images, encodings, axes)

    exact, simulated = scenario({}), scenario(report.encodings)
    assert len(report.rows) == len(OWN)
    for row in report.rows:
        own = {name: report.encodings[name] for name in OWN[row.tensor] if name in report.encodings}
        alone = scenario(own)
        assert_power(row.powers["cumulative"], exact[row.tensor], simulated[row.tensor])
        assert_power(row.powers["isolated"], exact[row.tensor], alone[row.tensor])
        assert_power(row.powers["sensitivity"], exact["y"], alone["y"])
    assert_power(report.output_powers["y"]["cumulative"], exact["y"], simulated["y"])
    for name, power in report.params.items():
        assert_power(power, exact[name], simulated[name])
    np.testing.assert_allclose(report.outputs["y"], simulated["y"], atol=2e-4)


def test_activations_are_observed_with_quantized_parameters_and_no_other_quantizer(
    residual, images, everything
):
    report = simulate(residual, everything, images, param_bits=4)
    params = {name: report.encodings[name] for name in report.params}
    seen = naive.execute(residual.proto, images, params, axes_of(residual, everything))
    for name in ("c1", "c2", "m1", "y"):
        low, high = min(seen[name].min(), 0.0), max(seen[name].max(), 0.0)
        assert report.encodings[name][0]["scale"] == pytest.approx((high - low) / 255, rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 11, 100])
def test_figures_do_not_depend_on_the_batch_size(residual, images, everything, batch_size):
    one = simulate(residual, everything, images, measure=ALL, batch_size=2)
    other = simulate(residual, everything, images, measure=ALL, batch_size=batch_size)
    assert other.samples == 11
    assert other.encodings.keys() == one.encodings.keys()
    for a, b in zip(one.rows, other.rows, strict=True):
        for name in ALL:
            assert b.powers[name].signal == pytest.approx(a.powers[name].signal, rel=1e-5)
            assert b.powers[name].noise == pytest.approx(a.powers[name].noise, rel=1e-2)


def test_what_else_is_measured_never_changes_a_figure(residual, images, everything):
    full = simulate(residual, everything, images, measure=ALL)
    alone = simulate(residual, everything, images)
    for a, b in zip(full.rows, alone.rows, strict=True):
        assert a.powers["cumulative"] == b.powers["cumulative"]
        assert set(b.powers) == {"cumulative"}


def chain():
    """A network without float constants besides parameters, so that its input may stay float."""
    proto = model(
        [
            node("Conv", "x w", "c", "conv"),
            node("Relu", "c", "r", "relu"),
            node("Reshape", "r shape", "v", "view"),
            node("Softmax", "v", "y", "softmax"),
        ],
        inputs={"x": ["N", 3, 8, 8]},
        constants={"w": floats(4, 3, 3, 3), "shape": np.array([0, -1])},
    )
    return load_model(proto)


def test_without_quantizers_every_noise_is_exactly_zero(images):
    off = {"ops": {}, "params": {"is_quantized": "False"}}
    config = document(defaults=off, model_input={})
    report = simulate(chain(), config, images, measure=ALL)
    assert {power.noise for row in report.rows for power in row.powers.values()} == {0.0}
    assert report.rows[0].powers["cumulative"].sqnr_db is None
    assert report.encodings == {}


def test_with_an_unquantized_input_isolated_equals_cumulative_at_the_first_layer(images):
    report = simulate(chain(), document(model_input={}), images, measure=ALL)
    first = report.rows[0].powers
    assert first["isolated"] == first["cumulative"]
    assert first["isolated"].noise > 0


def test_sensitivity_of_the_last_layer_is_its_isolated_noise(residual, images, everything):
    last = simulate(residual, everything, images, measure=ALL).rows[-1].powers
    assert last["sensitivity"].noise == pytest.approx(last["isolated"].noise, rel=1e-6)


def test_several_configurations_at_once_give_what_each_gives_alone(
    residual, images, everything, inputs_only
):
    other = load_config(document(op_type={"Relu": {"is_output_quantized": "False"}}))
    configs = {"all": everything, "inputs": inputs_only, "no relu": other}
    together = compare(residual, configs, images)
    assert together.configs == ("all", "inputs", "no relu")
    for config, report in zip(configs.values(), together.reports, strict=True):
        alone = simulate(residual, config, images)
        assert [row.powers for row in alone.rows] == [row.powers for row in report.rows]
        assert alone.encodings == report.encodings
    against_inputs, against_relu = together.to_dict()["differences"]
    assert against_inputs["nodes"]
    assert {"relu1", "relu2"} <= set(against_relu["nodes"])


def test_run_returns_what_the_figures_are_computed_from(residual, images, everything):
    report = simulate(residual, everything, images, batch_size=4)
    names = [row.tensor for row in report.rows]
    exact = run(residual, images, tensors=names)
    simulated = run(residual, images, config=everything, tensors=names, batch_size=4)
    for row in report.rows:
        assert_power(row.powers["cumulative"], exact[row.tensor], simulated[row.tensor])
    np.testing.assert_array_equal(simulated["y"], report.outputs["y"])


def test_run_in_float_returns_the_outputs_alone(residual, images):
    outputs = run(residual, images)
    wanted = naive.execute(residual.proto, images, {}, {})
    assert list(outputs) == ["y"]
    np.testing.assert_allclose(outputs["y"], wanted["y"], atol=1e-4)


def test_run_returns_a_parameter_once_whatever_the_batches(residual, images, everything):
    for config in (None, everything):
        arrays = run(residual, images, config=config, tensors=["w1", "gain"], batch_size=2)
        assert arrays["w1"].shape == (4, 3, 3, 3)
        assert arrays["gain"].shape == (4,)
        assert arrays["y"].shape == (11, 5)


def test_an_unknown_tensor_is_answered_with_the_nearest_name(residual, images):
    with pytest.raises(Exception, match="no tensor 'conv_1'") as caught:
        run(residual, images, tensors=["conv_1"])
    assert caught.value.code == "tensor-unknown"


def test_calibration_data_decide_the_ranges(residual, images, everything):
    narrow = {"x": images["x"] * 0.1}
    report = simulate(residual, everything, images, calibration=narrow)
    own = simulate(residual, everything, narrow)
    assert report.encodings == own.encodings
    assert report.rows[0].powers["cumulative"].sqnr_db < 15


@pytest.mark.parametrize("scheme", ["min_max", "tf_enhanced", "percentile", "mse"])
def test_every_scheme_gives_grids_that_hold_the_data_well(residual, images, everything, scheme):
    report = simulate(residual, everything, images, scheme=scheme)
    assert report.scheme == scheme
    assert min(row.powers["cumulative"].sqnr_db for row in report.rows) > 25


def test_mse_beats_min_max_on_its_own_criterion_with_few_bits(residual, images, everything):
    def noise(scheme):
        config = {"scheme": scheme, "act_bits": 4, "measure": ("isolated",)}
        rows = simulate(residual, everything, images, **config).rows
        return {row.tensor: row.powers["isolated"].noise for row in rows}

    exact, other = noise("min_max"), noise("mse")
    assert all(other[name] <= exact[name] * 1.02 for name in ("r1", "a1", "r2"))
    assert other["a1"] < exact["a1"] * 0.9


def test_the_clipping_share_says_what_a_wider_range_would_cure(residual, images, everything):
    narrow = {"x": images["x"] * 0.3}
    tight = simulate(residual, everything, images, calibration=narrow, measure=("isolated",))
    wide = simulate(residual, everything, narrow, calibration=images, measure=("isolated",))
    shares = {row.tensor: row.clipping_share for row in tight.rows}
    assert shares["c1"] > 0.99
    assert shares["p1"] is None
    assert {row.clipping_share for row in wide.rows} <= {0.0, None}


def test_progress_comes_with_rows_and_ends_at_the_whole(residual, images, everything):
    calls = []
    simulate(residual, everything, images, batch_size=4, progress=lambda *call: calls.append(call))
    rows = [row for *_, row in calls if row is not None]
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert done[-1] > 900
    assert {call[1] for call in calls} == {1000}
    assert {"calibrate", "simulate"} <= {call[2] for call in calls}
    assert rows[-1]["cumulative"]["sqnr_db"] is not None
    assert len(rows) == 3 * 10


def test_a_simulation_stops_at_the_next_step_when_asked(residual, images, everything):
    asked = iter(range(1000))
    with pytest.raises(Cancelled) as caught:
        simulate(residual, everything, images, cancelled=lambda: next(asked) == 7)
    assert caught.value.code == "cancelled"
    assert next(asked) == 8


def test_a_refused_configuration_is_an_error_with_aimets_reason(residual, images):
    config = document(model_input={})
    refused = resolve(residual, load_config(config)).error
    assert refused is not None
    with pytest.raises(ConfigError) as caught:
        simulate(residual, config, images)
    assert caught.value.code == refused.code


def test_what_makes_nan_in_the_float_run_is_named(everything):
    proto = model(
        [node("Neg", "x", "n", "negate"), node("Sqrt", "n", "s", "root"), node("Relu", "s", "y")],
        inputs={"x": ["N", 4]},
    )
    with pytest.raises(DataError, match="node root \\(Sqrt\\)") as caught:
        simulate(load_model(proto), everything, {"x": np.ones((2, 4), np.float32)})
    assert caught.value.code == "nan-in-float-run"


def test_minus_infinity_as_a_mask_is_left_out_of_the_figures(everything):
    mask = np.array([True, True, False, True])
    proto = model(
        [node("Where", "mask x low", "w", "where"), node("Softmax", "w", "y", "softmax")],
        inputs={"x": ["N", 4]},
        constants={"mask": mask, "low": np.float32(-np.inf)},
    )
    config = document(op_type={"Where": {"is_output_quantized": "False"}})
    values = floats(3, 4)
    report = simulate(load_model(proto), config, {"x": values})
    where, softmax = report.rows
    assert where.powers["cumulative"].signal == pytest.approx((values[:, mask] ** 2).sum())
    assert softmax.powers["cumulative"].sqnr_db > 30


def test_tied_tensors_share_one_encoding(everything):
    proto = model(
        [
            node("Tanh", "x", "r", "tanh"),
            node("Sigmoid", "z", "s", "sigmoid"),
            node("Concat", "r s", "y", "concat", axis=1),
        ],
        inputs={"x": ["N", 4], "z": ["N", 4]},
    )
    data = {"x": floats(5, 4) * 9, "z": floats(5, 4, seed=1)}
    report = simulate(load_model(proto), everything, data)
    assert report.encodings["r"] == report.encodings["s"] == report.encodings["y"]
    assert report.encodings["y"][0]["min"] == pytest.approx(np.tanh(data["x"]).min(), rel=1e-2)


def test_a_fixed_range_is_kept_whatever_the_data(residual, images):
    limits = {"Relu": {"encoding_constraints": {"min": 0.0, "max": 6.0}}}
    report = simulate(residual, document(op_type=limits), images)
    assert report.encodings["r2"][0]["min"] == 0.0
    assert report.encodings["r2"][0]["max"] == pytest.approx(6.0)


def test_a_branch_of_an_if_reads_past_the_quantizer():
    from onnx import TensorProto
    from support.small_models import body, value

    def branch(op_type):
        return body([node(op_type, "r", "b")], outputs=[value("b", None, TensorProto.FLOAT)])

    proto = model(
        [
            node("Sigmoid", "x", "r", "sigmoid"),
            node("If", "flag", "i", "if", then_branch=branch("Neg"), else_branch=branch("Abs")),
            node("Add", "r i", "y", "add"),
        ],
        inputs={"x": ["N", 4]},
        constants={"flag": np.array(True)},
    )
    config = document(op_type={"If": {"is_output_quantized": "False"}})
    loaded = load_model(proto)
    seen = run(loaded, {"x": floats(6, 4)}, config=config, act_bits=4, tensors=["x", "r", "i"])
    raw = 1 / (1 + np.exp(-seen["x"]))
    np.testing.assert_allclose(seen["i"], -raw, atol=1e-6)
    assert np.abs(seen["r"] - raw).max() > 1e-3


def test_a_report_travels_between_processes(residual, images, everything):
    report = simulate(residual, everything, images, measure=ALL)
    copy = pickle.loads(pickle.dumps(report))
    assert copy.to_dict() == report.to_dict()


def test_random_data_are_called_so(residual, everything):
    report = simulate(residual, everything, "random:3", samples=4)
    assert report.to_dict()["data"] == "random data (seed 3)"
    assert report.samples == 4
