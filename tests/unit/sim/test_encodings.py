from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantsim_viz.resolve.settings import Kind, QuantizerSetting
from quantsim_viz.sim.encodings import Grid, constrain, encode_range, round_half_away

RANGES = st.floats(-1e6, 1e6, allow_nan=False, width=32)


def one(low, high, grid):
    return encode_range(np.array([low]), np.array([high]), grid)


def test_an_asymmetric_range_is_moved_so_that_zero_is_a_code():
    encoding = one(-1.0, 2.0, Grid(8))
    assert encoding.offset == (-85.0,)
    assert encoding.scale[0] == pytest.approx(3 / 255)
    assert encoding.minimum[0] == pytest.approx(-85 * 3 / 255)


def test_a_symmetric_range_uses_all_codes_of_the_negative_side():
    assert one(-1.0, 0.5, Grid(8, symmetric=True)).scale == (1 / 128,)
    assert one(-0.5, 1.0, Grid(8, symmetric=True)).scale == (1 / 127,)


def test_a_strict_grid_leaves_out_the_lowest_code():
    encoding = one(-1.0, 1.0, Grid(8, symmetric=True, strict=True))
    assert (encoding.offset, encoding.scale) == ((-127.0,), (1 / 127,))


def test_an_unsigned_grid_serves_data_without_negatives_alone():
    grid = Grid(8, symmetric=True, unsigned=True)
    assert one(0.0, 1.0, grid).offset == (0.0,)
    assert one(-0.1, 1.0, grid).offset == (-128.0,)


def test_all_zero_data_give_the_smallest_scale():
    assert one(0.0, 0.0, Grid(8)).scale == (float(np.finfo(np.float32).eps),)


@given(RANGES, RANGES, st.sampled_from([4, 8, 16, 32]), st.booleans())
def test_the_range_is_covered_up_to_one_step_and_zero_is_a_code(a, b, bits, symmetric):
    low, high = min(a, b), max(a, b)
    encoding = one(low, high, Grid(bits, symmetric=symmetric))
    step = encoding.scale[0]
    assert encoding.minimum[0] <= min(low, 0.0) + step
    assert encoding.maximum[0] >= max(high, 0.0) - step
    assert -(2**bits) < encoding.offset[0] <= 0


def test_a_fixed_range_replaces_what_was_observed():
    encoding = constrain(one(-5.0, 5.0, Grid(8)), (0.0, 6.0), Grid(8))
    assert encoding.minimum == (0.0,)
    assert encoding.maximum[0] == pytest.approx(6.0)


def test_a_fixed_range_without_maximum_keeps_the_observed_one():
    encoding = constrain(one(-5.0, 5.0, Grid(8)), (0.0, None), Grid(8))
    assert encoding.minimum == (0.0,)
    assert encoding.maximum[0] == pytest.approx(5.0, abs=0.03)


def test_a_fixed_range_is_at_least_a_hundredth_wide():
    encoding = constrain(one(-5.0, 5.0, Grid(8)), (0.0, 0.0), Grid(8))
    assert encoding.maximum[0] == pytest.approx(0.01)


def test_halves_are_rounded_away_from_zero():
    np.testing.assert_array_equal(round_half_away(np.array([-1.5, 0.5, 2.5, 0.49])), [-2, 1, 3, 0])


def test_a_grid_is_read_off_the_settings():
    setting = QuantizerSetting(Kind.PARAM, True, 4, symmetric=True, strict_symmetric=True)
    assert Grid.of(setting) == Grid(4, symmetric=True, strict=True)
    assert Grid.of(setting).steps == 14


def test_an_encoding_is_written_one_object_a_channel():
    encoding = encode_range(np.array([-1.0, 0.0]), np.array([1.0, 2.0]), Grid(8), axis=0)
    first, second = encoding.to_dicts()
    assert set(first) == {"min", "max", "scale", "offset", "bitwidth", "symmetric"}
    assert second["min"] == 0.0
    assert isinstance(second["offset"], int)
