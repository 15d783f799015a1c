"""`quantsim-viz graph`: a drawing of the model, coloured by what the configuration makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import act_bits_option, fold_option, model_argument, param_bits_option
from quantsim_viz.cli.output import echo_diagnostics, write_bytes
from quantsim_viz.cli.resolve import load_cascade

FORMATS: dict[str, Literal["svg", "png", "dot"]] = {".svg": "svg", ".png": "png", ".dot": "dot"}
"""What a file name's end says."""


def _check_format(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if Path(value).suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{value!r} does not end in .svg, .png or .dot.")
    return value


@click.command(
    "graph",
    cls=Command,
    examples=[
        "quantsim-viz graph net.onnx -o net.svg",
        "quantsim-viz graph net.onnx -c default_config -o net.png",
    ],
)
@model_argument
@click.option("-c", "--config", metavar="CONFIG", help="Colour by this configuration or preset.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    callback=_check_format,
    help="What to write; its name ends in .svg, .png or .dot.",
)
@param_bits_option
@act_bits_option
@fold_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    config: str | None,
    output: str,
    param_bits: int | str,
    act_bits: int | str,
    fold_batch_norms: bool,
) -> None:
    """Draw the model's graph, with each node's status when given a configuration.

    A configuration that is refused is drawn with its culprits marked, and exits with 1.
    """
    from quantsim_viz.model import load_model
    from quantsim_viz.viz import draw_graph

    cascade = None
    if config is None:
        loaded = load_model(model, fold_batch_norms=fold_batch_norms)
        echo_diagnostics(loaded.warnings, model)
    else:
        cascade = load_cascade(model, config, param_bits, act_bits, fold=fold_batch_norms)
        loaded = cascade.model
    write_bytes(draw_graph(loaded, cascade, FORMATS[Path(output).suffix.lower()]), output)
    if cascade is not None and cascade.error is not None:
        ctx.exit(1)
