"""Memory order, and weights laid out for the processor."""

from __future__ import annotations

import pytest
import torch

from quantsim_viz.model.graph import Node
from quantsim_viz.sim.operators import Layout, bind, packing
from quantsim_viz.sim.operators.layout import aligned, in_memory_order, is_dense

needs_packing = pytest.mark.skipif(
    not packing.available(), reason="this build of torch cannot pack weights"
)


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def node(op_type: str, *, inputs: int = 3, **attributes) -> Node:
    names = tuple(f"x{i}" for i in range(inputs))
    return Node(0, "n", op_type, "", names, ("y",), attributes)


def test_channels_last_images_are_contiguous_in_their_own_order():
    x = noise(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    seen = in_memory_order(x)
    assert seen.shape == (2, 4, 5, 3)
    assert seen.is_contiguous()
    assert seen.data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    ("tensor", "dense"),
    [
        (noise(3, 4), True),
        (noise(3, 4).T, True),
        (noise(3, 4)[:, ::2], False),
        (noise(3, 1).expand(3, 4), False),
        (noise(0, 4), True),
        (torch.tensor(1.0), True),
    ],
)
def test_gaps_and_overlaps_are_not_dense(tensor, dense):
    assert is_dense(tensor) is dense


@pytest.mark.parametrize("formats", [("rows", "rows"), ("last", "last"), ("rows", "last")])
def test_pairs_are_walked_in_a_common_order(formats):
    a, b = noise(2, 3, 4, 5), noise(2, 3, 4, 5) + 1
    first, second = (
        t.contiguous(memory_format=torch.channels_last) if f == "last" else t
        for t, f in zip((a, b), formats, strict=True)
    )
    same = aligned(first, second)
    assert (same is first) == (formats[0] == formats[1])
    walked = in_memory_order(second).reshape(-1) - in_memory_order(same).reshape(-1)
    torch.testing.assert_close(walked.square().sum(), (b - a).square().sum())
    torch.testing.assert_close(walked.sort().values, (b - a).reshape(-1).sort().values)


@needs_packing
@pytest.mark.parametrize("group", [1, 2, 4])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "attributes",
    [
        {"pads": (1, 1, 1, 1)},
        {"pads": (0, 1, 2, 0), "strides": (2, 1)},
        {"auto_pad": "SAME_UPPER", "strides": (2, 2)},
        {"dilations": (2, 1)},
    ],
)
def test_packed_convolutions_equal_plain_ones(group, bias, attributes):
    x, weight = noise(2, 4, 9, 8), noise(8, 4 // group, 3, 3)
    conv = node("Conv", group=group, kernel_shape=(3, 3), **attributes)
    packed = bind(conv, opset={"": 13}, constants={1: weight}, layout=Layout.ANY)
    plain = bind(conv, opset={"": 13}, constants={1: weight})
    assert packed.folded == (1,)
    assert plain.folded == ()
    b = noise(8) if bias else None
    torch.testing.assert_close(
        packed.call([x, None, b])[0], plain.call([x, weight, b])[0], atol=1e-5, rtol=1e-5
    )


@needs_packing
def test_packed_convolutions_of_no_image_are_empty():
    weight = noise(8, 4, 3, 3)
    conv = node("Conv", inputs=2, kernel_shape=(3, 3))
    packed = bind(conv, opset={"": 13}, constants={1: weight}, layout=Layout.ANY)
    assert packed.call([noise(0, 4, 9, 9), None])[0].shape == (0, 8, 7, 7)


@pytest.fixture(params=[(1 << 16, 1 << 20), (1 << 16, 0), (0, 0)])
def size_limits(request, monkeypatch):
    """Let products be plain; packed, of a weight kept plain too; packed alone."""
    monkeypatch.setattr(packing, "SMALL_WEIGHT", request.param[0])
    monkeypatch.setattr(packing, "SMALL_PRODUCT", request.param[1])


@needs_packing
@pytest.mark.usefixtures("size_limits")
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4), (2, 0, 4)])
def test_packed_matrix_products_equal_plain_ones(shape):
    x, weight = noise(*shape), noise(4, 6)
    bound = bind(node("MatMul", inputs=2), opset={"": 13}, constants={1: weight})
    assert bound.folded == (1,)
    torch.testing.assert_close(bound.call([x, None])[0], torch.matmul(x, weight))


@needs_packing
@pytest.mark.usefixtures("size_limits")
@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("bias", [None, (6,), (1, 6), (3, 6), (1,), ()])
@pytest.mark.parametrize("rows", [0, 3])
def test_packed_linear_layers_equal_plain_ones(transposed, bias, rows):
    if bias == (3, 6) and not rows:
        bias = (0, 6)
    x, weight = noise(rows, 4), noise(6, 4) if transposed else noise(4, 6)
    gemm = node("Gemm", transB=transposed)
    bound = bind(gemm, opset={"": 13}, constants={1: weight})
    c = None if bias is None else noise(*bias)
    expected = x @ (weight.T if transposed else weight)
    expected = expected if c is None else expected + c
    torch.testing.assert_close(bound.call([x, None, c])[0], expected)


def test_weights_in_other_types_are_left_alone():
    weight = noise(4, 6).double()
    bound = bind(node("MatMul", inputs=2), opset={"": 13}, constants={1: weight})
    assert bound.folded == ()
