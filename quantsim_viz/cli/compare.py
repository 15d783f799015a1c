"""`quantsim-viz compare`: configurations side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import json_option, model_argument, output_option
from quantsim_viz.cli.output import write_bytes, write_json, write_text
from quantsim_viz.cli.resolve import load_cascades
from quantsim_viz.cli.simulate import format_score
from quantsim_viz.cli.simulation import data_option, progress_line, simulation_options
from quantsim_viz.cli.tables import RIGHT, format_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


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

    Exits with 1 when one of them is invalid or refused for this model; with --json the document of
    `resolve` comes then for the first of those, with its `error` filled.
    """
    bits = (options["param_bits"], options["act_bits"])
    cascades = load_cascades(model, configs, *bits, fold=fold_batch_norms)
    refused = next((cascade for cascade in cascades if cascade.error is not None), None)
    if refused is not None:
        if as_json:
            write_json(refused.to_dict(), output)
        ctx.exit(1)
    from quantsim_viz.sim import compare

    loaded = cascades[0].model
    read = [cascade.config for cascade in cascades]
    with progress_line() as progress:
        comparison = compare(loaded, read, data, progress=progress, **options)
    document = comparison.to_dict()
    if csv is not None:
        write_bytes(comparison.layers.to_csv(index=False).encode(), csv)
    if as_json:
        write_json(document, output)
    else:
        write_text(format_comparison(document, loaded.name), output)


def format_comparison(document: Mapping[str, Any], model: str) -> str:
    """Lay out a comparison as a table of layers and a table of accuracies."""
    count = len(document["configs"])
    letters = [chr(ord("A") + index) if count <= 26 else str(index + 1) for index in range(count)]
    lines = [f"{model}: {document['samples']} samples of {document['data']}, {document['scheme']}"]
    lines += [
        f"  {letter}  {name}" for letter, name in zip(letters, document["configs"], strict=True)
    ]
    header = ["node", "status", *(f"{x} dB" for x in letters), *(f"{x} − A" for x in letters[1:])]
    rows = [_layer(layer) for layer in document["layers"]]
    lines += ["", format_table(header, rows, ["<", "<", *[RIGHT] * (2 * count - 1)])]
    if document["metric"] is not None:
        lines += ["", *_iter_metric(document["metric"], letters)]
    return "\n".join(lines)


def _layer(layer: Mapping[str, Any]) -> tuple[str, ...]:
    statuses = list(dict.fromkeys(layer["status"]))
    return (
        layer["node"],
        statuses[0] if len(statuses) == 1 else " | ".join(layer["status"]),
        *("–" if value is None else f"{value:.1f}" for value in layer["sqnr_db"]),
        *("–" if value is None else f"{value:+.1f}" for value in layer["delta_db"][1:]),
    )


def _iter_metric(metric: Mapping[str, Any], letters: Sequence[str]) -> Iterator[str]:
    """Yield the accuracy of every configuration, and whether a difference may be chance."""
    name = metric["name"]
    yield f"{name} on {metric['samples']} samples: float {format_score(name, metric['float'])}"
    for index, letter in enumerate(letters):
        line = f"  {letter}  {format_score(name, metric['values'][index])}"
        pair, p_value = metric["disagreements"][index], metric["p_value"][index]
        if pair is not None:
            line += f"   against A: {pair[0]} right that were wrong, {pair[1]} the reverse"
        if p_value is not None:
            line += f"   p = {p_value:.3g} ({metric['test']})"
        yield line
