"""From a model to the view that the cascade works on (`docs/semantics.md` §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.constant_reader import ConstantReader
from quantsim_viz.resolve.fusion import fuse
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.view import GraphView, view_of

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Model

_QUANTIZED_ALREADY = frozenset({"QuantizeLinear", "DequantizeLinear", "QcQuantizeOp"})


def prepare_view(model: Model, passes: tuple[str, ...]) -> GraphView:
    """Return the top graph as the cascade sees it: checked, and fused by the pass list.

    Raises:
        Refused: AIMET does not take the model at all (§1.1).
    """
    _refuse_quantized_model(model)
    _refuse_bfloat16(model)
    view = view_of(model.graph)
    if not passes:
        return view
    constants = ConstantReader(view)
    return fuse(view, passes, constants, _declared_ranks(model), model.opset.get(""))


def _declared_ranks(model: Model) -> dict[str, int]:
    """Return the ranks that the file itself declares: fusion comes before inference (§5.1)."""
    graph = model.proto.graph
    ranks = {name: len(constant.shape) for name, constant in model.graph.initializers.items()}
    for value in (*graph.value_info, *graph.output, *graph.input):
        tensor = value.type.tensor_type
        if tensor.HasField("shape"):
            ranks[value.name] = len(tensor.shape.dim)
    return ranks


def _refuse_quantized_model(model: Model) -> None:
    found = [node for node in model.graph.nodes if node.op_type in _QUANTIZED_ALREADY]
    if found:
        raise Refused(
            "quantized-model",
            f"The model holds {len(found)} quantizer node(s) already, the first {found[0].name!r}"
            f" ({found[0].op_type}); AIMET takes float models only. Remove them.",
            nodes=tuple(node.name for node in found),
        )


def _refuse_bfloat16(model: Model) -> None:
    graph = model.graph
    found = [
        name
        for name in (*graph.inputs, *graph.outputs)
        if name in graph.tensors and graph.tensors[name].dtype == "bfloat16"
    ]
    if found:
        raise Refused(
            "bfloat16-boundary",
            f"{found[0]!r} is a bfloat16 model input or output; AIMET takes bfloat16 inside a model"
            " only. Cast it.",
        )
