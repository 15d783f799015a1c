"""Functions: operators whose meaning is a graph of other operators.

Either the model brings the body, or the standard's schema does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import onnx
import onnx.defs
from onnx import FunctionProto, TypeProto, helper

from quantsim_viz.model.graph import AttributeReference, Function, Graph, Node
from quantsim_viz.sim.operators.conformance import REFUSED
from quantsim_viz.sim.operators.dtypes import ELEMENT_TYPE_NAMES
from quantsim_viz.sim.operators.reference import to_node_proto

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.sim.operators.registry import OperatorSpec

_NUMBERS = {name: number for number, name in ELEMENT_TYPE_NAMES.items()}


def instantiate(function: Function, node: Node) -> Graph:
    """Return a function's body as one call of it sees it.

    1. A reference to an attribute becomes the node's attribute, or the function's default; with
       neither the attribute is absent.
    2. A formal input that the node leaves out is left out wherever the body reads it.
    3. Of the outputs, those the node asks for remain, in order.
    """
    values = {**function.attribute_defaults, **node.attributes}
    formal = function.graph.inputs
    given = len(node.inputs)
    absent = {n for i, n in enumerate(formal) if i >= given or not node.inputs[i]}
    body = _substitute(function.graph, values, absent)
    wanted = zip(body.outputs, node.outputs, strict=False)
    return replace(body, outputs=tuple(name if actual else "" for name, actual in wanted))


def _substitute(graph: Graph, values: Mapping[str, Any], absent: set[str]) -> Graph:
    nodes = tuple(
        replace(
            node,
            inputs=tuple("" if name in absent else name for name in node.inputs),
            attributes=_substitute_attributes(node.attributes, values, absent),
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def _substitute_attributes(
    attributes: Mapping[str, Any], values: Mapping[str, Any], absent: set[str]
) -> dict[str, Any]:
    result = {}
    for name, value in attributes.items():
        if isinstance(value, AttributeReference):
            if value.name in values:
                result[name] = values[value.name]
        elif isinstance(value, Graph):
            result[name] = _substitute(value, values, absent)
        else:
            result[name] = value
    return result


def has_schema_function(node: Node, version: int) -> bool:
    """Tell whether the standard defines an operator by a body of other operators."""
    schema = _schema(node.domain, node.op_type, version)
    return schema is not None and (schema.has_function or schema.has_context_dependent_function)


def schema_function(spec: OperatorSpec) -> Function | None:
    """Return the body that the standard gives for a node's operator, None if it gives none.

    A body that depends on the node needs its inputs' element types; without them there is none.
    """
    node = spec.node
    schema = _schema(node.domain, node.op_type, spec.version)
    if schema is None:
        return None
    defaults = {
        name: _attribute_value(attribute.default_value)
        for name, attribute in schema.attributes.items()
        if attribute.default_value.name
    }
    if schema.has_function:
        body = schema.function_body.SerializeToString()
    elif schema.has_context_dependent_function and all(
        kind for kind, name in zip(spec.types, node.inputs, strict=True) if name
    ):
        types = [
            helper.make_tensor_type_proto(_NUMBERS[kind], None) if kind else TypeProto()
            for kind in spec.types
        ]
        body = schema.get_context_dependent_function(
            to_node_proto(node, spec.version).SerializeToString(),
            [kind.SerializeToString() for kind in types],
        )
    else:
        return None
    return replace(_read(body, node, spec.version), attribute_defaults=defaults)


def _attribute_value(attribute: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value


def _schema(domain: str, op_type: str, version: int) -> Any:
    """Return the schema (untyped: onnx's stubs lack what it says about functions), or None."""
    if domain == "" and op_type in REFUSED:
        return None
    try:
        return onnx.defs.get_schema(op_type, version, domain)
    except onnx.defs.SchemaError:
        return None


def _read(body: bytes, node: Node, version: int) -> Function:
    """Decode a function by way of a model that holds nothing else."""
    from quantsim_viz.model import load_model

    proto = FunctionProto.FromString(body)
    proto.name, proto.domain = node.op_type, "expanded"
    if not proto.input:  # some bodies come without their formal names
        schema = onnx.defs.get_schema(node.op_type, version, node.domain)
        proto.input.extend(formal.name for formal in schema.inputs)
        proto.output.extend(formal.name for formal in schema.outputs)
    imports = list(proto.opset_import) or [helper.make_opsetid("", version)]
    model = helper.make_model(
        helper.make_graph([], "none", [], []),
        functions=[proto],
        opset_imports=[*imports, helper.make_opsetid("expanded", 1)],
    )
    return load_model(model).functions["expanded", node.op_type]
