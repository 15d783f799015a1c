"""Is it a valid model? `onnx.checker`'s answer, without the strictness that nobody needs.

Checking works on the copy without weights (`stripped`), which is first relieved of what the checker
refuses but AIMET and onnxruntime accept: newer or very old IR versions, outputs without a declared
type or shape, operator domains that are not imported, nodes out of order, an operator that was
withdrawn for a newer version of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
from onnx import ModelProto, checker, defs

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import ModelError
from quantsim_viz.model.stripped import guess_kind, iter_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from onnx import FunctionProto, GraphProto, NodeProto

_OLDEST_IR = 4
"""From here on, initializers need not be listed among the graph's inputs."""

_TYPED_ATTRIBUTES = 2
"""From here on, attributes say of which kind they are."""

_WITHDRAWN = "GroupNormalization"
"""Deprecated in operator sets 18 to 20, where its scale and bias are per group; executed by
onnxruntime all the same. What else is deprecated (Upsample from 10 on, Scatter from 11 on) has
another name there, and onnxruntime refuses it too."""

_MOST_CALLS = 1_000_000
"""More nodes than this, functions written out, are an attack or a mistake."""


def check(stripped: ModelProto, *, name: str, path: str | None) -> tuple[Diagnostic, ...]:
    """Check a model without weights and bring its nodes, in place, into topological order.

    Args:
        stripped: The model without weights, node names filled.
        name: What to call the model in messages.
        path: The file it came from, for the error.

    Returns:
        Findings that need not stop anybody.

    Raises:
        ModelError: The model is not valid (`invalid-model`).
    """
    findings = []
    _refuse_endless_functions(stripped, name, path)
    _refuse_uneven_splits(stripped, name, path)
    moved = _sort_nodes(stripped.graph)
    if moved:
        findings.append(
            Diagnostic(
                "unsorted-nodes",
                Severity.WARNING,
                f"The nodes of {name} are not in the order of execution, which ONNX requires; "
                f"node `{moved}` reads what a later node computes. Save the model sorted.",
                nodes=(moved,),
            )
        )
    lenient = ModelProto()
    lenient.CopyFrom(stripped)
    _relieve(lenient)
    try:
        checker.check_model(lenient.SerializeToString())
    except (checker.ValidationError, ValueError, RuntimeError) as error:
        reason = _missing_producer(stripped.graph) or " ".join(
            str(error).replace("==> Context: ", "— ").split()
        )
        raise ModelError(
            f"{name} is not a valid ONNX model: {reason[:500]}",
            code="invalid-model",
            hint="export it again, or mend it with `onnx.checker.check_model` at hand",
            path=path,
        ) from None
    return tuple(findings)


def _missing_producer(graph: GraphProto) -> str:
    """Say which node reads what nothing computes, or computes from its own output; "" if none."""
    defined = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    computed = {name for node in graph.node for name in node.output}
    for node in graph.node:
        for name in node.input:
            if name and name not in defined:
                reason = "the graph is a circle there" if name in computed else "nothing computes"
                return f"node `{node.name}` reads tensor `{name}`, but {reason}" + (
                    "" if name in computed else " it"
                )
        defined.update(node.output)
    return ""


def _relieve(model: ModelProto) -> None:
    if model.ir_version:
        if model.ir_version < _TYPED_ATTRIBUTES:
            for node in iter_nodes(model.graph):
                for attribute in node.attribute:
                    attribute.type = attribute.type or guess_kind(attribute)
        model.ir_version = max(_OLDEST_IR, min(model.ir_version, onnx.IR_VERSION))
    _rename_withdrawn(model.opset_import, iter_nodes(model.graph))
    for function in model.functions:
        _rename_withdrawn(function.opset_import, _iter_function_nodes(function))
    imported = {entry.domain for entry in model.opset_import}
    for domain in sorted({node.domain for node in iter_nodes(model.graph)} - imported - {""}):
        model.opset_import.add(domain=domain, version=1)
    for output in model.graph.output:
        if not output.type.WhichOneof("value"):
            output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.shape.SetInParent()
    for value in model.graph.input:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.shape.SetInParent()
    del model.graph.value_info[:]


def _rename_withdrawn(imports: Any, nodes: Iterable[NodeProto]) -> None:
    """Move operators that the checker need not judge into a domain that it does not know."""
    opset = {entry.domain: entry.version for entry in imports}.get("", 1)
    if not defs.has(_WITHDRAWN, opset) or not defs.get_schema(_WITHDRAWN, opset).deprecated:
        return
    renamed = [node for node in nodes if (node.domain, node.op_type) == ("", _WITHDRAWN)]
    for node in renamed:
        node.domain = "withdrawn"
    if renamed:
        imports.add(domain="withdrawn", version=1)


def _sort_nodes(graph: GraphProto) -> str | None:
    """Sort the nodes of the top graph; return the first one that stood too early, if any."""
    known = {value.name for value in graph.input} | {value.name for value in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output if name}
    first: str | None = None
    for node in graph.node:
        if any(name in producers and name not in known for name in node.input):
            first = node.name
            break
        known.update(node.output)
    if first is None:
        return None
    order = _depth_first(graph.node, producers)
    del graph.node[:]
    graph.node.extend(order)
    return first


def _depth_first(nodes: Sequence[NodeProto], producers: Mapping[str, NodeProto]) -> list[NodeProto]:
    done: set[str] = set()
    order: list[NodeProto] = []
    stack = [(node, False) for node in reversed(nodes)]
    open_: set[str] = set()
    while stack:
        node, ready = stack.pop()
        if node.name in done:
            continue
        if ready:
            done.add(node.name)
            order.append(node)
            continue
        if node.name in open_:
            continue  # a cycle; the checker will name it
        open_.add(node.name)
        stack.append((node, True))
        stack.extend(
            (producers[name], False)
            for name in reversed(node.input)
            if name in producers and producers[name].name not in done
        )
    return order


def _refuse_endless_functions(model: ModelProto, name: str, path: str | None) -> None:
    """Refuse functions that call themselves or, written out, are beyond all bounds.

    Inference and checking follow calls; such a model would keep them busy for ever.
    """
    functions = {(function.domain, function.name): function for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}
    problem = ""
    for function in model.functions:
        problem = problem or _measure(function, functions, sizes)
    calls = sum(sizes.get((node.domain, node.op_type), 1) for node in iter_nodes(model.graph))
    if not problem and calls > _MOST_CALLS:
        problem = f"its functions, written out, have {calls} nodes"
    if problem:
        raise ModelError(
            f"{name} is not a valid ONNX model: {problem}",
            code="invalid-model",
            hint="ONNX functions must not be recursive; export the model again",
            path=path,
        )


def _refuse_uneven_splits(model: ModelProto, name: str, path: str | None) -> None:
    """Refuse a `Split` that announces another number of outputs than it has.

    The checker passes it, and ONNX's inference ends the whole process over it (seen with 1.23).
    """
    for node in iter_nodes(model.graph):
        announced = [a.i for a in node.attribute if a.name == "num_outputs"]
        if node.op_type == "Split" and announced and announced[0] != len(node.output):
            raise ModelError(
                f"{name} is not a valid ONNX model: node `{node.name}` (Split) has num_outputs"
                f" {announced[0]} and {len(node.output)} outputs",
                code="invalid-model",
                hint="export it again; the two must be equal",
                path=path,
            )


def _measure(
    function: FunctionProto,
    functions: Mapping[tuple[str, str], FunctionProto],
    sizes: dict[tuple[str, str], int],
) -> str:
    """Put the written-out size of `function` and all it calls into `sizes`; return the problem."""
    stack = [((function.domain, function.name), False)]
    open_: set[tuple[str, str]] = set()
    while stack:
        key, ready = stack.pop()
        if key in sizes:
            continue
        called = [(node.domain, node.op_type) for node in _iter_function_nodes(functions[key])]
        if ready:
            sizes[key] = sum(sizes.get(callee, 1) for callee in called)
            open_.discard(key)
            continue
        open_.add(key)
        stack.append((key, True))
        for callee in called:
            if callee in open_:
                return f"its function `{callee[1]}` calls itself"
            if callee in functions and callee not in sizes:
                stack.append((callee, False))
    return ""


def _iter_function_nodes(function: FunctionProto) -> Iterator[NodeProto]:
    for node in function.node:
        yield node
        for entry in node.attribute:
            if entry.HasField("g"):
                yield from iter_nodes(entry.g)
