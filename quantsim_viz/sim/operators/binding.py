"""Bind nodes to what executes them: a torch kernel, an expanded function, or the reference."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import torch

from quantsim_viz.errors import UnsupportedOperator
from quantsim_viz.sim.operators import functions as function_bodies
from quantsim_viz.sim.operators import reference
from quantsim_viz.sim.operators.dtypes import to_tensor
from quantsim_viz.sim.operators.program import BoundOperator, Executor, Program, Wiring
from quantsim_viz.sim.operators.registry import Layout, OperatorSpec, find
from quantsim_viz.sim.operators.support import (
    UNKNOWN_OPERATOR,
    subgraphs,
    unsupported_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.model.graph import Function, Graph, Node
    from quantsim_viz.sim.operators.registry import Kernel

_NO_FUNCTIONS: Mapping[tuple[str, str], Function] = MappingProxyType({})
_NO_CONSTANTS: Mapping[int, Tensor] = MappingProxyType({})
_NO_TYPES: Mapping[str, str | None] = MappingProxyType({})


def bind(
    node: Node,
    *,
    opset: Mapping[str, int],
    functions: Mapping[tuple[str, str], Function] = _NO_FUNCTIONS,
    constants: Mapping[int, Tensor] = _NO_CONSTANTS,
    device: torch.device | str = "cpu",
    types: Mapping[str, str | None] = _NO_TYPES,
    layout: Layout = Layout.ROW_MAJOR,
) -> BoundOperator:
    """Decide everything about a node that can be decided ahead of execution.

    1. A model-local function of that name is expanded and run by our own interpreter.
    2. An operator of the table becomes its torch kernel.
    3. An operator that the standard defines by other operators is expanded likewise.
    4. Anything else goes to the reference evaluator, if it knows the operator.

    Args:
        node: The node; attribute references already resolved.
        opset: Operator-set versions by domain.
        functions: The model's functions.
        constants: By input index, values that will be the same at every call of what is returned:
            the kernel need not look at the tensor again. Give them as they shall be used, after
            their quantizers.
        device: Where tensors live.
        types: Element types by tensor name; needed only for types torch stores in a wider one.
        layout: Which orders of memory the outputs may have.

    Raises:
        UnsupportedOperator: Nobody can execute it.
    """
    device = torch.device(device)

    def build(graph: Graph) -> Program:
        return compile_graph(
            graph,
            opset=opset,
            functions=functions,
            device=device,
            outer_types=types,
            layout=layout,
        )

    spec = OperatorSpec(
        node=node,
        version=opset.get(node.domain, 1),
        constants=constants,
        types=tuple(types.get(name) if name else None for name in node.inputs),
        output_types=tuple(types.get(name) if name else None for name in node.outputs),
        device=device,
        layout=layout,
        build=build,
    )
    function = functions.get((node.domain, node.op_type))
    if function is not None:
        return _bind_function(spec, function, functions)
    entry = find(node.domain, node.op_type, spec.version)
    if entry is not None:
        kernel = entry.factory(spec)
        return _bound(spec, kernel, may_alias=entry.aliases)
    function = function_bodies.schema_function(spec)
    if function is not None:
        return _bind_function(spec, function, functions)
    if reference.knows(node, spec.version):
        spec.executor = "onnx.reference"
        return _bound(spec, reference.kernel(spec, opset), may_alias=False)
    raise unsupported_error((node,))


def _bound(spec: OperatorSpec, kernel: Kernel, *, may_alias: bool) -> BoundOperator:
    return BoundOperator(
        node=spec.node,
        kernel=kernel,
        executor=cast("Executor", spec.executor),
        captures=spec.captures,
        may_alias=may_alias,
        folded=tuple(sorted(spec.folded)),
    )


def _bind_function(
    spec: OperatorSpec, function: Function, functions: Mapping[tuple[str, str], Function]
) -> BoundOperator:
    body = function_bodies.instantiate(function, spec.node)
    formal = len(body.inputs)
    fixed = {i: value for i in range(formal) if (value := spec.constant(i)) is not None}
    outer_types = dict(zip(body.inputs, spec.types, strict=False))
    program = compile_graph(
        body,
        opset=function.opset,
        functions=functions,
        device=spec.device,
        outer_types=outer_types,
        layout=spec.layout,
        constants={body.inputs[index]: value for index, value in fixed.items()},
    )

    def kernel(*inputs: Tensor | None) -> tuple[Tensor | None, ...]:
        values = [*inputs, *(None,) * (formal - len(inputs))]
        for index, value in fixed.items():
            values[index] = value
        return program.run(values)

    spec.executor = program.executor
    return _bound(spec, kernel, may_alias=True)


def compile_graph(
    graph: Graph,
    *,
    opset: Mapping[str, int],
    functions: Mapping[tuple[str, str], Function] = _NO_FUNCTIONS,
    device: torch.device | str = "cpu",
    outer_types: Mapping[str, str | None] = _NO_TYPES,
    constants: Mapping[str, Tensor] | None = None,
    overridden: Iterable[str] = (),
    wanted: Sequence[str] | None = None,
    layout: Layout = Layout.ANY,
) -> Program:
    """Prepare a graph for plain float execution.

    Args:
        graph: A top graph, a subgraph or a function's body.
        opset: Operator-set versions by domain.
        functions: The model's functions.
        device: Where tensors live.
        outer_types: Element types of tensors that outer graphs define.
        constants: Values of inputs that are the same at every run.
        overridden: Initializers that are inputs too and will be given a value.
        wanted: What `run` returns; the graph's outputs by default. Nodes that do not contribute
            are left out.
        layout: Which orders of memory values may have.

    Raises:
        UnsupportedOperator: A node cannot be executed; the message names all of them.
    """
    wanted = tuple(graph.outputs if wanted is None else wanted)
    types = {
        **outer_types,
        **{name: tensor.dtype for name, tensor in graph.tensors.items() if tensor.dtype},
    }
    known = dict(constants or {})
    given = set(overridden)
    initializers = {name: c for name, c in graph.initializers.items() if name not in given}
    fed = [n for n in graph.inputs if n not in initializers]
    wiring = Wiring(fed)
    bounds: list[BoundOperator] = []
    missing: list[Node] = []
    needed = _contributing(graph.nodes, wanted)
    for name in wanted:
        if name in initializers:
            known[name] = to_tensor(initializers[name].numpy(), torch.device(device))
    for node in needed:
        for name in _reads(node):
            if name in initializers and name not in known:
                known[name] = to_tensor(initializers[name].numpy(), torch.device(device))
        try:
            bound = bind(
                node,
                opset=opset,
                functions=functions,
                constants={i: known[n] for i, n in enumerate(node.inputs) if n in known},
                device=device,
                types=types,
                layout=layout,
            )
        except UnsupportedOperator as error:
            if error.code != UNKNOWN_OPERATOR:
                raise
            missing.append(node)
            continue
        if node.op_type == "Constant" and node.domain == "":
            value = bound.call(())[0]
            if value is not None:
                known[node.outputs[0]] = value
                continue
        bounds.append(bound)
    if missing:
        raise unsupported_error(missing)
    return wiring.program(bounds, known, wanted)


def _reads(node: Node) -> Iterator[str]:
    """Yield the names a node reads, those of its subgraphs' outer tensors too."""
    yield from (name for name in node.inputs if name)
    for graph in subgraphs(node):
        yield from outer_names(graph)


def outer_names(graph: Graph) -> tuple[str, ...]:
    """Return the names that a subgraph reads and does not define, in order of first use."""
    defined = {*graph.inputs, *graph.initializers}
    found: dict[str, None] = {}
    for node in graph.nodes:
        found.update(dict.fromkeys(name for name in _reads(node) if name not in defined))
        defined.update(node.outputs)
    found.update(dict.fromkeys(name for name in graph.outputs if name not in defined))
    return tuple(found)


def _contributing(nodes: Sequence[Node], wanted: Sequence[str]) -> list[Node]:
    """Return the nodes that the wanted values depend on, in order."""
    live = set(wanted)
    kept = []
    for node in reversed(nodes):
        if live.intersection(name for name in node.outputs if name):
            kept.append(node)
            live.update(_reads(node))
    return kept[::-1]
