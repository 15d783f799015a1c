"""What must hold of the engine's figures, whatever the network, the configuration and the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.naive_simulation import powers
from support.random_networks import Case, cases, configurations
from support.random_pairs import random_config, random_model

from quantsim_viz import compare, load_config, load_model, resolve, run, simulate
from quantsim_viz.errors import QuantSimError
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.sim import Engine
from quantsim_viz.sim.encodings import FLOAT16, Encoding, Grid, encode_range
from quantsim_viz.sim.quantize import quantize

if TYPE_CHECKING:
    from quantsim_viz.report import Report

LAYERS = ("cumulative", "isolated", "sensitivity")
EVERYTHING = (*LAYERS, "quantizers", "channels")
REFUSALS = {"nan-in-float-run", "infinity-in-float-run"}
SCHEMES = st.sampled_from(["min_max", "tf_enhanced", "percentile", "mse"])

checked = settings(max_examples=25, deadline=None, derandomize=True)


def simulated(case: Case, **options: Any) -> Report:
    config = options.pop("config", case.config)
    return simulate(case.model, config, case.data, **case.bits, **options)


def figures(report: Report) -> dict[str, Any]:
    """Everything that was measured, without how long it took."""
    document = report.to_dict()
    del document["seconds"]
    return document


def assert_power(power: Any, exact: np.ndarray, other: np.ndarray) -> None:
    signal, noise = powers(exact, other)
    assert power.signal == pytest.approx(signal, rel=1e-5, abs=1e-30)
    if not np.isfinite(noise):  # quantization itself may lead to NaN, by a division through zero
        assert power.noise is None
        return
    assert power.noise == pytest.approx(noise, rel=1e-4, abs=1e-12 * signal)


def assert_figures_are_numpys(
    model: Any, config: Any, data: Any, options: dict[str, Any], batch_size: int
) -> None:
    report = simulate(model, config, data, batch_size=batch_size, **options)
    names = sorted({row.tensor for row in report.rows} | set(report.params))
    exact = run(model, data, tensors=names, batch_size=batch_size)
    other = run(model, data, config=config, tensors=names, batch_size=batch_size, **options)
    for row in report.rows:
        if exact[row.tensor].shape == other[row.tensor].shape:
            assert_power(row.powers["cumulative"], exact[row.tensor], other[row.tensor])
    for name, power in report.params.items():
        assert_power(power, exact[name], other[name])
    for name, power in report.output_powers.items():
        assert_power(power["cumulative"], exact[name], other[name])


@checked
@given(cases(), SCHEMES, st.integers(1, 8))
def test_sqnr_is_what_numpy_makes_of_the_arrays_that_run_returns(case, scheme, batch_size):
    assert_figures_are_numpys(
        case.model, case.config, case.data, {"scheme": scheme, **case.bits}, batch_size
    )


@checked
@given(st.integers(0, 400), st.integers(0, 10**6))
def test_sqnr_is_numpys_on_the_parity_runner_s_graphs_too(seed, other):
    model = load_model(random_model(seed))
    cascade = resolve(model, load_config(random_config(other, random_model(seed))))
    assume(cascade.error is None)
    refused = ""
    try:
        assert_figures_are_numpys(model, cascade, "random:1", {}, 32)
    except QuantSimError as error:
        refused = error.code
    assert refused in ("", *REFUSALS)  # the graph itself makes NaN of such data
    assume(not refused)


@checked
@given(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=60),
    st.sampled_from([4, 8, 16, 32]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 3),
)
def test_quantizing_twice_is_quantizing_once(values, bits, symmetric, strict, channels):
    tensor = torch.tensor(values).repeat(channels, 1)
    rows = (tensor * torch.arange(1, channels + 1)[:, None]).float()
    array = rows.double().numpy()
    grid = Grid(bits, symmetric, strict)
    axis = 0 if channels > 1 else None
    bounds = (
        (array.min(1), array.max(1))
        if axis == 0
        else (array.min(keepdims=True)[0], array.max(keepdims=True)[0])
    )
    encoding = encode_range(*bounds, grid, axis)
    once = quantize(rows, encoding)
    np.testing.assert_array_equal(quantize(once, encoding).numpy(), once.numpy())
    half = quantize(rows, FLOAT16)
    np.testing.assert_array_equal(quantize(half, FLOAT16).numpy(), half.numpy())


def switched_off(config: dict[str, Any]) -> dict[str, Any]:
    defaults = {**config["defaults"], "ops": {}, "params": {"is_quantized": "False"}}
    return {**config, "defaults": defaults, "params": {}, "op_type": {}, "model_input": {}}


@checked
@given(cases(), SCHEMES)
def test_without_quantizers_every_noise_is_exactly_zero(case, scheme):
    config = switched_off(case.config)
    # AIMET asks a constant operand's first consumer for the model inputs' key.
    config["model_input"] = {"is_input_quantized": "False"}
    cascade = resolve(case.model, load_config(config))
    if cascade.error is not None or any(q.enabled for q in cascade.quantizers.values()):
        config["model_input"] = {}
        cascade = resolve(case.model, load_config(config))
        assume(cascade.error is None)
    assert not any(setting.enabled for setting in cascade.quantizers.values())
    report = simulated(case, config=cascade, measure=EVERYTHING, scheme=scheme)
    noises = {power.noise for row in report.rows for power in row.powers.values()}
    noises |= {power["cumulative"].noise for power in report.output_powers.values()}
    noises |= {noise for powers in report.channels.values() for noise in powers.noise}
    assert noises == {0.0}
    assert report.quantizers == {}


@checked
@given(cases())
def test_with_the_model_input_in_float_isolated_is_cumulative_at_the_first_layers(case):
    config = {**case.config, "model_input": {}}
    cascade = resolve(case.model, load_config(config), **case.bits)
    assume(cascade.error is None)
    report = simulated(case, config=cascade, measure=("isolated",))
    graph = case.model.graph
    kinds = {name: setting.kind for name, setting in cascade.quantizers.items()}
    nodes = {node.name: node for node in graph.nodes}
    found = 0
    for row in report.rows:
        inputs = [name for name in nodes[row.node].inputs if name]
        if all(name == "x" or kinds.get(name) is Kind.PARAM for name in inputs):
            assert row.powers["isolated"] == row.powers["cumulative"]
            found += 1
    assert found


@checked
@given(cases(), st.sets(st.sampled_from(EVERYTHING)), SCHEMES)
def test_what_else_is_measured_never_changes_a_figure(case, some, scheme):
    whole = figures(simulated(case, measure=EVERYTHING, scheme=scheme))
    part = figures(simulated(case, measure=tuple(sorted(some)), scheme=scheme))
    taken = {*some, "cumulative"}
    for row, other in zip(part["layers"], whole["layers"], strict=True):
        assert taken & set(LAYERS) == row.keys() & set(LAYERS)
        for measure in taken & set(LAYERS):
            assert row[measure] == other[measure]
    for section in ("params", "encodings", "outputs", *({"quantizers", "channels"} & taken)):
        assert part.get(section) == whole.get(section)


@checked
@given(cases(), st.lists(configurations(), min_size=1, max_size=3), st.booleans())
def test_an_engine_that_remembers_gives_the_figures_of_one_that_does_not(case, edits, roomy):
    engine = Engine(case.model, cache_bytes=1 << 26 if roomy else 1 << 13)
    options = {"measure": ("isolated", "quantizers"), "batch_size": 3}
    for config in (case.config, *edits, case.config):
        shared = simulated(case, config=config, engine=engine, **options)
        alone = simulated(case, config=config, engine=Engine(case.model), **options)
        assert figures(shared) == figures(alone)


@checked
@given(cases(), configurations())
def test_configurations_side_by_side_give_what_each_gives_alone(case, other):
    options: dict[str, Any] = {"measure": LAYERS, "batch_size": 4, **case.bits}
    both = compare(case.model, [case.config, other], case.data, attribution=False, **options)
    for report, config in zip(both.reports, (case.config, other), strict=True):
        assert figures(report) == figures(simulate(case.model, config, case.data, **options))


@checked
@given(cases(), st.integers(1, 8), st.integers(1, 8))
def test_the_batch_size_changes_sums_by_no_more_than_rounding(case, first, second):
    one, two = (simulated(case, measure=LAYERS, batch_size=size) for size in (first, second))
    assert one.samples == two.samples == len(case.data["x"])
    for a, b in zip(one.rows, two.rows, strict=True):
        for measure in LAYERS:
            signal = a.powers[measure].signal
            assert b.powers[measure].signal == pytest.approx(signal, rel=1e-5)
            # A value that rounding moves across the middle of a step changes by that step.
            scale = max((e[0]["scale"] for e in one.encodings.values() if e), default=0.0)
            near = 2e-2 * a.powers[measure].noise + 4 * scale**2 + 1e-9 * signal
            assert abs(b.powers[measure].noise - a.powers[measure].noise) <= near


@checked
@given(cases(), SCHEMES)
def test_a_quantizer_s_parts_add_up_to_its_noise(case, scheme):
    report = simulated(case, measure=("quantizers",), scheme=scheme)
    exact = run(case.model, case.data, tensors=[name for name in report.quantizers if name != "x"])
    exact["x"] = case.data["x"]
    cascade = resolve(case.model, load_config(case.config), **case.bits)
    for name, noise in report.quantizers.items():
        values = torch.from_numpy(np.array(exact[name]))
        axis = cascade.quantizers[name].channel_axis
        columns = {
            key: tuple(float(entry[key]) for entry in report.encodings[name])
            for key in ("scale", "offset", "min", "max")
        }
        encoding = Encoding(
            columns["scale"],
            columns["offset"],
            columns["min"],
            columns["max"],
            report.encodings[name][0]["bitwidth"],
            report.encodings[name][0]["symmetric"],
            axis,
        )
        signal, whole = powers(exact[name], quantize(values, encoding).numpy())
        assert noise.signal == pytest.approx(signal, rel=1e-5)
        assert noise.noise == pytest.approx(whole, rel=1e-3, abs=1e-9 * signal)
