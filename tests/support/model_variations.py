"""Odd but sound ONNX models from a `random.Random`: what exporters and people really write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

NAMES = ("a b", "/x/", "t_updated", "w_qdq", "é", "line\nbreak", "x" * 400, "0", "-", "'q'", '"q"')
UNARY = ("Relu", "Sigmoid", "Tanh", "Neg", "Identity", "Exp", "Abs", "Softplus", "Erf", "Dropout")
BINARY = ("Add", "Mul", "Sub", "Div", "Max", "Min")


def vary_model(rng: random.Random, model: ModelProto, changes: int) -> None:
    """Make so many changes to a model, in place, that mostly leave it valid."""
    for number in range(changes):
        if model.graph.node:
            rng.choice(_VARIATIONS)(rng, model, f"v{number}")


def _rename_tensor(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Give a tensor another name wherever the top graph has it."""
    graph = model.graph
    names = [name for node in graph.node for name in (*node.input, *node.output) if name]
    old, new = rng.choice(names), rng.choice(NAMES) + tag
    for node in graph.node:
        for field in (node.input, node.output):
            field[:] = [new if name == old else name for name in field]
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        if value.name == old:
            value.name = new


def _rename_node(rng: random.Random, model: ModelProto, tag: str) -> None:
    nodes = model.graph.node
    rng.choice(nodes).name = rng.choice(("", rng.choice(nodes).name, rng.choice(NAMES), tag))


def _retype(rng: random.Random, model: ModelProto, tag: str) -> None:
    for group in (UNARY, BINARY):
        nodes = [node for node in model.graph.node if node.op_type in group]
        if nodes:
            rng.choice(nodes).op_type = rng.choice(group[:6])


def _behind(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Put an operator between a tensor and one of its users."""
    graph = model.graph
    position = rng.randrange(len(graph.node))
    node = graph.node[position]
    if not len(node.input):
        return
    slot = rng.randrange(len(node.input))
    if node.input[slot]:
        op_type = rng.choice(("Identity", "Identity", "Relu", "Dropout", "Cast"))
        to = {"to": rng.choice((1, 10, 11))} if op_type == "Cast" else {}
        between = helper.make_node(op_type, [node.input[slot]], [f"{tag}_between"], **to)
        node.input[slot] = f"{tag}_between"
        graph.node.insert(position, between)


def _share(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Let a node read what another reads at the same place: shared weights, several users."""
    nodes = [node for node in model.graph.node if len(node.input) > 1]
    if len(nodes) > 1:
        first, second = rng.sample(nodes, 2)
        second.input[1] = first.input[1]


def _branch(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Move a node into both branches of an `If`; it reads the outer graph's tensors."""
    graph = model.graph
    position = rng.randrange(len(graph.node))
    moved = NodeProto.FromString(graph.node[position].SerializeToString())
    outer = list(moved.output)
    moved.output[:] = [f"{tag}_{i}" if name else "" for i, name in enumerate(outer)]
    results = [helper.make_empty_tensor_value_info(name) for name in moved.output if name]
    body = helper.make_graph([moved], tag, [], results)
    condition = helper.make_tensor(f"{tag}_true", TensorProto.BOOL, [], [True])
    graph.initializer.append(condition)
    outputs = [name for name in outer if name]
    wrapped = helper.make_node(
        "If", [condition.name], outputs, then_branch=body, else_branch=body, name=f"{tag}_if"
    )
    del graph.node[position]
    graph.node.insert(position, wrapped)


def _call(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Replace a node by a call of a function that consists of it."""
    node = rng.choice(model.graph.node)
    if "" in node.input or "" in node.output or any(a.HasField("g") for a in node.attribute):
        return
    inputs = [f"i{i}" for i in range(len(node.input))]
    outputs = [f"o{i}" for i in range(len(node.output))]
    inner = NodeProto.FromString(node.SerializeToString())
    inner.input[:], inner.output[:] = inputs, outputs
    domain = rng.choice(("local", "pkg.torch"))
    function = helper.make_function(domain, tag, inputs, outputs, [inner], model.opset_import)
    model.functions.append(function)
    node.domain, node.op_type = domain, tag
    del node.attribute[:]
    if domain not in {entry.domain for entry in model.opset_import}:
        model.opset_import.append(helper.make_opsetid(domain, 1))


def _store(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Turn an initializer into a `Constant` node, or the reverse."""
    graph = model.graph
    if graph.initializer and rng.random() < 0.5:
        tensor = rng.choice(graph.initializer)
        node = helper.make_node("Constant", [], [tensor.name])
        node.attribute.add(name="value", type=AttributeProto.TENSOR).t.CopyFrom(tensor)
        graph.node.insert(0, node)
        graph.initializer.remove(tensor)
        return
    nodes = [node for node in graph.node if node.op_type == "Constant" and node.attribute]
    if nodes and (node := rng.choice(nodes)).attribute[0].HasField("t"):
        graph.initializer.add().CopyFrom(node.attribute[0].t)
        graph.initializer[-1].name = node.output[0]
        graph.node.remove(node)


def _declare(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Make an inner tensor an output, an initializer an input, or a dimension symbolic."""
    graph = model.graph
    action = rng.randrange(4)
    if action == 0:
        graph.output.append(
            helper.make_empty_tensor_value_info(rng.choice(rng.choice(graph.node).output))
        )
    elif action == 1 and graph.initializer:
        tensor = rng.choice(graph.initializer)
        graph.input.append(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        )
    elif action == 2:
        value = rng.choice(graph.input)
        for dim in value.type.tensor_type.shape.dim[:1]:
            dim.dim_param = rng.choice(("N", "", "batch size"))
    else:
        rng.choice(graph.input).type.tensor_type.ClearField("shape")


def _change_version(rng: random.Random, model: ModelProto, tag: str) -> None:
    model.opset_import[0].version = rng.choice((7, 9, 11, 13, 17, 18, 21))


def _change_precision(rng: random.Random, model: ModelProto, tag: str) -> None:
    """Declare a model input as of another type, of which inference may then know better."""
    value = rng.choice(model.graph.input)
    value.type.tensor_type.elem_type = rng.choice(
        (TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16, TensorProto.INT8)
    )


_VARIATIONS: tuple[Callable[[random.Random, ModelProto, str], None], ...] = (
    _rename_tensor, _rename_tensor, _rename_node, _rename_node, _retype, _behind, _behind, _share,
    _branch, _branch, _call, _call, _store, _store, _declare, _declare, _change_version,
    _change_precision,
)  # fmt: skip
