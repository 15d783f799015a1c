from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quantsim_viz.sim.encodings import FLOAT16, Grid, encode_range, make_encoding
from quantsim_viz.sim.powers import (
    clipping_power,
    noise_power,
    probe,
    quantize_measured,
    signal_power,
)
from quantsim_viz.sim.quantize import CHUNK, Quantizer, quantize


def normal(*shape, seed=0, scale=1.0):
    values = np.random.default_rng(seed).normal(size=shape) * scale
    return torch.from_numpy(values.astype(np.float32))


def grid_of(low, high, bits=8, **options):
    return encode_range(np.array([low]), np.array([high]), Grid(bits, **options))


def scratch():
    return torch.empty(CHUNK)


def powers(exact, other):
    a, b = exact.double().numpy(), other.double().numpy()
    return (a**2).sum(), ((a - b) ** 2).sum()


@given(st.integers(0, 50), st.sampled_from([4, 8, 16]), st.booleans())
def test_quantizing_twice_changes_nothing_more(seed, bits, symmetric):
    encoding = grid_of(-2.0, 3.0, bits, symmetric=symmetric)
    once = quantize(normal(64, seed=seed), encoding)
    assert torch.equal(quantize(once, encoding), once)


def test_values_come_to_lie_on_the_grid_next_to_them():
    encoding = grid_of(-2.0, 2.0)
    values = normal(1000).clamp(-1.9, 1.9)
    error = (quantize(values, encoding) - values).abs().max().item()
    assert 0.4 * encoding.scale[0] < error <= 0.5001 * encoding.scale[0]


def test_halves_are_rounded_up():
    encoding = grid_of(0.0, 255.0)
    assert quantize(torch.tensor([0.5, 1.5, 2.5]), encoding).tolist() == [1.0, 2.0, 3.0]


def test_the_value_just_below_a_half_is_rounded_down():
    encoding = grid_of(0.0, 255.0)
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert quantize(torch.tensor([below]), encoding).tolist() == [0.0]


@pytest.mark.parametrize("offset", [0, -1, -7, -128, -200, -255, -32768, -65535])
def test_rounding_is_that_of_subtracting_the_offset_first(offset):
    bits = 8 if offset >= -255 else 16
    steps = 2**bits - 1
    codes = np.random.default_rng(0).integers(0, steps, 20000)
    values = (codes + 0.5 + offset).astype(np.float32)
    near = [values]
    for direction in (-np.inf, np.inf):
        for _ in range(4):
            near.append(np.nextafter(near[-1], np.float32(direction)))
        near.append(values)
    given = np.concatenate(near).clip(offset, offset + steps)
    encoding = make_encoding(np.array([1.0]), np.array([float(offset)]), Grid(bits))
    code = np.floor((given - np.float32(offset)).astype(np.float64) + 0.5)
    wanted = (code + offset).astype(np.float32)
    np.testing.assert_array_equal(quantize(torch.from_numpy(given), encoding).numpy(), wanted)


def test_what_is_no_number_becomes_the_lowest_value():
    encoding = grid_of(-1.0, 1.0)
    made = quantize(torch.tensor([float("nan"), 0.0]), encoding)
    assert made[0].item() == pytest.approx(encoding.minimum[0])


def test_float16_is_a_cast_there_and_back():
    values = torch.tensor([1.0001, 70000.0])
    assert torch.equal(quantize(values, FLOAT16), values.half().float())


def test_channels_are_quantized_as_if_each_were_alone():
    values = normal(3, 4, 5)
    low, high = np.array([-1.0, -2.0, -0.5, -3.0]), np.array([1.0, 0.5, 2.0, 3.0])
    whole = quantize(values, encode_range(low, high, Grid(8), axis=1))
    for channel in range(4):
        alone = grid_of(low[channel], high[channel])
        assert torch.equal(whole[:, channel], quantize(values[:, channel], alone))


def test_other_types_are_quantized_in_single_precision_and_stay_what_they_are():
    encoding = grid_of(-3.0, 3.0)
    values = normal(20)
    assert torch.equal(quantize(values.double(), encoding), quantize(values, encoding).double())


@pytest.mark.parametrize("length", [1, 1000, CHUNK, 3 * CHUNK + 17])
def test_powers_equal_double_precision_sums(length):
    exact = normal(length)
    other = exact + normal(length, seed=1, scale=1e-3)
    signal, noise = powers(exact, other)
    assert signal_power(exact) == pytest.approx(signal, rel=1e-5)
    assert noise_power(exact, other, scratch()) == pytest.approx(noise, rel=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_powers_beyond_single_precision_are_not_lost(scale):
    exact = normal(100, scale=scale)
    other = exact * 1.01
    signal, noise = powers(exact, other)
    assert signal_power(exact) == pytest.approx(signal, rel=1e-6)
    assert noise_power(exact, other, scratch()) == pytest.approx(noise, rel=1e-6)


def test_elements_that_are_infinite_in_the_float_run_are_left_out():
    exact = torch.tensor([1.0, -float("inf"), 2.0])
    other = torch.tensor([1.5, -10.0, 2.0])
    assert signal_power(exact) == 5.0
    assert noise_power(exact, other, scratch()) == 0.25


@pytest.mark.parametrize("in_place", [True, False])
def test_measuring_while_quantizing_gives_the_same_values_and_powers(in_place):
    values, exact = normal(2 * CHUNK + 5), normal(2 * CHUNK + 5, seed=1)
    encoding = grid_of(-2.0, 2.5)
    wanted = quantize(values, encoding)
    target = values if in_place else torch.empty_like(values)
    noise, signal, _ = quantize_measured(values, target, exact, Quantizer(encoding), scratch())
    assert torch.equal(target, wanted)
    assert noise == pytest.approx(powers(exact, wanted)[1], rel=1e-5)
    assert signal == pytest.approx(powers(exact, wanted)[0], rel=1e-5)


def test_measuring_while_quantizing_mends_what_is_no_number():
    values = torch.tensor([float("nan"), 0.5])
    encoding = grid_of(-1.0, 1.0)
    noise, *_ = quantize_measured(
        values, values, torch.tensor([0.0, 0.5]), Quantizer(encoding), scratch()
    )
    assert torch.equal(values, quantize(torch.tensor([float("nan"), 0.5]), encoding))
    assert noise == pytest.approx(1.0, abs=0.02)


def test_a_probe_leaves_the_values_alone_and_measures_the_same():
    values, exact = normal(CHUNK + 9), normal(CHUNK + 9, seed=1)
    before, encoding = values.clone(), grid_of(-1.0, 1.5)
    quantizer = Quantizer(encoding)
    (noise, signal, _), clipping = probe(values, exact, quantizer, (scratch(), scratch()))
    wanted = quantize(values, encoding)
    assert torch.equal(values, before)
    assert noise == pytest.approx(powers(exact, wanted)[1], rel=1e-5)
    assert signal == pytest.approx(powers(exact, wanted)[0], rel=1e-5)
    assert clipping == pytest.approx(clipping_power(values, quantizer, scratch()), rel=1e-5)


def test_clipping_is_the_part_of_the_noise_from_outside_the_range():
    encoding = grid_of(-1.0, 1.0)
    values = torch.tensor([0.1003, 3.0, -2.0])
    clipped, total = clipping_power(values, Quantizer(encoding), scratch())
    errors = (values - quantize(values, encoding)).double() ** 2
    assert clipped == pytest.approx(errors[1:].sum().item(), rel=1e-5)
    assert total == pytest.approx(errors.sum().item(), rel=1e-5)


def test_equal_values_are_summed_up_as_exactly_as_others():
    values = torch.full((1,), 0.0117).expand(2 * CHUNK + 5)
    wide = values.double().square().sum().item()
    assert signal_power(values) == pytest.approx(wide, rel=1e-6)
