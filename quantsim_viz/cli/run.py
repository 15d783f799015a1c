"""`quantsim-viz run`: the engine alone."""

from __future__ import annotations

import io
from typing import Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import model_argument
from quantsim_viz.cli.output import echo_diagnostics, write_bytes
from quantsim_viz.cli.resolve import load_cascade
from quantsim_viz.cli.simulation import calibration_options, data_option, progress_line


def _split_names(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name for name in value.split(",") if name)


@click.command(
    "run",
    cls=Command,
    examples=[
        "quantsim-viz run net.onnx --data test.npz -o outputs.npz",
        "quantsim-viz run net.onnx -c default_config --data test.npz --tensors relu1 -o out.npz",
    ],
)
@model_argument
@data_option
@click.option("-c", "--config", metavar="CONFIG", help="Simulate this configuration or preset.")
@click.option(
    "--tensors",
    default="",
    callback=_split_names,
    metavar="NAME,…",
    help="Inner tensors to write beside the outputs.",
)
@calibration_options
@click.option("-o", "--output", required=True, metavar="OUT.npz", help="Where to write the arrays.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str,
    data: str,
    config: str | None,
    tensors: tuple[str, ...],
    fold_batch_norms: bool,
    output: str,
    **options: Any,
) -> None:
    """Execute the model and write its outputs.

    In float, or simulated with -c; a simulated tensor is written as its consumers see it, after
    its own quantizer. Exits with 1 when the configuration is invalid or refused for this model.
    """
    import numpy as np

    from quantsim_viz.model import load_model

    if config is None:
        cascade = None
        loaded = load_model(model, fold_batch_norms=fold_batch_norms)
        echo_diagnostics(loaded.warnings, model)
    else:
        bits = (options["param_bits"], options["act_bits"])
        cascade = load_cascade(model, config, *bits, fold=fold_batch_norms)
        loaded = cascade.model
        if cascade.error is not None:
            ctx.exit(1)
    from quantsim_viz.sim import run

    with progress_line() as progress:
        arrays = run(loaded, data, config=cascade, tensors=tensors, progress=progress, **options)
    archive = io.BytesIO()
    np.savez(archive, **arrays)  # type: ignore[arg-type]  # the stub takes the names for options
    write_bytes(archive.getvalue(), output)
