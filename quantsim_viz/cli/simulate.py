"""`quantsim-viz simulate`: what a configuration costs, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.figures import format_channels, format_quantizers
from quantsim_viz.cli.options import config_option, json_option, model_argument, output_option
from quantsim_viz.cli.output import (
    INTERRUPTED,
    echo_diagnostics,
    write_bytes,
    write_json,
    write_text,
)
from quantsim_viz.cli.resolve import load_cascade
from quantsim_viz.cli.simulation import (
    LAYER_MEASURES,
    data_option,
    progress_line,
    simulation_options,
    stoppable,
)
from quantsim_viz.cli.tables import RIGHT, format_table
from quantsim_viz.diagnostics import Severity
from quantsim_viz.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.report import Report


@click.command(
    "simulate",
    cls=Command,
    examples=[
        "quantsim-viz simulate net.onnx -c default_config --data test.npz",
        "quantsim-viz simulate net.onnx -c my_config.json --data test.npz"
        " --calibration train.npz --param-bits 4 --measure cumulative,isolated --json",
    ],
)
@model_argument
@config_option
@data_option
@simulation_options
@json_option
@output_option
@click.option(
    "--csv",
    metavar="OUT.csv",
    help="Write the layer table to this file too; quantizers and channels, where measured, to"
    " OUT.quantizers.csv and OUT.channels.csv.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str,
    config: str,
    data: str,
    as_json: bool,
    output: str | None,
    csv: str | None,
    fold_batch_norms: bool,
    **options: Any,
) -> None:
    """Simulate quantization and show every layer's SQNR.

    Exits with 1 when the configuration is invalid or refused for this model; with --json the
    document of `resolve` comes then, with its `error` filled. With 1 as well when a metric of your
    own raises; all else is written then, and `error` says why there is no accuracy.

    Ctrl-C stops after the operator under way: what has been measured is written all the same,
    marked as partial, and the exit status is 130. A second Ctrl-C leaves at once.
    """
    cascade = load_cascade(
        model, config, options["param_bits"], options["act_bits"], fold=fold_batch_norms
    )
    if cascade.error is not None:
        if as_json:
            write_json(cascade.to_dict(), output)
        ctx.exit(1)
    from quantsim_viz.sim import simulate

    with progress_line() as progress, stoppable() as cancelled:
        options |= {"progress": progress, "cancelled": cancelled}
        try:
            report = simulate(cascade.model, cascade, data, **options)
        except Cancelled as stop:
            if stop.report is None:
                raise
            report = stop.report
    echo_diagnostics(report.warnings, model)
    document = report.to_dict()
    if csv is not None:
        write_tables(report, csv)
    if as_json:
        write_json(document, output)
    else:
        title = f"{cascade.model.name} with {cascade.config.name}"
        write_text(format_report(document, title), output)
    if report.partial is not None:
        click.echo(f"quantsim-viz: interrupted: {format_partial(document)}", err=True)
        ctx.exit(INTERRUPTED)
    if any(finding.severity is Severity.ERROR for finding in report.warnings):
        ctx.exit(1)


def format_partial(document: Mapping[str, Any]) -> str:
    """Say where a simulation was stopped, and what its figures are over."""
    partial = document["partial"]
    of = "" if partial["of"] is None else f" of {partial['of']}"
    return (
        f"stopped after {partial['samples']}{of} samples of stage {partial['stage']}; "
        f"figures are over {document['samples']} samples"
    )


def write_tables(report: Report, path: str) -> None:
    """Write the layer table as CSV, and what else was measured beside it."""
    tables = {"": report.layers}
    if report.quantizers:
        tables[".quantizers"] = report.quantizer_table
    if report.channels:
        tables[".channels"] = report.channel_table
    target = Path(path)
    for kind, table in tables.items():
        name = target.with_name(f"{target.stem}{kind}{target.suffix}")
        write_bytes(table.to_csv(index=False).encode(), str(name))


def format_report(document: Mapping[str, Any], title: str) -> str:
    """Lay out a report: a table of layers, what else was measured, the outputs, the accuracy."""
    measures = [
        name for name in LAYER_MEASURES if any(name in layer for layer in document["layers"])
    ]
    rows = [
        (
            layer["node"],
            layer["op_type"],
            layer["tensor"],
            layer["status"],
            *(decibels(layer.get(name)) for name in measures),
        )
        for layer in document["layers"]
    ]
    header = ("node", "operator", "tensor", "status", *(f"{name} dB" for name in measures))
    lines = [
        f"{title}: {document['scheme']}, {document['samples']} samples of {document['data']},"
        f" {document['seconds']:.1f} s",
        *(["", f"PARTIAL: {format_partial(document)}"] if document["partial"] else []),
        "",
        format_table(header, rows, ["<", "<", "<", "<", *[RIGHT] * len(measures)]),
        "",
    ]
    if document.get("quantizers"):
        lines += [format_quantizers(document["quantizers"]), ""]
    if document.get("channels"):
        lines += [format_channels(document["channels"]), ""]
    lines += [
        f"output {name}: {decibels(entry['cumulative'])} dB"
        for name, entry in document["outputs"].items()
    ]
    if document["metric"] is not None:
        lines.append(format_metric(document["metric"]))
    return "\n".join(lines)


def decibels(entry: Mapping[str, Any] | None) -> str:
    """Return an SQNR with one decimal; `exact` without noise, `–` without signal or measurement.

    >>> decibels({"sqnr_db": 31.24, "signal": 1.0, "noise": 0.1})
    '31.2'
    >>> decibels({"sqnr_db": None, "signal": 1.0, "noise": 0.0})
    'exact'
    """
    if entry is None:
        return "–"
    if entry["sqnr_db"] is not None:
        return f"{entry['sqnr_db']:.1f}"
    return "exact" if entry["noise"] == 0 else "–"


def format_metric(metric: Mapping[str, Any]) -> str:
    """Return the accuracy of the float and the simulated model in one line."""
    name = metric["name"]
    exact, simulated = (format_score(name, metric[key]) for key in ("float", "simulated"))
    samples = metric["samples"]
    return (
        f"{name}{format_output(metric)}: float {exact}, simulated {simulated} ({samples} samples)"
    )


def format_output(metric: Mapping[str, Any]) -> str:
    """Return of which output a metric is, where that is not the first: ` of scores`."""
    return f" of {metric['output']}" if "output" in metric else ""


def format_score(name: str, value: float) -> str:
    """Return a metric's value, shares of samples in percent.

    >>> format_score("top1", 0.975), format_score("topology:score", 0.01234567)
    ('97.50 %', '0.01235')
    """
    from quantsim_viz.report.metrics import is_share

    return f"{value:.2%}".replace("%", " %") if is_share(name) else f"{value:.4g}"
