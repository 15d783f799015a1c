"""`quantsim-viz lint`: what is wrong, void or surprising in a configuration."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

import quantsim_viz
from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import (
    act_bits_option,
    fold_option,
    json_option,
    output_option,
    param_bits_option,
)
from quantsim_viz.cli.output import write_json, write_text
from quantsim_viz.diagnostics import Severity, format_diagnostic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.diagnostics import Diagnostic


@click.command(
    "lint",
    cls=Command,
    examples=[
        "quantsim-viz lint my_config.json",
        "quantsim-viz lint my_config.json net.onnx --json",
    ],
)
@click.argument("config", metavar="CONFIG")
@click.argument("model", required=False, metavar="[MODEL]")
@param_bits_option
@act_bits_option
@fold_option
@json_option
@output_option
@click.pass_context
def command(
    ctx: click.Context,
    config: str,
    model: str | None,
    param_bits: int | str,
    act_bits: int | str,
    fold_batch_norms: bool,
    as_json: bool,
    output: str | None,
) -> None:
    """Say what is wrong in a configuration, on a model if one is given.

    Exits with 1 when an error is among the findings. With --json, findings that can be mended by
    a machine carry the patch that does it.
    """
    from quantsim_viz.config import load_config
    from quantsim_viz.lint import lint
    from quantsim_viz.model import load_model

    read = load_config(config)
    loaded = None if model is None else load_model(model, fold_batch_norms=fold_batch_norms)
    findings = lint(read, loaded, param_bits=param_bits, act_bits=act_bits)
    if as_json:
        document = {
            "quantsim_viz": quantsim_viz.__version__,
            "config": read.path or read.name,
            "model": model,
            "diagnostics": [finding.to_dict() for finding in findings],
        }
        write_json(document, output)
    else:
        write_text(format_findings(findings, read.path or config), output)
    if any(finding.severity is Severity.ERROR for finding in findings):
        ctx.exit(1)


def format_findings(findings: Sequence[Diagnostic], path: str) -> str:
    """Lay out findings a line each, with the fix that is offered below, and count them."""
    lines = []
    for finding in findings:
        lines.append(format_diagnostic(finding, path))
        if finding.fix is not None:
            lines.append(f"    fix: {finding.fix.title}")
    counts = Counter(finding.severity for finding in findings)
    words = [_count(counts[severity], severity) for severity in Severity if counts[severity]]
    return "\n".join([*lines, ", ".join(words) if words else f"{path}: nothing found"])


def _count(number: int, severity: Severity) -> str:
    plural = "s" if number > 1 and severity is not Severity.INFO else ""
    return f"{number} {severity.value}{plural}"
