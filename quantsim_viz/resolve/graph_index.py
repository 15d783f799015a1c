"""Number a model's operators and collect its tensors (`docs/semantics.md` §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.topology import Op
from quantsim_viz.resolve.view import GraphView, constant_value

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Constant
    from quantsim_viz.resolve.view import ViewNode


class GraphIndex:
    """The operators of the top graph and of the bodies of `Scan`, and the tensors between them.

    Attributes:
        graphs: The top graph and, depth first, the bodies of `Scan`, each with whether it is one.
        ops: Every operator, the top graph's first (§1.4).
        by_type: Numbers of the operators of each type.
        producer: Number of the operator that computes a tensor.
        consumers: Numbers of the operators that use a tensor, one entry a use (§1.5).
        model_inputs: Inputs of the top graph.
        static: Stored constants and outputs of `Constant` nodes.
        values: Those of them that hold a tensor.
        top_values: The same in the top graph alone.
        constants: `static` without graph inputs.
        shapes: Shapes of inputs, stored constants and `Constant` outputs.
        body_names: Tensors that belong to bodies.
    """

    def __init__(self, top: GraphView) -> None:
        self.graphs: list[tuple[GraphView, bool]] = []
        self.ops: list[Op] = []
        self.by_type: dict[str, list[int]] = {}
        self.producer: dict[str, int] = {}
        self.consumers: dict[str, list[int]] = {}
        self.model_inputs: set[str] = set()
        self.static: set[str] = set()
        self.values: dict[str, Constant] = {}
        self.top_values: dict[str, Constant] = {}
        self.constants: set[str] = set()
        self.shapes: dict[str, tuple[Any, ...]] = {}
        self.body_names: set[str] = set()
        self._known: set[str] = set()
        self._body_of: dict[str, GraphView] = {}
        self._collect_graphs(top, is_body=False)
        for view, is_body in self.graphs:
            self._collect_tensors(view, is_body)
            if not is_body:
                self.top_values = self.values.copy()
        self._collect_ops()

    def uses(self, op: Op) -> list[int]:
        """Return the operators that use an operator's outputs, one entry a use."""
        return [use for out in op.node.outputs for use in self.consumers.get(out, ())]

    def _collect_graphs(self, view: GraphView, *, is_body: bool) -> None:
        self.graphs.append((view, is_body))
        for node in view.nodes:
            if node.op_type != "Scan":
                continue
            for body in node.bodies:
                self._body_of[node.name] = body
                self._collect_graphs(body, is_body=True)

    def _collect_tensors(self, view: GraphView, is_body: bool) -> None:
        for name, constant in view.initializers.items():
            self.values[name] = constant
            self.static.add(name)
            self.constants.add(name)
            self.shapes[name] = tuple(constant.shape)
        for name in view.inputs:
            self.constants.discard(name)
            if not is_body:
                self.model_inputs.add(name)
            tensor = view.tensors.get(name)
            shape = tensor.shape if tensor is not None else None
            self.shapes[name] = () if shape is None else shape
        self._known.update(view.initializers, view.inputs)
        for node in view.nodes:
            self._known.update(node.outputs)
            if is_body:
                self.body_names.update(node.outputs)
            if node.op_type == "Constant" and node.outputs:
                self._collect_constant(node)
        if is_body:
            self.body_names.update(view.initializers)

    def _collect_constant(self, node: ViewNode) -> None:
        name, value = node.outputs[0], constant_value(node)
        self.static.add(name)
        self.constants.add(name)
        self.shapes[name] = tuple(value.shape) if value is not None else ()
        if value is not None:
            self.values[name] = value

    def _collect_ops(self) -> None:
        first_of: dict[int, range] = {}
        pending: list[tuple[ViewNode, bool]] = []
        for view, is_body in self.graphs:
            nodes = [node for node in view.nodes if node.op_type != "Constant"]
            first_of[id(view)] = range(len(pending), len(pending) + len(nodes))
            pending.extend((node, is_body) for node in nodes)
        for index, (node, is_body) in enumerate(pending):
            body = self._body_of.get(node.name) if node.op_type == "Scan" else None
            inputs = tuple(name for name in node.inputs if name)
            self._link(index, node, inputs)
            bodies = tuple(first_of[id(body)]) if body is not None else ()
            self.ops.append(Op(index, node, node.op_type, inputs, is_body, bodies))
            self.by_type.setdefault(node.op_type, []).append(index)

    def _link(self, index: int, node: ViewNode, inputs: tuple[str, ...]) -> None:
        for name in inputs:
            if name not in self._known:
                raise Refused(
                    "undefined-tensor",
                    f"Node {node.name!r} reads {name!r}, which no graph input, constant or node"
                    " defines; AIMET refuses such a model.",
                    nodes=node.members,
                )
            self.consumers.setdefault(name, []).append(index)
        for name in node.outputs:
            self.producer[name] = index
