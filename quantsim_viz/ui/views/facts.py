"""What the file says of a node: its inputs and outputs with their types, and its attributes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from quantsim_viz.model import Graph
from quantsim_viz.ui.views.table import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.model import Model, Node, Tensor

LONGEST_ATTRIBUTE = 120

MOST_USERS = 8


def tensor_rows(model: Model, node: Node) -> Iterator[dict[str, Any]]:
    """Yield a node's inputs, then its outputs: formal name, tensor, type, and what is behind it.

    `nodes` are the producer of an input and the consumers of an output, each once.
    """
    graph = model.graph
    version = model.opset.get(node.domain, 0)
    for direction, names in (("in", node.inputs), ("out", node.outputs)):
        formal = formal_names(node.op_type, node.domain, version, direction)
        for index, name in enumerate(names):
            tensor = graph.tensors.get(name)
            if tensor is None:
                continue
            users = _behind(graph, tensor, direction)
            yield {
                "role": f"{direction} {index}",
                "formal": formal[min(index, len(formal) - 1)] if formal else "",
                "name": name,
                "type": f"{tensor.dtype or '?'} {shape_text(tensor)}",
                "kind": _kind(tensor, direction),
                "nodes": users[:MOST_USERS],
                "more": max(len(users) - MOST_USERS, 0),
            }


def _behind(graph: Graph, tensor: Tensor, direction: str) -> list[str]:
    if direction == "in":
        return [] if tensor.producer is None else [graph.nodes[tensor.producer].name]
    return list(dict.fromkeys(graph.nodes[use.node].name for use in tensor.uses))


def _kind(tensor: Tensor, direction: str) -> str:
    if direction == "out":
        return "model output" if tensor.is_output else ""
    if tensor.is_initializer:
        return "constant"
    return "model input" if tensor.is_input else ""


@lru_cache(maxsize=512)
def formal_names(op_type: str, domain: str, version: int, direction: str) -> tuple[str, ...]:
    """Return what the operator's specification calls its inputs or outputs, `()` if unknown.

    >>> formal_names("Conv", "", 17, "in")
    ('X', 'W', 'B')
    """
    from onnx import defs

    if not version or not defs.has(op_type, domain=domain):
        return ()
    try:
        schema = defs.get_schema(op_type, version, domain)
    except defs.SchemaError:
        return ()
    found = schema.inputs if direction == "in" else schema.outputs
    return tuple(parameter.name for parameter in found)


def attribute_rows(node: Node) -> list[tuple[str, str, str]]:
    """Return a node's attributes by name: (name, type, value)."""
    return [(key, *_attribute(value)) for key, value in sorted(node.attributes.items())]


def _attribute(value: Any) -> tuple[str, str]:
    """Return type and text of an attribute's value."""
    if isinstance(value, tuple):
        kind = f"{_attribute(value[0])[0]}s" if value else "list"
        text = ", ".join(_attribute(item)[1] for item in value) or "empty"
    elif isinstance(value, Graph):
        kind, text = "graph", f"{len(value.nodes)} nodes"
    elif isinstance(value, bytes):
        kind, text = "bytes", value.decode("utf-8", "replace")
    elif isinstance(value, str | int):
        kind, text = ("string" if isinstance(value, str) else "int"), str(value)
    elif isinstance(value, float):
        kind, text = "float", f"{value:.6g}"
    elif hasattr(value, "dtype"):
        shape = " × ".join(map(str, value.shape)) or "scalar"
        kind, text = "tensor", f"{value.dtype} {shape}"
    else:
        kind, text = "", str(value)
    return kind, text if len(text) <= LONGEST_ATTRIBUTE else f"{text[:LONGEST_ATTRIBUTE]}…"
