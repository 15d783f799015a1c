"""The element types by which AIMET decides what can carry a quantizer (`docs/semantics.md` §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Model, Node

_WRAPPERS = frozenset(
    {"SequenceConstruct", "SequenceInsert", "SequenceErase", "SplitToSequence", "Optional"}
)
"""Operators that wrap tensors; AIMET sees the element type of what is inside."""

_RUNNABLE_DOMAINS = frozenset(
    {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.training",
        "ai.onnx.preview.training",
        "com.microsoft",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
        "com.ms.internal.nhwc",
        "org.pytorch.aten",
    }
)
"""Operator domains that ONNX Runtime has operators of."""


def known_dtypes(model: Model) -> dict[str, str]:
    """Return the element types AIMET knows of, by tensor of the top graph.

    1. Strict shape inference tells all of them.
    2. Where that fails AIMET runs the model once and looks at what comes out, which tells nothing
       of stored constants and of outputs that nothing uses.

    Raises:
        Refused: It would have to be run and holds operators that ONNX Runtime does not have.
    """
    graph = model.graph
    known = {name: t.dtype for name, t in graph.tensors.items() if t.dtype is not None}
    for node in graph.nodes:
        if node.op_type in _WRAPPERS:
            _add_wrapped(known, node)
    if model.strict_types:
        return known
    _refuse_unrunnable(model)
    seen = set(graph.outputs)
    for node in graph.nodes:
        seen.update(node.inputs)
    return {
        name: dtype
        for name, dtype in known.items()
        if name in seen and name not in graph.initializers
    }


def _add_wrapped(known: dict[str, str], node: Node) -> None:
    inside = next((known[name] for name in node.inputs if name in known), None)
    if inside is not None and node.outputs:
        known.setdefault(node.outputs[0], inside)


def _refuse_unrunnable(model: Model) -> None:
    functions = model.functions
    found = [
        node
        for node in model.graph.nodes
        if node.domain not in _RUNNABLE_DOMAINS and (node.domain, node.op_type) not in functions
    ]
    if found:
        raise Refused(
            "unrunnable-operator",
            f"Node {found[0].name!r} is a {found[0].domain}.{found[0].op_type}, which ONNX Runtime"
            " does not have, and shape inference cannot type the model, so AIMET tries to run it"
            " and fails. Declare the types of its outputs in the model (value_info).",
            nodes=tuple(node.name for node in found),
        )
