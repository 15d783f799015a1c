"""Rarer choices for random graphs: bodies, other element types and domains, younger operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_models import Builder


def _conv_3d(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is None:
        return
    n, c, h, w = b.shapes[x]
    deep = b.emit("Unsqueeze", [x, b.integers(2)], (n, c, 1, h, w))
    out = b.emit("Conv", [deep, b.weight((4, c, 1, 1, 1))], (n, 4, 1, h, w))
    b.shapes.pop(deep)
    b.shapes.pop(out)
    out = b.emit("Relu", [out], (n, 4, 1, h, w))
    b.shapes.pop(out)
    b.emit("Squeeze", [out, b.integers(2)], (n, 4, h, w))


def _conv_1d(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 3)
    if x is None:
        return
    n, c, t = b.shapes[x]
    inputs = [x, b.weight((4, c, 1))] + ([b.weight((4,))] if b.rng.random() < 0.5 else [])
    b.emit("Conv", inputs, (n, 4, t))


def _group_norm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4 and s[1] % 2 == 0)
    if x is None or b.opset < 21:
        return
    scales = [b.weight((b.shapes[x][1],)), b.weight((b.shapes[x][1],))]
    b.emit("GroupNormalization", [x, *scales], b.shapes[x], num_groups=2)


def _rms_norm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 3)
    if x is None or b.opset < 23:
        return
    y = b.emit("RMSNormalization", [x, b.weight((b.shapes[x][-1],))], b.shapes[x], axis=-1)
    if b.rng.random() < 0.5:
        b.emit("Mul", [y, b.pick_like(y)], b.shapes[y])


def _native_activation(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    ops = ["HardSwish", "Softplus", "HardSigmoid"] + (["Gelu", "Mish"] if b.opset >= 20 else [])
    b.emit(b.rng.choice(ops), [x], b.shapes[x])


def _contrib(b: Builder) -> None:
    x = b.pick()
    if x is not None:
        b.emit("Gelu", [x], b.shapes[x], domain="com.microsoft")


def _scatter_nd(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    shape = b.shapes[x]
    indices = b.constant(np.zeros((shape[0], 1), np.int64))
    b.emit("ScatterND", [x, indices, b.pick_like(x)], shape)


def _gather_family(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    shape = b.shapes[x]
    if b.rng.random() < 0.5:
        b.emit("GatherElements", [x, b.constant(np.zeros(shape, np.int64))], shape, axis=0)
    else:
        b.emit("GatherND", [x, b.constant(np.zeros((shape[0], 1), np.int64))], shape)


def _embedding(b: Builder) -> None:
    """A table of constants looked up: no parameter in the cascade's sense."""
    b.emit("Gather", [b.weight((10, 8)), b.integers(1, 2)], (2, 8))


def _top_k(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is not None:
        shape = b.shapes[x]
        b.emit_many("TopK", [x, b.integers(shape[-1])], [shape, None])


def _space_depth(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4 and s[2] % 2 == 0 and s[3] % 2 == 0)
    if x is None:
        return
    n, c, h, w = b.shapes[x]
    small = b.emit("SpaceToDepth", [x], (n, 4 * c, h // 2, w // 2), blocksize=2)
    b.shapes.pop(small)
    b.emit("DepthToSpace", [small], (n, c, h, w), blocksize=2)


def _shape_of(b: Builder) -> None:
    """A reshape by the shape of another tensor: integer values between float ones."""
    x = b.pick()
    if x is not None:
        shape = b.emit("Shape", [b.pick_like(x)], (len(b.shapes[x]),))
        b.shapes.pop(shape)
        b.emit("Reshape", [x, shape], b.shapes[x])


def _where(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    mask = b.emit("Greater", [x, b.scalar(0.0)], b.shapes[x])
    b.shapes.pop(mask)
    b.emit("Where", [mask, x, b.pick_like(x)], b.shapes[x])


def _float16_island(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    half = b.emit("Cast", [x], b.shapes[x], to=TensorProto.FLOAT16)
    inner = b.emit(b.rng.choice(["Relu", "Tanh", "Sigmoid"]), [half], b.shapes[x])
    b.emit("Cast", [inner], b.shapes[x], to=TensorProto.FLOAT)
    b.shapes.pop(half)
    b.shapes.pop(inner)


def _double_weight(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    n, c = b.shapes[x]
    double = b.emit("Cast", [x], b.shapes[x], to=TensorProto.DOUBLE)
    weight = b.constant(np.ones((c, 6), np.float64))
    product = b.emit("MatMul", [double, weight], (n, 6))
    b.emit("Cast", [product], (n, 6), to=TensorProto.FLOAT)
    b.shapes.pop(double)
    b.shapes.pop(product)


def _if(b: Builder) -> None:
    """Branches that read an outer tensor; nobody looks into them for quantizers."""
    x = b.pick()
    if x is None:
        return
    shape = b.shapes[x]
    branches = {}
    for name, op in (("then_branch", "Relu"), ("else_branch", "Tanh")):
        out = b.fresh("branch")
        info = helper.make_tensor_value_info(out, TensorProto.FLOAT, shape)
        node = helper.make_node(op, [x], [out], name=b.fresh("inner"))
        branches[name] = helper.make_graph([node], name, [], [info])
    condition = b.constant(np.asarray(True))
    b.emit("If", [condition], shape, **branches)


def _loop(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    shape = b.shapes[x]
    i, on, state, again, result = (b.fresh("loop") for _ in range(5))
    info = helper.make_tensor_value_info
    outer = b.pick_like(x)
    body = helper.make_graph(
        [
            helper.make_node("Identity", [on], [again], name=b.fresh("inner")),
            helper.make_node("Add", [state, outer], [result], name=b.fresh("inner")),
        ],
        "body",
        [
            info(i, TensorProto.INT64, ()),
            info(on, TensorProto.BOOL, ()),
            info(state, TensorProto.FLOAT, shape),
        ],
        [info(again, TensorProto.BOOL, ()), info(result, TensorProto.FLOAT, shape)],
    )
    trips = b.constant(np.asarray(2, np.int64))
    go = b.constant(np.asarray(True))
    b.emit("Loop", [trips, go, x], shape, body=body)


def _shared_weight(b: Builder) -> None:
    """One constant read by a Gemm and, through a Transpose, by a MatMul."""
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    n, c = b.shapes[x]
    weight = b.weight((c, c))
    first = b.emit("Gemm", [x, weight], (n, c))
    turned = b.emit("Transpose", [weight], (c, c), perm=[1, 0])
    b.shapes.pop(turned)
    b.emit(b.rng.choice(["MatMul", "Gemm"]), [first, turned], (n, c))


def _bias_as_activation(b: Builder) -> None:
    """A bias that another node computes, and one that an Add uses as well."""
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    n, c = b.shapes[x]
    bias = b.weight((6,))
    if b.rng.random() < 0.5:
        bias = b.emit("Relu", [bias], (6,))
        b.shapes.pop(bias)
    y = b.emit("Gemm", [x, b.weight((c, 6)), bias], (n, 6))
    b.emit("Add", [y, bias], (n, 6))


RARE: tuple[tuple[Callable[[Builder], None], int], ...] = (
    (_conv_3d, 1), (_conv_1d, 2), (_group_norm, 2), (_rms_norm, 2), (_native_activation, 2),
    (_contrib, 1), (_scatter_nd, 1), (_gather_family, 1), (_embedding, 1), (_top_k, 1),
    (_space_depth, 1), (_shape_of, 1), (_where, 1), (_float16_island, 2), (_double_weight, 1),
    (_if, 2), (_loop, 2), (_shared_weight, 1), (_bias_as_activation, 1),
)  # fmt: skip
"""Choices and their weights; `random_models.MENU` has the common ones."""
