"""Build a `Topology` from a view: operators, their order, parameters and quantizers.

Source: `docs/semantics.md` §1, §2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.grid import (
    CONSTANT_SOURCES,
    QUANTIZABLE_DTYPES,
    WITHOUT_OUTPUT_QUANTIZER,
    is_grid_preserving,
)
from quantsim_viz.resolve.ordering import ordered_ops
from quantsim_viz.resolve.params import PARAM_INPUTS, channel_axis
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.resolve.topology import Op, Param, Topology
from quantsim_viz.resolve.view import SUPERGROUP_DOMAIN, GraphView, constant_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.model.graph import Constant
    from quantsim_viz.resolve.view import ViewNode


def build_topology(top: GraphView, passes: tuple[str, ...], dtypes: dict[str, str]) -> Topology:
    """Number operators and quantizers and link them.

    Args:
        top: The top graph's view, after fusion.
        passes: The pass list it was fused with.
        dtypes: Element type of every tensor of the top graph that has a known one.

    Raises:
        Refused: AIMET refuses the graph itself (§1.4, §1.7).
    """
    return _Builder(top, passes, dtypes).build()


def _scan_bodies(view: GraphView) -> Iterator[tuple[ViewNode, GraphView]]:
    for node in view.nodes:
        if node.op_type == "Scan":
            yield from ((node, body) for body in node.bodies)


class _Builder:
    """Collects the parts of a `Topology` in one pass each; used once."""

    def __init__(self, top: GraphView, passes: tuple[str, ...], dtypes: dict[str, str]) -> None:
        self.top, self.passes, self.dtypes = top, passes, dtypes
        self.constants: set[str] = set()
        self.model_inputs: set[str] = set()
        self.values: dict[str, Constant] = {}
        self.static: set[str] = set()
        self.shapes: dict[str, tuple[Any, ...]] = {}
        self.known: set[str] = set()
        self.body_names: set[str] = set()
        self.ops: list[Op] = []
        self.producer: dict[str, int] = {}
        self.consumers: dict[str, list[int]] = {}
        self.by_type: dict[str, list[int]] = {}

    def build(self) -> Topology:
        graphs = self._collect_graphs()
        for view, is_body in graphs:
            self._collect_tensors(view, is_body)
        self._collect_ops(graphs)
        found = [self._find_params(op) for op in self.ops]
        params_by_op = [tuple(by_name.items()) for by_name in found]
        names, kinds, param_count, free = self._collect_quantizers(params_by_op)
        quantizer_of = {name: i for i, name in enumerate(names)}
        params = [
            tuple(
                Param(n, t, None if n in self.body_names else quantizer_of.get(n)) for n, t in of_op
            )
            for of_op in params_by_op
        ]
        self._refuse_conflicting_weights(params_by_op)
        param_names = {name for of_op in params_by_op for name, _ in of_op}
        uses = [self._uses(op) for op in self.ops]
        return Topology(
            view=self.top,
            passes=self.passes,
            ops=tuple(self.ops),
            ordered=ordered_ops(self.ops, self.consumers, self.producer),
            by_type=self.by_type,
            producer=self.producer,
            consumers=self.consumers,
            following=[u[0] if len(u) == 1 else -1 for u in uses],
            output_uses=[len(u) for u in uses],
            names=tuple(names),
            kinds=tuple(kinds),
            quantizer_of=quantizer_of,
            param_count=param_count,
            input_quantizers=self._input_quantizers(quantizer_of, param_count),
            output_quantizers=[
                tuple(
                    q
                    for name in op.node.outputs
                    if (q := quantizer_of.get(name, -1)) >= param_count
                )
                for op in self.ops
            ],
            params=params,
            axis=self._axes(params, len(names)),
            above=self._above(quantizer_of),
            input_uses=tuple(
                (op.index, quantizer_of[name])
                for op in self.ops
                for name in op.inputs
                if name in self.model_inputs and name not in self.producer and name in quantizer_of
            ),
            free_inputs=tuple(free),
            constant_outputs=tuple(
                quantizer_of[name]
                for view, _ in graphs
                for node in view.nodes
                if node.op_type in CONSTANT_SOURCES
                for name in node.outputs
                if name in quantizer_of
            ),
            constants=frozenset(self.constants - param_names),
            shapes=self.shapes,
            scalars=self.values,
            dtypes=self.dtypes,
            ends=tuple(op.index for op, used in zip(self.ops, uses, strict=True) if not used),
        )

    # -- tensors and operators -------------------------------------------------------------------

    def _collect_graphs(self) -> list[tuple[GraphView, bool]]:
        """List the top graph and, depth first, the bodies of `Scan` (§1.4), linked to nodes."""
        self.body_of: dict[str, GraphView] = {}
        graphs: list[tuple[GraphView, bool]] = []

        def walk(view: GraphView, is_body: bool) -> None:
            graphs.append((view, is_body))
            for node, body in _scan_bodies(view):
                self.body_of[node.name] = body
                walk(body, True)

        walk(self.top, False)
        return graphs

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
        self.known.update(view.initializers, view.inputs)
        for node in view.nodes:
            self.known.update(node.outputs)
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

    def _collect_ops(self, graphs: list[tuple[GraphView, bool]]) -> None:
        first_of: dict[int, range] = {}
        pending: list[tuple[ViewNode, bool]] = []
        for view, is_body in graphs:
            nodes = [node for node in view.nodes if node.op_type != "Constant"]
            first_of[id(view)] = range(len(pending), len(pending) + len(nodes))
            pending.extend((node, is_body) for node in nodes)
        for index, (node, is_body) in enumerate(pending):
            body = self.body_of.get(node.name) if node.op_type == "Scan" else None
            inputs = tuple(name for name in node.inputs if name)
            self._link(index, node, inputs)
            bodies = tuple(first_of[id(body)]) if body is not None else ()
            self.ops.append(Op(index, node, node.op_type, inputs, is_body, bodies))
            self.by_type.setdefault(node.op_type, []).append(index)

    def _link(self, index: int, node: ViewNode, inputs: tuple[str, ...]) -> None:
        for name in inputs:
            if name not in self.known:
                raise Refused(
                    "undefined-tensor",
                    f"Node {node.name!r} reads {name!r}, which no graph input, constant or node"
                    " defines; AIMET refuses such a model.",
                    nodes=node.members,
                )
            self.consumers.setdefault(name, []).append(index)
        for name in node.outputs:
            self.producer[name] = index

    def _uses(self, op: Op) -> list[int]:
        return [use for out in op.node.outputs for use in self.consumers.get(out, ())]

    # -- parameters ------------------------------------------------------------------------------

    def _find_params(self, op: Op) -> dict[str, str]:
        """Map the constants an operator uses as parameters to their type (§2)."""
        if op.op_type == "MatMul":
            candidates = [(self._matmul_weight(op), "weight")]
        else:
            inputs = op.node.inputs
            candidates = [
                (self._head_of_identities(inputs[index]), kind)
                for index, kind in PARAM_INPUTS.get(op.op_type, ())
                if index < len(inputs)
            ]
        return {name: kind for name, kind in candidates if name is not None and name in self.values}

    def _head_of_identities(self, name: str) -> str | None:
        while (above := self._identity_input(name)) is not None:
            name = above
        return name if name in self.static else None

    def _identity_input(self, name: str) -> str | None:
        index = self.producer.get(name) if name else None
        if index is None or self.ops[index].op_type != "Identity":
            return None
        return self.ops[index].node.inputs[0] if self.ops[index].node.inputs else None

    def _matmul_weight(self, op: Op) -> str | None:
        inputs = op.node.inputs
        if len(inputs) < 2:
            return None
        if inputs[1] in self.static:
            return inputs[1]
        index = self.producer.get(inputs[1])
        if index is None or self.ops[index].op_type != "Transpose":
            return None
        return next((name for name in self.ops[index].node.inputs if name in self.static), None)

    def _refuse_conflicting_weights(self, params: list[tuple[tuple[str, str], ...]]) -> None:
        """Refuse a weight that consumers of different types share, one of them a product (§1.7)."""
        for name in {n: None for of_op in params for n, kind in of_op if kind == "weight"}:
            consumers: dict[int, str] = {}
            queue = list(self.consumers.get(name, ()))
            while queue:
                op = self.ops[queue.pop()]
                if op.op_type == "Shape":
                    continue
                if op.op_type in ("Transpose", "Identity"):
                    queue.extend(self.consumers.get(op.node.outputs[0], ()))
                else:
                    consumers[op.index] = op.op_type
            types = set(consumers.values())
            if len(types) > 1 and types & {"Conv", "ConvTranspose", "MatMul", "Gemm"}:
                culprits = [self.ops[i] for i in sorted(consumers)]
                raise Refused(
                    "shared-weight",
                    f"Weight {name!r} is shared by operators of different types: "
                    + ", ".join(f"{op.node.name!r} ({op.op_type})" for op in culprits)
                    + ". AIMET refuses such a model; give each of them its own copy of the weight.",
                    nodes=tuple(member for op in culprits for member in op.node.members),
                )

    # -- quantizers ------------------------------------------------------------------------------

    def _collect_quantizers(
        self, params: list[tuple[tuple[str, str], ...]]
    ) -> tuple[list[str], list[Kind], int, list[int]]:
        names = list(
            dict.fromkeys(
                name for of_op in params for name, _ in of_op if name not in self.body_names
            )
        )
        param_count = len(names)
        kinds = [Kind.PARAM] * param_count
        seen = set(names)
        free: list[int] = []
        excluded = self._excluded_tensors()
        fixed_constants = {
            name
            for node in self.top.nodes
            if node.op_type in CONSTANT_SOURCES
            for name in node.outputs
        }

        def add(name: str, kind: Kind) -> bool:
            if name in seen or name in excluded or self.dtypes.get(name) not in QUANTIZABLE_DTYPES:
                return False
            seen.add(name)
            names.append(name)
            kinds.append(kind)
            return True

        for name in self.top.inputs:
            add(name, Kind.INPUT)
        for node in self.top.nodes:
            free.extend(len(names) - 1 for name in node.inputs if add(name, Kind.CONSTANT))
            for name in node.outputs:
                add(name, Kind.CONSTANT if name in fixed_constants else Kind.ACTIVATION)
        return names, kinds, param_count, free

    def _excluded_tensors(self) -> set[str]:
        """Name the tensors that get no quantizer whatever their type (§2)."""
        excluded = {""}
        masks: set[str] = set()
        for node in self.top.nodes:
            if node.op_type == "Resize":
                excluded.update(name for name in node.inputs if name != node.inputs[0])
            if node.op_type in WITHOUT_OUTPUT_QUANTIZER:
                excluded.update(node.outputs)
            if node.op_type == "MaskedSoftmax" and node.domain.startswith(SUPERGROUP_DOMAIN):
                masks.add(node.inputs[2])
        if masks:
            excluded |= self._used_only_as_masks(masks)
        return excluded

    def _used_only_as_masks(self, masks: set[str]) -> set[str]:
        kept = set(masks)
        for node in self.top.nodes:
            fused = node.op_type == "MaskedSoftmax" and node.domain.startswith(SUPERGROUP_DOMAIN)
            for name in kept.intersection(node.inputs):
                if not fused or node.inputs[2] != name:
                    kept.discard(name)
        return kept

    def _input_quantizers(
        self, quantizer_of: dict[str, int], param_count: int
    ) -> list[tuple[int, ...]]:
        """Return the activation quantizers of each operator's inputs, one a use (§3, §10.15).

        AIMET finds them by the name it gave the quantized tensor, cut at the first `_updated` or
        `_qdq`: a tensor whose own name holds one of these is taken for another.
        """
        found: dict[str, int | None] = {}

        def lookup(name: str) -> int | None:
            own = quantizer_of.get(name)
            cut = name if own is None else name + ("_qdq" if own < param_count else "_updated")
            for mark in ("_updated", "_qdq"):
                if mark in cut:
                    cut = cut[: cut.index(mark)]
                    break
            else:
                return None
            quantizer = quantizer_of.get(cut)
            return quantizer if quantizer is not None and quantizer >= param_count else None

        result = []
        for op in self.ops:
            of_op = []
            for name in op.inputs:
                if name not in found:
                    found[name] = lookup(name)
                quantizer = found[name]
                if quantizer is not None:
                    of_op.append(quantizer)
            result.append(tuple(of_op))
        return result

    def _axes(self, params: list[tuple[Param, ...]], count: int) -> list[int | None]:
        axes: list[int | None] = [None] * count
        done: set[int] = set()
        for op, of_op in zip(self.ops, params, strict=True):
            for param in of_op:
                if param.quantizer is None or param.quantizer in done:
                    continue
                done.add(param.quantizer)
                rank = len(self.values[param.tensor].shape)
                axes[param.quantizer] = channel_axis(
                    op.op_type, rank, transposed=self._is_transposed(op)
                )
        return axes

    def _is_transposed(self, op: Op) -> bool:
        if op.op_type == "Gemm":
            return bool(op.node.attributes.get("transB", 0))
        return op.op_type == "MatMul" and op.node.inputs[1] not in self.static

    def _above(self, quantizer_of: dict[str, int]) -> dict[str, str]:
        """Link outputs of grid-keeping operators and float casts to their first input (§3)."""
        above: dict[str, str] = {}
        for op in self.ops:
            node = op.node
            if op.in_body or not node.inputs or not node.inputs[0]:
                continue
            first = node.inputs[0]
            if is_grid_preserving(node.op_type, node.domain) or (
                node.op_type == "Cast"
                and (first in quantizer_of or self.dtypes.get(first) in QUANTIZABLE_DTYPES)
                and _CAST_TARGETS.get(node.attributes.get("to", 0)) is not None
            ):
                for name in node.outputs:
                    if name:
                        above[name] = first
        return above


_CAST_TARGETS = {1: "float32", 10: "float16", 16: "bfloat16"}
"""ONNX element type numbers of the quantizable types, as `Cast` names them."""
