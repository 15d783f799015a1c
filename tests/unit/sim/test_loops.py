"""Compiled loops and torch must agree: the values to the bit, the sums to torch's own rounding."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quantsim_viz.sim import loops, powers
from quantsim_viz.sim import quantize as quantizing
from quantsim_viz.sim.encodings import FLOAT16, Grid, encode_range
from quantsim_viz.sim.loops import Loop, compiled, fits
from quantsim_viz.sim.quantize import CHUNK, Quantizer, quantize
from quantsim_viz.sim.quantizer_noise import Split

pytestmark = pytest.mark.skipif(find_spec("llvmlite") is None, reason="llvmlite is not installed")

LENGTHS = [0, 1, 15, 16, 17, 1000, CHUNK + 33]


def normal(*shape, seed=0, scale=1.0):
    values = np.random.default_rng(seed).normal(size=shape) * scale
    return torch.from_numpy(values.astype(np.float32))


def grid_of(low, high, bits=8, **options):
    return encode_range(np.array([low]), np.array([high]), Grid(bits, **options))


def scratch():
    return torch.empty(CHUNK), torch.empty(CHUNK)


@pytest.fixture
def by_torch(monkeypatch):
    """Call a function with the compiled loops out of reach."""

    def call(function, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(powers, "compiled", lambda loop: None)
            patch.setattr(quantizing, "compiled", lambda loop: None)
            return function(*arguments)

    return call


def test_every_loop_is_compiled_where_llvm_is_installed():
    assert all(compiled(loop) is not None for loop in Loop)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("bits", [4, 8, 16, 32])
def test_quantized_values_are_the_same_to_the_bit(length, bits, by_torch):
    encoding = grid_of(-1.7, 2.3, bits)
    values = normal(length)
    assert torch.equal(quantize(values, encoding), by_torch(quantize, values, encoding))


@given(
    values=st.lists(st.floats(width=32), max_size=40),
    ends=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
    bits=st.sampled_from([4, 8, 16, 32]),
    symmetric=st.booleans(),
)
def test_any_number_at_all_is_quantized_as_torch_does(values, ends, bits, symmetric):
    encoding = grid_of(min(ends), max(ends), bits, symmetric=symmetric)
    given_values = torch.tensor(values, dtype=torch.float32)
    found = quantize(given_values, encoding)
    wanted = given_values.clone()
    quantizing._quantize_(wanted, Quantizer(encoding))
    np.testing.assert_array_equal(found.numpy(), wanted.numpy())


@pytest.mark.parametrize("length", LENGTHS)
def test_sums_are_those_of_double_precision(length, by_torch):
    source, exact = normal(length), normal(length, seed=1)
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    target, other = torch.empty(length), torch.empty(length)
    found = powers.quantize_measured(source, target, exact, quantizer, scratch()[0])[:2]
    wanted = by_torch(powers.quantize_measured, source, other, exact, quantizer, scratch()[0])[:2]
    assert torch.equal(target, other)
    assert found == pytest.approx(wanted, rel=1e-4)
    wide = (exact.double() - target.double()).square().sum().item()
    assert found == pytest.approx((wide, exact.double().square().sum().item()), rel=1e-6)
    assert powers.noise_and_signal(exact, target, scratch()[0])[:2] == pytest.approx(
        found, rel=1e-12
    )
    assert powers.signal_power(exact) == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_probe_finds_what_torch_finds(length, by_torch):
    source, exact = normal(length), normal(length, seed=1)
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    arguments = (powers.probe, source, exact, quantizer, scratch())
    found, parts = powers.probe(*arguments[1:])
    wanted = by_torch(*arguments)
    assert found[:2] == pytest.approx(wanted[0][:2], rel=1e-4)
    assert parts == pytest.approx(wanted[1], rel=1e-4)
    alone = powers.clipping_power(source, quantizer, scratch()[0])
    assert alone == pytest.approx(parts, rel=1e-12)


def test_rounding_is_measured_by_itself_beside_clipping_far_larger():
    values = torch.cat([normal(500, scale=1e-3), normal(500, seed=1, scale=2.0).abs() + 1.0])
    encoding = grid_of(-0.002, 0.0021)
    parts = Split(1, encoding).measure([values])
    inside = values.double().clamp(encoding.minimum[0], encoding.maximum[0])
    wide = values.double(), inside, quantize(values, encoding).double()
    assert parts.clipping == pytest.approx((wide[0] - wide[1]).square().sum().item(), rel=1e-6)
    assert parts.rounding == pytest.approx((wide[1] - wide[2]).square().sum().item(), rel=1e-4)


def test_no_number_beside_an_infinity_becomes_the_lowest_value(by_torch):
    source, exact = torch.tensor([0.3, float("nan")]), torch.tensor([0.3, float("inf")])
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    target, other = torch.empty(2), torch.empty(2)
    powers.quantize_measured(source, target, exact, quantizer, scratch()[0])
    by_torch(powers.quantize_measured, source, other, exact, quantizer, scratch()[0])
    assert torch.equal(target, other)
    assert target[1].item() == pytest.approx(-1.0, abs=0.01)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("where", ["source", "exact", "both"])
def test_what_is_not_finite_is_treated_as_torch_treats_it(odd, where, by_torch):
    source, exact = normal(100), normal(100, seed=1)
    if where != "exact":
        source[37] = odd
    if where != "source":
        exact[37] = odd
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    target, other = torch.empty(100), torch.empty(100)
    found = powers.quantize_measured(source, target, exact, quantizer, scratch()[0])[:2]
    wanted = by_torch(powers.quantize_measured, source, other, exact, quantizer, scratch()[0])[:2]
    assert torch.equal(target, other)
    assert found == pytest.approx(wanted, rel=1e-5, nan_ok=True)
    found, parts = powers.probe(source, exact, quantizer, scratch())
    wanted = by_torch(powers.probe, source, exact, quantizer, scratch())
    assert found[:2] == pytest.approx(wanted[0][:2], rel=1e-4, nan_ok=True)
    assert parts == pytest.approx(wanted[1], rel=1e-4, nan_ok=True)
    assert where == "source" or not found.is_finite


def test_finite_numbers_are_known_to_be_finite():
    exact = normal(100)
    assert powers.signal_alone(exact).is_finite
    assert powers.noise_and_signal(exact, exact, scratch()[0]).is_finite
    exact[3] = float("inf")
    assert not powers.signal_alone(exact).is_finite
    assert not powers.noise_and_signal(exact, exact, scratch()[0]).is_finite


def test_images_are_walked_over_in_the_order_of_memory(by_torch):
    source = normal(2, 5, 7, 3).to(memory_format=torch.channels_last)
    exact = normal(2, 5, 7, 3, seed=1).to(memory_format=torch.channels_last)
    assert fits(source, exact)
    assert not fits(source, exact.contiguous())
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    results = []
    for reference in (exact, exact.contiguous()):
        target = torch.empty_like(source)
        measured = powers.quantize_measured(source, target, reference, quantizer, scratch()[0])
        results.append(measured[:2])
        assert torch.equal(target, by_torch(quantize, source, quantizer.encoding))
    assert results[0] == pytest.approx(results[1], rel=1e-5)


@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(4, dtype=torch.float64), torch.zeros(4, 4)[:, 1], torch.zeros(1).expand(5)],
    ids=["double precision", "a column", "one element, repeated"],
)
def test_loops_keep_off_what_they_cannot_walk_over(tensor):
    assert not fits(tensor)


def test_a_cast_to_float16_is_left_to_torch():
    values = normal(40)
    assert Quantizer(FLOAT16).grid is None
    assert torch.equal(quantize(values, FLOAT16), values.half().float())


@pytest.mark.parametrize("count", [loops.SPREAD, loops.SPREAD + 1001])
def test_several_threads_give_the_same_values_and_sums(count, monkeypatch):
    source, exact = normal(count), normal(count, seed=1)
    quantizer = Quantizer(grid_of(-1.0, 1.5))
    target, other = torch.empty(count), torch.empty(count)
    alone = powers.quantize_measured(source, target, exact, quantizer, scratch()[0])[:2]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    shared = powers.quantize_measured(source, other, exact, quantizer, scratch()[0])[:2]
    assert torch.equal(target, other)
    assert shared == pytest.approx(alone, rel=1e-12)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python 3.12: forking beside threads
def test_a_forked_process_takes_threads_of_its_own():
    assert list(loops._pool(2).map(abs, [-1])) == [1]
    child = os.fork()
    if not child:
        os._exit(loops._pool.cache_info().currsize)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert loops._pool.cache_info().currsize


def test_without_llvm_torch_does_the_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    assert loops._machine.__wrapped__() is None
