"""`quantsim-viz compare`: configurations side by side."""

from __future__ import annotations

from typing import Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import json_option, model_argument, output_option
from quantsim_viz.cli.output import echo_diagnostics, write_bytes, write_json, write_text
from quantsim_viz.cli.resolve import load_cascades
from quantsim_viz.cli.simulation import data_option, progress_line, simulation_options
from quantsim_viz.diagnostics import Severity


def _check_count(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    if len(value) < 2:
        raise click.BadParameter("give at least two configurations, -c A -c B.")
    return value


@click.command(
    "compare",
    cls=Command,
    examples=[
        "quantsim-viz compare net.onnx -c default_config -c my_config.json --data test.npz",
        "quantsim-viz compare net.onnx -c default_config -c my_config.json --data test.npz"
        " --attribute --measure sensitivity",
    ],
)
@model_argument
@click.option(
    "-c",
    "--config",
    "configs",
    multiple=True,
    metavar="CONFIG",
    callback=_check_count,
    help="A configuration file or preset; give two or more. The first is the base.",
)
@data_option
@simulation_options
@json_option
@output_option
@click.option(
    "--attribute",
    "attribution",
    is_flag=True,
    help="Put the differences in noise and accuracy down to the rules that changed.",
)
@click.option("--csv", metavar="OUT.csv", help="Write the layer table to this file too.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str,
    configs: tuple[str, ...],
    data: str,
    as_json: bool,
    output: str | None,
    csv: str | None,
    fold_batch_norms: bool,
    **options: Any,
) -> None:
    """Simulate configurations side by side, on the same samples.

    Exits with 1 when one of them is invalid or refused for this model: it is shown as refused, the
    others are compared, and with --json the document also has the keys of `resolve` for the first
    refused one, with its `error` filled. With 1 as well when a metric of your own raises; all else
    is written then, and `error` says why there is no accuracy.
    """
    bits = (options["param_bits"], options["act_bits"])
    cascades = load_cascades(model, configs, *bits, fold=fold_batch_norms)
    refused = next((cascade for cascade in cascades if cascade.error is not None), None)
    if all(cascade.error is not None for cascade in cascades):
        if as_json:
            write_json(cascades[0].to_dict(), output)
        ctx.exit(1)
    from quantsim_viz.sim import compare

    loaded = cascades[0].model
    with progress_line() as progress:
        comparison = compare(loaded, cascades, data, progress=progress, **options)
    findings = comparison.accepted[0].warnings
    echo_diagnostics(findings, model)
    document = comparison.to_dict()
    if csv is not None:
        write_bytes(comparison.layers.to_csv(index=False).encode(), csv)
    if as_json:
        if refused is not None:
            whole = refused.to_dict()
            document = {**whole, **document, "error": whole["error"]}
        write_json(document, output)
    else:
        from quantsim_viz.cli.comparison_text import format_comparison

        write_text(format_comparison(document, loaded.name), output)
    if refused is not None or any(found.severity is Severity.ERROR for found in findings):
        ctx.exit(1)
