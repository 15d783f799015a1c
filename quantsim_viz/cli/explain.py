"""`quantsim-viz explain`: why a node or a tensor is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import (
    act_bits_option,
    config_option,
    fold_option,
    json_option,
    model_argument,
    param_bits_option,
)
from quantsim_viz.cli.output import write_json, write_text
from quantsim_viz.cli.resolve import load_cascade

if TYPE_CHECKING:
    from quantsim_viz.model import Graph
    from quantsim_viz.resolve import Cascade


@click.command(
    "explain",
    cls=Command,
    examples=[
        "quantsim-viz explain net.onnx -c default_config conv1",
        "quantsim-viz explain net.onnx -c my_config.json conv1.weight --json",
    ],
)
@model_argument
@config_option
@click.argument("name", metavar="NAME")
@param_bits_option
@act_bits_option
@fold_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    config: str,
    name: str,
    param_bits: int | str,
    act_bits: int | str,
    fold_batch_norms: bool,
    as_json: bool,
) -> None:
    """Show every rule that touches NAME, and what each overrode.

    NAME is a node or a tensor, as the model file has it.
    """
    cascade = load_cascade(model, config, param_bits, act_bits, fold=fold_batch_norms)
    text = cascade.explain(name)
    if as_json:
        write_json(explain_to_dict(cascade, name), None)
    else:
        write_text(text, None)
    if cascade.error is not None:
        ctx.exit(1)


def explain_to_dict(cascade: Cascade, name: str) -> dict[str, Any]:
    """Return what `resolve --json` says of one node or tensor.

    Args:
        cascade: A resolved configuration.
        name: A tensor's or a node's name; a tensor wins where both exist.
    """
    from quantsim_viz.resolve.serialize import (
        declaration_to_dict,
        node_to_dict,
        refusal_to_dict,
        setting_to_dict,
    )

    graph = cascade.model.graph
    is_tensor = name in graph.tensors
    tensors = (name,) if is_tensor else _tensors_of_node(graph, name)
    with_quantizer = [tensor for tensor in tensors if tensor in cascade.quantizers]
    return {
        "name": name,
        "error": refusal_to_dict(cascade.error),
        "node": None if is_tensor else node_to_dict(cascade.nodes[name]),
        "quantizers": {tensor: setting_to_dict(cascade[tensor]) for tensor in with_quantizer},
        "trace": {
            tensor: [declaration_to_dict(row) for row in cascade.trace(tensor)]
            for tensor in with_quantizer
        },
        "carries": {tensor: cascade.effective_quantizer(tensor) for tensor in tensors},
    }


def _tensors_of_node(graph: Graph, name: str) -> tuple[str, ...]:
    node = next(node for node in graph.nodes if node.name == name)
    return tuple(dict.fromkeys(tensor for tensor in (*node.outputs, *node.inputs) if tensor))
