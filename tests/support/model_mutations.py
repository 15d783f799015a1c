"""Damaged ONNX models from a `random.Random`: wrong bytes, wrong fields, wrong graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, helper

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

OP_TYPES = (
    "Conv", "ConvTranspose", "Relu", "Gemm", "MatMul", "Concat", "Split", "Reshape", "Transpose",
    "LSTM", "GRU", "If", "Loop", "Scan", "Constant", "ConstantOfShape", "Resize", "Identity",
    "BatchNormalization", "LayerNormalization", "Cast", "Shape", "Gather", "Pad", "MaxPool",
    "QuantizeLinear", "Softmax", "ScatterND", "SequenceEmpty", "Optional", "Bogus", "", "\x00",
)  # fmt: skip
"""Operator types to stand in place of others."""

NUMBERS = (0, 1, 2, 3, -1, 7, 16, 31, 255, 2**31 - 1, -(2**31), 2**62, -(2**63), 2**63 - 1)
NAMES = ("", "x", "y", "no such name", "/", "a\nb", "é", "\x00", "n" * 5000, "x_updated", "x_qdq")
MOST_MESSAGES = 4000
"""Messages looked at in one model, which bounds the time of a mutation."""

LONGEST_REPEAT = 64
"""Copies that one mutation makes of a thing."""


def mutate_model(rng: random.Random, model: ModelProto, changes: int) -> None:
    """Do so many things to a model, in place."""
    for _ in range(changes):
        action = rng.choice(_ACTIONS)
        try:
            action(rng, model)
        except (ValueError, TypeError, IndexError):
            continue  # the thing cannot be done to this model (an enum without that number)


# -- graphs --------------------------------------------------------------------------------------


def _any_graph(rng: random.Random, model: ModelProto) -> GraphProto:
    bodies = [
        attribute.g
        for node in model.graph.node
        for attribute in node.attribute
        if attribute.HasField("g")
    ]
    return rng.choice(bodies) if bodies and rng.random() < 0.4 else model.graph


def _any_name(rng: random.Random, graph: GraphProto) -> str:
    names = [name for node in graph.node for name in (*node.input, *node.output)]
    names += [value.name for value in (*graph.input, *graph.output, *graph.initializer)]
    return rng.choice(names) if names and rng.random() < 0.85 else rng.choice(NAMES)


def _drop_node(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    del graph.node[rng.randrange(len(graph.node))]


def _repeat_node(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    node = graph.node[rng.randrange(len(graph.node))]
    for _ in range(rng.choice((1, 1, 1, LONGEST_REPEAT))):
        graph.node.add().CopyFrom(node)


def _shuffle_nodes(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    nodes = list(graph.node)
    rng.shuffle(nodes)
    copies = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def _rewire(rng: random.Random, model: ModelProto) -> None:
    """Let a node read or write another tensor: cycles, double definitions, missing names."""
    graph = _any_graph(rng, model)
    node = graph.node[rng.randrange(len(graph.node))]
    names = rng.choice((node.input, node.output))
    action = rng.randrange(4)
    if action == 0:
        names.append(_any_name(rng, graph))
    elif action == 1:
        del names[rng.randrange(len(names))]
    else:
        names[rng.randrange(len(names))] = _any_name(rng, graph)


def _rename(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    pools = (graph.node, graph.initializer, graph.input, graph.output, graph.value_info)
    pool = rng.choice([pool for pool in pools if len(pool)])
    pool[rng.randrange(len(pool))].name = _any_name(rng, graph)


def _retype(rng: random.Random, model: ModelProto) -> None:
    node = model.graph.node[rng.randrange(len(model.graph.node))]
    node.op_type = rng.choice(OP_TYPES)
    if rng.random() < 0.2:
        node.domain = rng.choice(("com.microsoft", "qti_aisw", "ai.onnx", "no.such.domain"))


def _reshape(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    values = [*graph.input, *graph.output, *graph.value_info]
    shape = rng.choice(values).type.tensor_type.shape
    action = rng.randrange(4)
    if action == 0:
        shape.dim.add().dim_value = rng.choice(NUMBERS)
    elif action == 1:
        del shape.dim[rng.randrange(len(shape.dim))]
    elif action == 2:
        shape.dim[rng.randrange(len(shape.dim))].dim_param = rng.choice(NAMES)
    else:
        shape.dim[rng.randrange(len(shape.dim))].dim_value = rng.choice(NUMBERS)


def _redim_constant(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    tensor = graph.initializer[rng.randrange(len(graph.initializer))]
    if rng.random() < 0.5:
        tensor.data_type = rng.choice((*range(26), -1, 99))
    elif tensor.dims and rng.random() < 0.7:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
    else:
        tensor.dims.append(rng.choice(NUMBERS))


def _store_outside(rng: random.Random, model: ModelProto) -> None:
    tensor = model.graph.initializer[rng.randrange(len(model.graph.initializer))]
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    for key in rng.sample(("location", "offset", "length", "checksum"), rng.randrange(4)):
        entry = tensor.external_data.add()
        entry.key = key
        entry.value = rng.choice(("weights.bin", "../../x", "/etc/passwd", "", "-1", "1e9", "0"))


def _drop_constant(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    del graph.initializer[rng.randrange(len(graph.initializer))]


def _drop_value(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    pool = rng.choice((graph.input, graph.output, graph.value_info))
    del pool[rng.randrange(len(pool))]


def _add_output(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    graph.output.add().name = _any_name(rng, graph)


def _set_attribute(rng: random.Random, model: ModelProto) -> None:
    graph = _any_graph(rng, model)
    node = graph.node[rng.randrange(len(graph.node))]
    if node.attribute and rng.random() < 0.7:
        attribute = node.attribute[rng.randrange(len(node.attribute))]
    else:
        attribute = node.attribute.add()
        attribute.name = rng.choice(("axis", "perm", "group", "to", "value", "body", "transB", ""))
    action = rng.randrange(6)
    if action == 0:
        attribute.type = rng.choice(list(AttributeProto.AttributeType.values()))
    elif action == 1:
        attribute.i = rng.choice(NUMBERS)
        attribute.type = AttributeProto.INT
    elif action == 2:
        attribute.ints[:] = [rng.choice(NUMBERS) for _ in range(rng.randrange(5))]
        attribute.type = AttributeProto.INTS
    elif action == 3:
        attribute.s = rng.choice((b"", b"\xff\xfe", b"NOTSET", b"linear"))
        attribute.type = AttributeProto.STRING
    elif action == 4:
        attribute.ref_attr_name = rng.choice(NAMES)
    else:
        node.attribute.remove(attribute)


def _nest(rng: random.Random, model: ModelProto) -> None:
    """Put a copy of the graph into a node of it, as a body."""
    graph = model.graph
    body = GraphProto.FromString(graph.SerializeToString())
    kind, name = rng.choice((("If", "then_branch"), ("Loop", "body"), ("Scan", "body")))
    if rng.random() < 0.5:
        del body.initializer[:]
    node = helper.make_node(kind, [_any_name(rng, graph)], [f"nested_{rng.randrange(99)}"])
    node.attribute.add(name=name, type=AttributeProto.GRAPH).g.CopyFrom(body)
    graph.node.insert(rng.randrange(len(graph.node) + 1), node)


def _add_function(rng: random.Random, model: ModelProto) -> None:
    """Define an operator of the model by a function, at times by itself."""
    node = model.graph.node[rng.randrange(len(model.graph.node))]
    function = model.functions.add()
    function.name, function.domain = node.op_type, rng.choice((node.domain, "local"))
    function.input.extend(node.input)
    function.output.extend(node.output)
    inner = function.node.add()
    inner.CopyFrom(node)
    if rng.random() < 0.5:
        node.domain = inner.domain = function.domain
    function.opset_import.extend(model.opset_import)


def _change_versions(rng: random.Random, model: ModelProto) -> None:
    action = rng.randrange(4)
    if action == 0:
        model.ir_version = rng.choice(NUMBERS)
    elif action == 1 and model.opset_import:
        model.opset_import[0].version = rng.choice((*range(-1, 30), 10**6))
    elif action == 2:
        del model.opset_import[:]
    else:
        model.opset_import.add(domain=rng.choice(("", "ai.onnx", "local", "com.microsoft")))


# -- any field of any message ----------------------------------------------------------------------


def _iter_messages(message: Message) -> list[Message]:
    found = [message]
    for current in found:
        if len(found) > MOST_MESSAGES:
            break
        for descriptor, value in current.ListFields():
            if descriptor.message_type is not None:
                found.extend([value] if isinstance(value, Message) else value)
    return found


def _change_field(rng: random.Random, model: ModelProto) -> None:
    """Clear, set, repeat or shorten any field of any message."""
    message = rng.choice(_iter_messages(model))
    descriptor = rng.choice(list(message.DESCRIPTOR.fields))
    present = [descriptor for descriptor, _ in message.ListFields()]
    if present and rng.random() < 0.7:
        descriptor = rng.choice(present)
    value = getattr(message, descriptor.name)
    if rng.random() < 0.3:
        message.ClearField(descriptor.name)
    elif isinstance(value, Message):
        value.SetInParent()
    elif descriptor.message_type is not None:
        if len(value) and rng.random() < 0.5:
            del value[rng.randrange(len(value))]
        else:
            value.add()
    elif hasattr(value, "append"):
        value.append(_scalar(rng, descriptor))
    else:
        setattr(message, descriptor.name, _scalar(rng, descriptor))


def _scalar(rng: random.Random, descriptor: Any) -> Any:
    if descriptor.type == Field.TYPE_STRING:
        return rng.choice(NAMES)
    if descriptor.type == Field.TYPE_BYTES:
        return rng.choice((b"", b"\x00", b"\xff" * 7, b"abcd"))
    if descriptor.type in (Field.TYPE_FLOAT, Field.TYPE_DOUBLE):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e30))
    return rng.choice(NUMBERS)


_ACTIONS: tuple[Callable[[random.Random, ModelProto], None], ...] = (
    _drop_node, _repeat_node, _shuffle_nodes, _rewire, _rewire, _rewire, _rename, _rename, _retype,
    _retype, _reshape, _redim_constant, _store_outside, _drop_constant, _drop_value, _add_output,
    _set_attribute, _set_attribute, _nest, _add_function, _change_versions, _change_field,
    _change_field, _change_field, _change_field,
)  # fmt: skip


def parse(content: bytes) -> ModelProto:
    """Read a sound model."""
    return onnx.load_from_string(content)
