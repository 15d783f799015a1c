"""`quantsim-viz diff`: where two configurations settle a model differently, and by which rules."""

from __future__ import annotations

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import (
    act_bits_option,
    fold_option,
    json_option,
    model_argument,
    output_option,
    param_bits_option,
)
from quantsim_viz.cli.output import write_json, write_text
from quantsim_viz.cli.resolve import load_cascades


def _check_two(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    if len(value) != 2:
        raise click.BadParameter("give exactly two configurations, -c A -c B.")
    return value


@click.command(
    "diff",
    cls=Command,
    examples=[
        "quantsim-viz diff net.onnx -c default_config -c my_config.json",
    ],
)
@model_argument
@click.option(
    "-c",
    "--config",
    "configs",
    multiple=True,
    metavar="CONFIG",
    callback=_check_two,
    help="A configuration file or preset; give two.",
)
@param_bits_option
@act_bits_option
@fold_option
@json_option
@output_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    configs: tuple[str, ...],
    param_bits: int | str,
    act_bits: int | str,
    fold_batch_norms: bool,
    as_json: bool,
    output: str | None,
) -> None:
    """Show which effective settings differ, and which changed rules cause it.

    Exits with 1 when one of the configurations is invalid or refused for this model; the
    difference, with --json too, says so then.
    """
    from quantsim_viz.resolve import diff_cascades, find_causes, format_difference

    first, second = load_cascades(model, configs, param_bits, act_bits, fold=fold_batch_norms)
    difference = diff_cascades(first, second)
    causes = find_causes(first, second, difference)
    if as_json:
        document = difference.to_dict()
        write_json({**document, "causes": [cause.to_dict() for cause in causes]}, output)
    else:
        write_text(format_difference(difference, causes), output)
    if difference.errors != (None, None):
        ctx.exit(1)
