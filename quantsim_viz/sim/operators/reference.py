"""One adapter for what no torch kernel covers: `onnx.reference`, a node at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx.defs
from onnx import NodeProto, ValueInfoProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from quantsim_viz.model.graph import AttributeReference, Graph
from quantsim_viz.sim.operators.conformance import REFUSED
from quantsim_viz.sim.operators.dtypes import NUMPY, SUB_BYTE, to_numpy, to_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from quantsim_viz.model.graph import Node
    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


def _evaluator(node: NodeProto, opset: Mapping[str, int]) -> ReferenceEvaluator:
    graph = helper.make_graph(
        [node],
        "one_node",
        [ValueInfoProto(name=name) for name in dict.fromkeys(node.input) if name],
        [ValueInfoProto(name=name) for name in node.output if name],
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in opset.items()]
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=imports))


def knows(node: Node, version: int) -> bool:
    """Tell whether the reference evaluator can execute a node; all it does is raise if not."""
    if node.domain == "" and node.op_type in REFUSED:
        return False
    if any(isinstance(value, Graph) for value in node.attributes.values()):
        return False
    try:
        _evaluator(to_node_proto(node, version), {"": 1, node.domain: version})
    except Exception:  # any of a dozen types, all meaning "not here"
        return False
    return True


def to_node_proto(node: Node, version: int) -> NodeProto:
    """Return a node as a protocol buffer, its attributes typed as the operator's schema says."""
    proto = helper.make_node(node.op_type, node.inputs, node.outputs, node.name, domain=node.domain)
    expected: Mapping[str, Any] = {}
    if onnx.defs.has(node.op_type, node.domain):
        expected = onnx.defs.get_schema(node.op_type, version, node.domain).attributes
    for name, value in node.attributes.items():
        if isinstance(value, AttributeReference):
            continue
        kind = expected[name].type.value if name in expected else None
        proto.attribute.append(helper.make_attribute(name, _encoded(value), attr_type=kind))
    return proto


def _encoded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    if hasattr(value, "numpy"):
        return numpy_helper.from_array(value.numpy(), value.name)
    return value


def kernel(spec: OperatorSpec, opset: Mapping[str, int]) -> Kernel:
    """Return a kernel that hands the node to the reference evaluator."""
    node = spec.node
    evaluator = _evaluator(to_node_proto(node, spec.version), {"": 1, **opset})
    names, types, device = node.inputs, spec.types, spec.device
    wanted = [name for name in node.outputs if name]

    def run(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        feed = {
            name: _outside(value, kind)
            for name, value, kind in zip(names, inputs, types, strict=True)
            if value is not None
        }
        found = dict(zip(wanted, evaluator.run(None, feed), strict=True))
        return tuple(
            to_tensor(np.asarray(found[name]), device) if name else None for name in node.outputs
        )

    return run


def _outside(value: Tensor, declared: str | None) -> np.ndarray[Any, Any]:
    """Return a tensor as the array that the reference expects for a declared element type."""
    array = to_numpy(value)
    return array.astype(NUMPY[declared]) if declared in SUB_BYTE else array
