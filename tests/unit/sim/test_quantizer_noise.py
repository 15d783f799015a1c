from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from support import naive_simulation as naive

from quantsim_viz import load_config, resolve, run, simulate
from quantsim_viz.sim import Engine
from quantsim_viz.sim.encodings import FLOAT16, Encoding
from quantsim_viz.sim.quantizer_noise import Split

from .conftest import document


def naive_parts(values, encoding, axis):
    """Rounding and clipping in double precision: noise of the elements inside, and outside."""
    values = values.astype(np.float32)
    noise = (values.astype(np.float64) - naive.quantize(values, encoding, axis)) ** 2
    shape = [1] * values.ndim
    if axis is not None:
        shape[axis] = -1
    low, high = (
        np.array([channel[end] for channel in encoding], np.float32).reshape(shape)
        for end in ("min", "max")
    )
    outside = (values < low) | (values > high)
    inner = ((np.clip(values, low, high) - values.astype(np.float64)) ** 2)[outside].sum()
    return noise[~outside].sum(), inner, int(outside.sum())


@pytest.mark.parametrize("scheme", ["min_max", "tf_enhanced"])
@pytest.mark.parametrize("per_channel", ["True", "False"])
def test_the_parts_of_every_quantizer_are_those_of_numpy(residual, images, per_channel, scheme):
    defaults = {**document()["defaults"], "per_channel_quantization": per_channel}
    config = load_config(document(defaults=defaults))
    options = {"param_bits": 4, "act_bits": 4, "scheme": scheme}
    report = simulate(residual, config, images, measure=("quantizers",), batch_size=4, **options)
    cascade = resolve(residual, config, param_bits=4, act_bits=4)
    exact = run(residual, images, tensors=[n for n in report.encodings if n != "y"])
    assert set(report.quantizers) == set(report.encodings) >= {"x", "c1", "w1", "gain", "y"}
    for name, noise in report.quantizers.items():
        setting = cascade.quantizers[name]
        assert noise.kind == setting.kind.value
        axis = setting.channel_axis if per_channel == "True" else None
        rounding, clipping, outside = naive_parts(exact[name], report.encodings[name], axis)
        signal = float((exact[name].astype(np.float64) ** 2).sum())
        assert noise.signal == pytest.approx(signal, rel=1e-5)
        assert noise.rounding == pytest.approx(rounding, rel=1e-2, abs=1e-9 * signal)
        assert noise.clipping == pytest.approx(clipping, rel=1e-3, abs=1e-9 * signal)
        assert noise.outside == pytest.approx(outside, abs=3)
        assert noise.elements == exact[name].size
    assert any(noise.clipping for noise in report.quantizers.values())


def test_no_other_quantizer_changes_the_parts(residual, images, everything):
    both = simulate(residual, everything, images, measure=("quantizers",))
    config = document(op_type={"Relu": {"is_output_quantized": "False"}})
    fewer = simulate(residual, config, images, measure=("quantizers",))
    assert "r2" in both.quantizers
    assert "r2" not in fewer.quantizers
    assert fewer.quantizers["w2"] == both.quantizers["w2"]
    assert fewer.quantizers["x"] == both.quantizers["x"]


def test_measuring_quantizers_changes_no_other_figure(residual, images, everything):
    plain = simulate(residual, everything, images, measure=("isolated",))
    more = simulate(residual, everything, images, measure=("isolated", "quantizers", "channels"))
    assert [row.to_dict() for row in more.rows] == [row.to_dict() for row in plain.rows]
    assert plain.quantizers == {}
    assert "quantizers" not in plain.to_dict()


def test_a_layer_without_weights_has_the_noise_of_its_quantizer_isolated(
    residual, images, everything
):
    report = simulate(
        residual, everything, images, measure=("isolated", "quantizers"), scheme="tf_enhanced"
    )
    row = next(row for row in report.rows if row.tensor == "a1")
    own = report.quantizers["a1"]
    assert own.noise == pytest.approx(row.powers["isolated"].noise, rel=1e-5)
    assert own.to_dict()["clipping_share"] == pytest.approx(row.clipping_share, rel=1e-4, abs=1e-9)


GRID = Encoding((0.5,), (-2.0,), (-1.0,), (0.5,), 2, False)


def test_what_lies_outside_is_clipping_and_the_rest_is_rounding():
    values = torch.tensor([0.2, -3.0, 0.5, 4.5, -0.9])
    parts = Split(1, GRID).measure([values])
    assert parts.rounding == pytest.approx(0.2**2 + 0.1**2)
    assert parts.clipping == pytest.approx(2.0**2 + 4.0**2)
    assert (parts.outside, parts.elements) == (2, 5)


def test_infinite_elements_are_left_out():
    values = torch.tensor([0.2, -math.inf, math.inf])
    parts = Split(1, GRID).measure([values])
    assert (parts.clipping, parts.outside) == (0.0, 0)
    assert parts.rounding == pytest.approx(0.2**2)


def test_rounding_stays_exact_beside_clipping_a_billion_times_larger():
    values = torch.full((1000,), 0.2)
    values[0] = 1e6
    parts = Split(1, GRID).measure([values])
    assert parts.rounding == pytest.approx(999 * 0.2**2, rel=1e-5)


def test_float16_rounds_and_overflows():
    parts = Split(1, FLOAT16).measure([torch.tensor([1.0001, 1e6])])
    assert parts.rounding == pytest.approx(1e-8, rel=1e-2)
    assert (parts.clipping, parts.outside) == (math.inf, 1)
    assert Split(1, FLOAT16).measure([torch.tensor([1.0])]).clipping == 0.0


def test_an_empty_value_has_no_noise():
    assert Split(1, GRID).measure([torch.zeros(0, 3)]) == (0.0, 0.0, 0.0, 0, 0)


def test_gains_are_what_the_noise_falls_by(residual, images, everything):
    report = simulate(
        residual, everything, images, measure=("quantizers",), act_bits=4, scheme="tf_enhanced"
    )
    noise = report.quantizers["c1"]
    before = 10 * math.log10(noise.signal / noise.noise)
    assert noise.sqnr_db == pytest.approx(before)
    assert noise.sqnr_db + noise.wider_db == pytest.approx(
        10 * math.log10(noise.signal / noise.rounding)
    )
    finer = noise.rounding / 4 + noise.clipping
    assert noise.sqnr_db + noise.finer_db == pytest.approx(10 * math.log10(noise.signal / finer))


def test_the_table_holds_whole_numbers_where_numbers_are_whole(residual, images, everything):
    report = simulate(residual, everything, images, measure=("quantizers",))
    table = report.quantizer_table
    assert list(table["tensor"]) == list(report.quantizers)
    assert str(table["encoding.offset"].dtype) == "Int64"
    assert ".0," not in table[["encoding.bitwidth", "encoding.offset"]].to_csv(index=False)


def test_an_engine_remembers_the_parts(residual, images, everything, monkeypatch):
    engine = Engine(residual, cache_bytes=1 << 24)
    first = simulate(residual, everything, images, measure=("quantizers",), engine=engine)
    monkeypatch.setattr("quantsim_viz.sim.passes.run_plan", None)
    again = simulate(residual, everything, images, measure=("quantizers",), engine=engine)
    assert again.quantizers == first.quantizers
