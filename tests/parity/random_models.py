"""Small random ONNX graphs, valid and runnable, from a seed.

Every model is a chain of choices of one `random.Random`; the same seed gives the same bytes. The
operators are drawn so that the corners of the cascade are met often: shared weights, operators
that keep their input's grid, recurrent nodes, concatenations, decomposed normalisations, several
consumers, graph outputs in the middle, constants of every origin.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from rare_operators import RARE

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int, ...]


@dataclass
class Builder:
    """A graph in the making: nodes, initializers and the float tensors available so far."""

    rng: random.Random
    opset: int
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    weights: list[tuple[str, Shape]] = field(default_factory=list)
    count: int = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def add_input(self, shape: Shape) -> str:
        name = self.fresh("in")
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        self.shapes[name] = shape
        return name

    def emit(
        self, op: str, inputs: list[str], shape: Shape, *, domain: str = "", **attributes: object
    ) -> str:
        return self.emit_many(op, inputs, [shape], domain=domain, **attributes)[0]

    def emit_many(
        self,
        op: str,
        inputs: list[str],
        shapes: list[Shape | None],
        *,
        domain: str = "",
        **attributes: object,
    ) -> list[str]:
        """Add a node; outputs whose shape is None are made but not offered to later nodes."""
        outputs = [self.fresh(op.lower()) for _ in shapes]
        name = "" if self.rng.random() < 0.1 else self.fresh(f"n_{op}")
        self.nodes.append(
            helper.make_node(op, inputs, outputs, name=name, domain=domain, **attributes)
        )
        self.shapes.update({o: s for o, s in zip(outputs, shapes, strict=True) if s is not None})
        return outputs

    def constant(self, array: np.ndarray) -> str:
        """Store a constant as an initializer or, one time in four, as a `Constant` node."""
        name = self.fresh("c")
        tensor = numpy_helper.from_array(array, name)
        if self.rng.random() < 0.25:
            self.nodes.append(
                helper.make_node(
                    "Constant", [], [name], name=self.fresh("n_Constant"), value=tensor
                )
            )
        else:
            self.initializers.append(tensor)
        return name

    def weight(self, shape: Shape) -> str:
        """A float constant; now and then one that an earlier operator uses as well."""
        same = [name for name, other in self.weights if other == shape]
        if same and self.rng.random() < 0.12:
            return self.rng.choice(same)
        values = np.random.default_rng(self.rng.randrange(1 << 30)).normal(0, 0.5, shape)
        name = self.constant(values.astype(np.float32))
        self.weights.append((name, shape))
        return name

    def scalar(self, value: float) -> str:
        shape: Shape = () if self.rng.random() < 0.5 else (1,)
        return self.constant(np.full(shape, value, np.float32))

    def integers(self, *values: int) -> str:
        return self.constant(np.asarray(values, np.int64))

    def pick(self, test: Callable[[Shape], bool] = lambda _: True) -> str | None:
        """One of the tensors that pass `test`, recent ones more often."""
        names = [n for n, s in self.shapes.items() if test(s)]
        if not names:
            return None
        if self.rng.random() < 0.65:
            names = names[-4:]
        return self.rng.choice(names)

    def pick_like(self, name: str) -> str:
        return self.pick(lambda s: s == self.shapes[name]) or name


def _conv(b: Builder) -> None:
    if (x := b.pick(lambda s: len(s) == 4)) is None:
        return
    n, c, h, w = b.shapes[x]
    group = b.rng.choice([1, 1, 1, c])
    out = c if group == c else b.rng.choice([c, 4])
    weight = b.weight((out, c // group, 3, 3))
    if b.rng.random() < 0.12:
        weight = b.emit("Identity", [weight], (out, c // group, 3, 3))
        b.shapes.pop(weight)
    inputs = [x, weight] + ([b.weight((out,))] if b.rng.random() < 0.6 else [])
    attributes = {"group": group} if group > 1 or b.rng.random() < 0.3 else {}
    b.emit("Conv", inputs, (n, out, h, w), kernel_shape=[3, 3], pads=[1, 1, 1, 1], **attributes)


def _conv_transpose(b: Builder) -> None:
    if (x := b.pick(lambda s: len(s) == 4)) is None:
        return
    n, c, h, w = b.shapes[x]
    group = b.rng.choice([1, 1, 2]) if c % 2 == 0 else 1
    inputs = [x, b.weight((c, 4 // group, 3, 3))] + (
        [b.weight((4,))] if b.rng.random() < 0.5 else []
    )
    attributes = {"group": group} if group > 1 else {}
    b.emit("ConvTranspose", inputs, (n, 4, h, w), pads=[1, 1, 1, 1], **attributes)


def _dynamic_conv(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4 and s[1] == 4)
    if x is None:
        return
    weight = b.add_input((4, 4, 3, 3))
    b.shapes.pop(weight)
    source = b.emit("Relu", [weight], (4, 4, 3, 3)) if b.rng.random() < 0.5 else weight
    b.shapes.pop(source, None)
    b.emit("Conv", [x, source], b.shapes[x], pads=[1, 1, 1, 1])


def _unary(*ops: str) -> Callable[[Builder], None]:
    def build(b: Builder) -> None:
        x = b.pick()
        if x is not None:
            b.emit(b.rng.choice(ops), [x], b.shapes[x])

    return build


def _clip(b: Builder) -> None:
    x = b.pick()
    if x is not None:
        b.emit("Clip", [x, b.constant(np.float32(0)), b.constant(np.float32(6))], b.shapes[x])


def _prelu(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is not None:
        b.emit("PRelu", [x, b.weight((b.shapes[x][1], 1, 1))], b.shapes[x])


def _binary(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    other = b.pick_like(x) if b.rng.random() < 0.7 else b.scalar(b.rng.choice([0.5, 2.0, 6.0]))
    inputs = [x, other]
    b.rng.shuffle(inputs)
    b.emit(b.rng.choice(["Add", "Add", "Mul", "Sub", "Div", "Max", "Min"]), inputs, b.shapes[x])


def _pool(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is not None:
        op = b.rng.choice(["MaxPool", "AveragePool"])
        b.emit(op, [x], b.shapes[x], kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def _global_pool(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is not None:
        n, c, *_ = b.shapes[x]
        b.emit("GlobalAveragePool", [x], (n, c, 1, 1))


def _batch_norm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is None:
        return
    c = b.shapes[x][1]
    variance = b.constant(np.full((c,), 1.5, np.float32))
    b.emit("BatchNormalization", [x, *(b.weight((c,)) for _ in range(3)), variance], b.shapes[x])


def _instance_norm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is not None:
        c = b.shapes[x][1]
        b.emit("InstanceNormalization", [x, b.weight((c,)), b.weight((c,))], b.shapes[x])


def _layer_norm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) >= 2)
    if x is None:
        return
    c = b.shapes[x][-1]
    inputs = [x, b.weight((c,))] + ([b.weight((c,))] if b.rng.random() < 0.6 else [])
    b.emit("LayerNormalization", inputs, b.shapes[x], axis=-1)


def _reduce_mean(b: Builder, x: str) -> str:
    shape = (*b.shapes[x][:-1], 1)
    if b.opset >= 18:
        return b.emit("ReduceMean", [x, b.integers(-1)], shape, keepdims=1)
    return b.emit("ReduceMean", [x], shape, axes=[-1], keepdims=1)


def _decomposed_norm(b: Builder) -> None:
    """LayerNormalization or RMSNormalization as exporters write them out, with small variations."""
    x = b.pick(lambda s: len(s) == 3)
    if x is None:
        return
    shape, c = b.shapes[x], b.shapes[x][-1]
    centred = x
    if b.rng.random() < 0.6:
        centred = b.emit("Sub", [x, _reduce_mean(b, x)], shape)
    if b.rng.random() < 0.5:
        square = b.emit("Pow", [centred, b.constant(np.float32(2.0))], shape)
    else:
        square = b.emit("Mul", [centred, centred], shape)
    mean = _reduce_mean(b, square)
    small = (*shape[:-1], 1)
    root = b.emit("Sqrt", [b.emit("Add", [mean, b.scalar(1e-5)], small)], small)
    if b.rng.random() < 0.6:
        y = b.emit("Div", [centred, root], shape)
    else:
        y = b.emit("Mul", [centred, b.emit("Reciprocal", [root], small)], shape)
    if b.rng.random() < 0.75:
        pair = [y, b.weight((c,))]
        b.rng.shuffle(pair)
        y = b.emit("Mul", pair, shape)
        if b.rng.random() < 0.7:
            b.emit("Add", [y, b.weight((c,)) if b.rng.random() < 0.8 else b.pick_like(y)], shape)


def _gemm(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    n, c = b.shapes[x]
    trans = b.rng.random() < 0.5
    weight = b.weight((6, c) if trans else (c, 6))
    inputs = [x, weight] + ([b.weight((6,))] if b.rng.random() < 0.8 else [])
    b.emit("Gemm", inputs, (n, 6), **({"transB": 1} if trans else {}))


def _matmul(b: Builder) -> None:
    x = b.pick(lambda s: len(s) in (2, 3))
    if x is None:
        return
    *lead, c = b.shapes[x]
    if b.rng.random() < 0.3:
        weight = b.emit("Transpose", [b.weight((6, c))], (c, 6), perm=[1, 0])
        b.shapes.pop(weight)
    else:
        weight = b.weight((c, 6))
    y = b.emit("MatMul", [x, weight], (*lead, 6))
    if b.rng.random() < 0.5:
        pair = [y, b.weight((6,))]
        b.rng.shuffle(pair)
        b.emit("Add", pair, (*lead, 6))


def _dynamic_matmul(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 3)
    if x is None:
        return
    n, t, c = b.shapes[x]
    other = b.pick_like(x)
    key = b.emit("Transpose", [other], (n, c, t), perm=[0, 2, 1])
    scores = b.emit("MatMul", [x, key], (n, t, t))
    if b.rng.random() < 0.6:
        scores = b.emit("Softmax", [scores], (n, t, t), axis=-1)
    b.emit("MatMul", [scores, b.pick_like(x)], (n, t, c))


def _masked_softmax(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is None or b.opset < 18:
        return
    shape = b.shapes[x]
    mask = b.constant(np.zeros(shape, np.bool_))
    low = b.emit("ReduceMin", [x, b.integers(b.rng.choice([-1, 3]))], (*shape[:-1], 1), keepdims=1)
    low = b.emit("Add", [low, b.scalar(b.rng.choice([-20.0, -1e4, -5.0]))], (*shape[:-1], 1))
    kept = b.emit("Where", [mask, x, low], shape)
    b.emit("Softmax", [kept], shape, axis=-1)


def _concat(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    parts = [x] + [b.pick_like(x) for _ in range(b.rng.choice([1, 1, 2]))]
    shape = b.shapes[x]
    if len(shape) == 4:
        total = (shape[0], shape[1] * len(parts), *shape[2:])
        joined = b.emit("Concat", parts, total, axis=1)
        if b.rng.random() < 0.5:
            c = shape[1]
            b.emit("Slice", [joined, b.integers(0), b.integers(c), b.integers(1)], shape)
    else:
        b.emit("Concat", parts, (*shape[:-1], shape[-1] * len(parts)), axis=len(shape) - 1)


def _scatter(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 2)
    if x is None:
        return
    shape = b.shapes[x]
    indices = b.constant(np.zeros(shape, np.int64))
    b.emit("ScatterElements", [x, indices, b.pick_like(x)], shape, axis=0)


def _grid(b: Builder) -> None:
    """One of the operators that keep their input's grid."""
    x = b.pick()
    if x is None:
        return
    shape = b.shapes[x]
    rank = len(shape)
    kind = b.rng.choice(
        [
            "identity",
            "dropout",
            "transpose",
            "pad",
            "reshape",
            "unsqueeze",
            "gather",
            "split",
            "expand",
            "tile",
            "slice",
            "reduce_max",
            "flatten",
        ]
    )
    if kind == "identity":
        b.emit("Identity", [x], shape)
    elif kind == "dropout":
        b.emit("Dropout", [x], shape)
    elif kind == "transpose":
        order = [0, *reversed(range(1, rank))]
        b.emit("Transpose", [x], tuple(shape[i] for i in order), perm=order)
    elif kind == "pad":
        zeros = b.integers(*([0] * (2 * rank)))
        b.emit(
            "Pad", [x, zeros] + ([b.constant(np.float32(0))] if b.rng.random() < 0.5 else []), shape
        )
    elif kind == "reshape":
        b.emit(
            "Reshape",
            [x, b.integers(shape[0], int(np.prod(shape[1:])))],
            (shape[0], int(np.prod(shape[1:]))),
        )
    elif kind == "flatten":
        b.emit("Flatten", [x], (shape[0], int(np.prod(shape[1:]))))
    elif kind == "unsqueeze":
        wide = b.emit("Unsqueeze", [x, b.integers(0)], (1, *shape))
        if len(shape) >= 4 or b.rng.random() < 0.7:
            b.shapes.pop(wide)
            b.emit("Squeeze", [wide, b.integers(0)], shape)
    elif kind == "gather":
        b.emit("Gather", [x, b.integers(0)], (1, *shape[1:]), axis=0)
    elif kind == "split" and shape[-1] % 2 == 0:
        half = (*shape[:-1], shape[-1] // 2)
        extra = {"num_outputs": 2} if b.opset >= 18 else {}
        b.emit_many("Split", [x], [half, half], axis=-1, **extra)
    elif kind == "expand":
        b.emit("Expand", [x, b.integers(*shape)], shape)
    elif kind == "tile":
        b.emit("Tile", [x, b.integers(*([1] * rank))], shape)
    elif kind == "slice":
        b.emit("Slice", [x, b.integers(0), b.integers(shape[-1]), b.integers(rank - 1)], shape)
    elif kind == "reduce_max":
        if b.opset >= 18:
            b.emit("ReduceMax", [x, b.integers(-1)], (*shape[:-1], 1), keepdims=1)
        else:
            b.emit("ReduceMax", [x], (*shape[:-1], 1), axes=[-1], keepdims=1)


def _resize(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is None:
        return
    scales = b.constant(np.ones(4, np.float32))
    b.emit("Resize", [x, "", scales], b.shapes[x], mode="nearest")


def _cast(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    half = b.emit("Cast", [x], b.shapes[x], to=TensorProto.FLOAT16)
    b.shapes.pop(half)
    b.emit("Cast", [half], b.shapes[x], to=TensorProto.FLOAT)


def _recurrent(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 3)
    if x is None:
        return
    t, n, c = b.shapes[x]
    op, gates = b.rng.choice([("LSTM", 4), ("GRU", 3), ("RNN", 1)])
    hidden = 4
    inputs = [x, b.weight((1, gates * hidden, c)), b.weight((1, gates * hidden, hidden))]
    if b.rng.random() < 0.6:
        inputs.append(b.weight((1, 2 * gates * hidden)))
        if b.rng.random() < 0.5:
            inputs += ["", b.constant(np.zeros((1, n, hidden), np.float32))]
            if op == "LSTM":
                inputs.append(b.constant(np.zeros((1, n, hidden), np.float32)))
    shapes: list[Shape | None] = [(t, 1, n, hidden), (1, n, hidden)]
    if op == "LSTM":
        shapes.append((1, n, hidden))
    outputs = b.emit_many(
        op, inputs, shapes[: b.rng.randrange(1, len(shapes) + 1)], hidden_size=hidden
    )
    if b.rng.random() < 0.7:
        b.emit("Squeeze", [outputs[0], b.integers(1)], (t, n, hidden))


def _to_sequence(b: Builder) -> None:
    x = b.pick(lambda s: len(s) == 4)
    if x is not None:
        n, c, h, w = b.shapes[x]
        b.emit("Reshape", [x, b.integers(n, c, h * w)], (n, c, h * w))


def _constant_of_shape(b: Builder) -> None:
    x = b.pick()
    if x is None:
        return
    filled = b.emit("ConstantOfShape", [b.integers(*b.shapes[x])], b.shapes[x])
    b.shapes.pop(filled)
    b.emit("Add", [x, filled], b.shapes[x])


def _scan(b: Builder) -> None:
    """A Scan whose body reads an outer weight and an outer tensor."""
    x = b.pick(lambda s: len(s) == 3)
    if x is None:
        return
    t, n, c = b.shapes[x]
    weight = b.weight((c, c))
    stem = b.fresh("scan")
    body = helper.make_graph(
        [
            helper.make_node("MatMul", [f"{stem}_x", weight], [f"{stem}_h"], name=f"{stem}_MatMul"),
            helper.make_node("Relu", [f"{stem}_h"], [f"{stem}_y"], name=f"{stem}_Relu"),
        ],
        stem,
        [helper.make_tensor_value_info(f"{stem}_x", TensorProto.FLOAT, (n, c))],
        [helper.make_tensor_value_info(f"{stem}_y", TensorProto.FLOAT, (n, c))],
    )
    b.emit("Scan", [x], (t, n, c), body=body, num_scan_inputs=1)


MENU: tuple[tuple[Callable[[Builder], None], int], ...] = (
    (_conv, 10), (_conv_transpose, 3), (_dynamic_conv, 1), (_unary("Relu", "Relu", "Relu"), 9),
    (_unary("Sigmoid", "Tanh", "LeakyRelu", "Elu", "Erf", "Softmax", "Neg", "Exp"), 5),
    (_clip, 3), (_prelu, 1), (_binary, 9), (_pool, 5), (_global_pool, 1), (_batch_norm, 3),
    (_instance_norm, 1), (_layer_norm, 2), (_decomposed_norm, 3), (_gemm, 5), (_matmul, 6),
    (_dynamic_matmul, 3), (_masked_softmax, 1), (_concat, 7), (_scatter, 1), (_grid, 12),
    (_resize, 2), (_cast, 2), (_recurrent, 3), (_to_sequence, 2), (_constant_of_shape, 1),
    (_scan, 1),
)  # fmt: skip


def random_model(seed: int) -> onnx.ModelProto:
    """Build the model of a seed: 1 to 3 inputs, 2 to 18 choices, 1 to 4 outputs.

    Two seeds in five draw from the rarer operators too.
    """
    rng = random.Random(seed)
    rare = seed % 5 >= 3
    b = Builder(rng, opset=rng.choice([17, 18, 21, 23] if rare else [13, 17, 18, 20]))
    # LayerNormalization came with operator set 17.
    menu = [(f, w) for f, w in MENU if b.opset >= 17 or f is not _layer_norm]
    if rare:
        menu += [(f, 3 * w) for f, w in RARE]
    b.add_input(rng.choice([(1, 4, 6, 6), (1, 4, 6, 6), (1, 3, 8), (2, 8)]))
    for _ in range(rng.choice([0, 0, 1, 2])):
        b.add_input(rng.choice([(1, 4, 6, 6), (1, 3, 8), (2, 8)]))
    functions, weights = zip(*menu, strict=True)
    for build in rng.choices(functions, weights, k=rng.randrange(2, 19)):
        build(b)
    if not any(n.op_type != "Constant" for n in b.nodes):
        b.emit("Relu", [b.inputs[0].name], b.shapes[b.inputs[0].name])
    return _finish(b)


def _finish(b: Builder) -> onnx.ModelProto:
    used = {name for node in b.nodes for name in node.input}
    made = [o for node in b.nodes for o in node.output if o in b.shapes]
    ends = [name for name in made if name not in used]
    middle = [name for name in made if name in used]
    if middle and b.rng.random() < 0.3:
        ends.append(b.rng.choice(middle))
    if not ends:
        ends = [b.nodes[-1].output[0]]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, b.shapes.get(name)) for name in ends
    ]
    inputs = list(b.inputs)
    weights = {name for name, _ in b.weights}
    stored = [t for t in b.initializers if t.name in weights]
    if stored and b.rng.random() < 0.05:
        shared = stored[0]
        inputs.append(helper.make_tensor_value_info(shared.name, shared.data_type, shared.dims))
    graph = helper.make_graph(b.nodes, "random", inputs, outputs, b.initializers)
    domains = [helper.make_opsetid("", b.opset)]
    if any(node.domain for node in b.nodes):
        domains.append(helper.make_opsetid("com.microsoft", 1))
    return helper.make_model(graph, opset_imports=domains, ir_version=9)
