"""`quantsim-viz export`: a calibrated configuration as a file that other tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import config_option, model_argument
from quantsim_viz.cli.output import echo_diagnostics, write_json
from quantsim_viz.cli.resolve import load_cascade
from quantsim_viz.cli.simulation import data_option, progress_line, simulation_options
from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.resolve import Cascade

FORMATS = ("aimet-0.6.1", "aimet-1.0.0", "aimet-2.0.0", "qdq")
ACTIVATION_TYPES = ("configured", "unsigned", "signed")


@click.command(
    "export",
    cls=Command,
    examples=[
        "quantsim-viz export net.onnx -c default_config --data test.npz --format qdq"
        " -o net_qdq.onnx",
        "quantsim-viz export net.onnx -c my_config.json --data train.npz --format aimet-1.0.0"
        " --act-bits 16 -o net.encodings",
    ],
)
@model_argument
@config_option
@data_option
@click.option(
    "--format",
    "target",
    required=True,
    type=click.Choice(FORMATS),
    help="AIMET's encodings as JSON, or an ONNX model with QuantizeLinear and DequantizeLinear.",
)
@click.option(
    "--activations-as",
    type=click.Choice(ACTIVATION_TYPES),
    default="configured",
    show_default=True,
    help="aimet-2.0.0: types of activations; AIMET's own export writes unsigned ones.",
)
@click.option(
    "--int32-biases",
    is_flag=True,
    help="aimet-2.0.0: add encodings for float biases, as AIMET's own export does.",
)
@simulation_options
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="Write to this file; encodings go to standard output without one.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str,
    config: str,
    data: str,
    target: str,
    fold_batch_norms: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Calibrate a configuration and export it for other tools.

    The options of simulate are taken as they are; --measure and --metric change nothing here. What
    the format cannot express is refused by name. A warning names float16 quantizers that
    aimet-2.0.0 leaves out, as AIMET does. Exits with 1 when the configuration is invalid or refused
    for this model.
    """
    if target == "qdq" and output is None:
        raise click.UsageError("A model needs a file: name it with -o.", ctx)
    bits = (options["param_bits"], options["act_bits"])
    cascade = load_cascade(model, config, *bits, fold=fold_batch_norms)
    if cascade.error is not None:
        ctx.exit(1)
    exported = _export(cascade, data, target, output, options)
    if target == "aimet-2.0.0":
        echo_diagnostics(_left_out(cascade), model)
    if output is None:
        write_json(exported, None)


def _left_out(cascade: Cascade) -> Iterator[Diagnostic]:
    """Yield the warning that names float16 quantizers, which 2.0.0 has no entries for."""
    from quantsim_viz.export.aimet import float16_quantizers
    from quantsim_viz.export.refusals import listed

    tensors = float16_quantizers(cascade)
    if tensors:
        yield Diagnostic(
            "float16-left-out",
            Severity.WARNING,
            f"aimet-2.0.0 says nothing of {len(tensors)} float16 quantizer(s): {listed(tensors)}. "
            "AIMET takes them from the simulation that the file is loaded into; aimet-1.0.0 and "
            "aimet-0.6.1 name them.",
        )


def _export(
    cascade: Cascade, data: str, target: str, output: str | None, options: dict[str, Any]
) -> Any:
    from quantsim_viz.export import export

    used = {key: value for key, value in options.items() if key not in ("measure", "metric")}
    with progress_line() as progress:
        return export(
            cascade.model,
            cascade,
            data,
            format=target,
            path=output,
            progress=progress,
            **used,
        )
