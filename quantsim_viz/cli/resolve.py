"""`quantsim-viz resolve`: what a configuration means for a model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import (
    act_bits_option,
    config_option,
    fold_option,
    json_option,
    model_argument,
    output_option,
    param_bits_option,
)
from quantsim_viz.cli.output import echo_diagnostics, write_json, write_text
from quantsim_viz.cli.tables import format_table
from quantsim_viz.resolve.explain import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.model import Node
    from quantsim_viz.resolve import Cascade


@click.command(
    "resolve",
    cls=Command,
    examples=[
        "quantsim-viz resolve net.onnx -c default_config",
        "quantsim-viz resolve net.onnx -c my_config.json --param-bits 4 --json -o settings.json",
    ],
)
@model_argument
@config_option
@param_bits_option
@act_bits_option
@fold_option
@json_option
@output_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    config: str,
    param_bits: int | str,
    act_bits: int | str,
    fold_batch_norms: bool,
    as_json: bool,
    output: str | None,
) -> None:
    """Show what is quantized and how, and the status of every node.

    Exits with 1 when the configuration is invalid or refused for this model; with --json the
    document still comes, with its `error` filled.
    """
    cascade = load_cascade(model, config, param_bits, act_bits, fold=fold_batch_norms)
    if as_json:
        write_json(cascade.to_dict(), output)
    elif cascade.error is None:
        write_text(format_settings(cascade), output)
    if cascade.error is not None:
        ctx.exit(1)


def load_cascade(
    model: str, config: str, param_bits: int | str, act_bits: int | str, *, fold: bool
) -> Cascade:
    """Load what was named and resolve it; write findings, also a refusal, to stderr."""
    return load_cascades(model, [config], param_bits, act_bits, fold=fold)[0]


def load_cascades(
    model: str,
    configs: Sequence[str],
    param_bits: int | str,
    act_bits: int | str,
    *,
    fold: bool,
) -> list[Cascade]:
    """Load a model once and resolve every configuration on it, as `load_cascade` does with one."""
    from quantsim_viz.config import load_config
    from quantsim_viz.model import load_model
    from quantsim_viz.resolve import resolve

    loaded = load_model(model, fold_batch_norms=fold)
    echo_diagnostics(loaded.warnings, model)
    cascades = []
    for config in configs:
        read = load_config(config)
        cascade = resolve(loaded, read, param_bits=param_bits, act_bits=act_bits)
        of_config = [finding for finding in cascade.diagnostics if finding not in loaded.warnings]
        echo_diagnostics(of_config, read.path or config)
        cascades.append(cascade)
    return cascades


def format_settings(cascade: Cascade) -> str:
    """Lay out a resolved configuration as a table of nodes and a line of counts."""
    model = cascade.model
    precision = f"parameters {_bits(cascade.param_bits)}, activations {_bits(cascade.act_bits)}"
    lines = [f"{model.name} with {cascade.config.name}: {precision}, AIMET-ONNX 2.42 semantics"]
    lines += [
        f"input {name}: {describe(cascade[name])}"
        for name in model.graph.inputs
        if name in cascade.quantizers
    ]
    rows = [_row(node, cascade) for node in model.graph.nodes if node.name in cascade.nodes]
    table = format_table(("node", "operator", "status", "output", "parameters"), rows)
    counts = Counter(state.status.value for state in cascade.nodes.values())
    summary = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return "\n".join([*lines, "", table, "", f"{len(cascade.nodes)} nodes: {summary}"])


def _bits(bits: int | str) -> str:
    return bits if isinstance(bits, str) else f"int{bits}"


def _row(node: Node, cascade: Cascade) -> tuple[str, ...]:
    state = cascade.nodes[node.name]
    status = state.status.value
    if status == "fused" and state.supergroup is not None:
        status += f" into {cascade.supergroups[state.supergroup][-1]}"
    outputs = [_output(name, cascade) for name in node.outputs if name]
    return (node.name, node.op_type, status, ", ".join(outputs), _parameters(node, cascade))


def _output(name: str, cascade: Cascade) -> str:
    own = cascade.quantizers.get(name)
    if own is not None and own.enabled:
        return describe(own)
    carried = cascade.effective_quantizer(name)
    return f"grid of {carried}" if carried is not None else "float"


def _parameters(node: Node, cascade: Cascade) -> str:
    """Name and describe a node's parameters, `weight int8, bias float`."""
    found = [
        (name, cascade[name])
        for name in node.inputs
        if name in cascade.quantizers and cascade[name].kind.value == "param"
    ]
    return ", ".join(f"{name.rpartition('.')[2]} {describe(own)}" for name, own in found)
