import numpy as np
import pytest
import torch
from onnx import TensorProto, numpy_helper

from quantsim_viz.export.integers import constant_codes, integer_grid
from quantsim_viz.sim.encodings import Grid, encode_range, make_encoding
from quantsim_viz.sim.quantize import quantize

GRIDS = {
    "asymmetric": {},
    "symmetric": {"symmetric": True},
    "strict": {"symmetric": True, "strict": True},
    "unsigned": {"symmetric": True, "unsigned": True},
    "unsigned strict": {"symmetric": True, "strict": True, "unsigned": True},
}


def encoded(values, bits, axis=None, **grid):
    channels = values.reshape(1, -1) if axis is None else np.moveaxis(values, axis, 0)
    rows = channels.reshape(channels.shape[0], -1).astype(float)
    return encode_range(rows.min(axis=1), rows.max(axis=1), Grid(bits, **grid), axis)


def dequantized(grid, codes):
    """What DequantizeLinear makes of codes, in single precision as the standard says."""
    shape = [1] * codes.ndim
    if grid.axis is not None:
        shape[grid.axis] = -1
    steps = (codes - grid.zero_point.reshape(shape if grid.axis is not None else ())).astype("f4")
    return steps * grid.scale.reshape(shape if grid.axis is not None else ())


@pytest.mark.parametrize("bits", [4, 8, 16, 32])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("kind", GRIDS)
def test_dequantizing_the_codes_of_a_constant_gives_the_simulations_values_to_the_bit(
    bits, axis, kind
):
    values = np.random.default_rng(bits).normal(size=(3, 5)).astype(np.float32)
    if "unsigned" in kind:
        values[:, :2] = np.abs(values[:, :2])
    encoding = encoded(values, bits, axis, **GRIDS[kind])
    coded = constant_codes(values, encoding)
    if isinstance(coded, str):  # 32 bits hold no zero point, which these grids need
        assert bits == 32
        assert kind in ("asymmetric", "unsigned", "unsigned strict")
        return
    grid, codes = coded
    expected = quantize(torch.from_numpy(values), encoding).numpy()
    np.testing.assert_array_equal(dequantized(grid, codes), expected)


@pytest.mark.parametrize("bits", [4, 8, 16])
@pytest.mark.parametrize("kind", GRIDS)
def test_codes_survive_the_tensor_that_stores_them(bits, kind):
    values = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    grid, codes = constant_codes(values, encoded(values, bits, 0, **GRIDS[kind]))
    for signedness in (grid.codes_tensor("c", codes), grid.zero_point_tensor("z")):
        stored = numpy_helper.to_array(signedness).astype(np.int64)
        expected = codes if signedness.name == "c" else grid.zero_point
        np.testing.assert_array_equal(stored, expected)
        assert ("UINT" in TensorProto.DataType.Name(signedness.data_type)) != grid.signed


def test_a_symmetric_grid_is_signed_around_zero():
    grid = integer_grid(encode_range(np.array([-1.0]), np.array([1.0]), Grid(8, symmetric=True)))
    assert (grid.data_type, grid.zero_point.tolist()) == (TensorProto.INT8, [0])
    assert grid.limits is None


def test_an_asymmetric_grid_is_unsigned_with_aimets_offset_for_a_zero_point():
    encoding = encode_range(np.array([-1.0]), np.array([3.0]), Grid(8))
    grid = integer_grid(encoding)
    assert grid.data_type == TensorProto.UINT8
    assert grid.zero_point.tolist() == [-encoding.offset[0]] == [64]


def test_channels_with_and_without_negatives_share_an_unsigned_type():
    low, high = np.array([0.0, -1.0]), np.array([1.0, 1.0])
    grid = integer_grid(encode_range(low, high, Grid(8, symmetric=True, unsigned=True), axis=0))
    assert (grid.data_type, grid.zero_point.tolist()) == (TensorProto.UINT8, [0, 128])


@pytest.mark.parametrize(("low", "limits"), [(-1.0, (-1.0, 1.0)), (0.0, (0.0, 1.0))])
def test_a_strict_grid_limits_values_to_its_own_ends(low, limits):
    settings = Grid(8, symmetric=True, strict=True, unsigned=True)
    grid = integer_grid(encode_range(np.array([low]), np.array([1.0]), settings))
    np.testing.assert_allclose(grid.limits, limits, rtol=1e-6)


@pytest.mark.parametrize(
    ("scale", "offset"), [(0.0, -3), (float("nan"), -3), (1.0, 5), (1.0, -999)]
)
def test_a_grid_that_fits_no_type_is_explained(scale, offset):
    encoding = make_encoding(np.array([scale]), np.array([float(offset)]), Grid(8))
    assert isinstance(integer_grid(encoding), str)


@pytest.mark.parametrize(
    ("bits", "axis", "opset"), [(8, None, 10), (8, 0, 13), (4, None, 21), (16, 0, 21)]
)
def test_types_and_axes_say_from_which_operator_set_they_are(bits, axis, opset):
    assert integer_grid(encoded(np.ones((2, 2)), bits, axis)).opset == opset
