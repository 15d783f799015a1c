"""Where results and complaints go: results to stdout or a file, everything else to stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.diagnostics import Severity, format_diagnostic
from quantsim_viz.errors import QuantSimError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quantsim_viz.diagnostics import Diagnostic

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT, as shells report it."""


def write_text(text: str, path: str | None) -> None:
    """Write a result, to stdout when there is no path.

    Raises:
        QuantSimError: The file cannot be written (`unwritable`).
    """
    if path is None:
        click.echo(text)
        return
    write_bytes(f"{text}\n".encode(), path)


def write_bytes(content: bytes, path: str) -> None:
    """Write a result to a file.

    Raises:
        QuantSimError: The file cannot be written (`unwritable`).
    """
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: str, error: OSError) -> QuantSimError:
    """Return the error for a place that takes no output."""
    return QuantSimError(
        f"Cannot write to {path}: {error.strerror or error}",
        code="unwritable",
        hint="choose a file in a folder that exists and that you may write to",
        path=path,
    )


def write_json(document: Any, path: str | None) -> None:
    """Write a document as JSON, with non-ASCII names as they are.

    Raises:
        ValueError: It holds a number that JSON cannot express; that is a bug of ours.
    """
    write_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False), path)


def echo_diagnostics(diagnostics: Iterable[Diagnostic], path: str) -> None:
    """Write errors and warnings to stderr, a line each."""
    for diagnostic in diagnostics:
        if diagnostic.severity is not Severity.INFO:
            click.echo(format_diagnostic(diagnostic, path), err=True)


def echo_error(error: QuantSimError) -> None:
    """Write `PATH:LINE:COL: error[CODE]: what is wrong — what to do`, a line for each problem."""
    path = error.path or "quantsim-viz"
    if error.diagnostics:
        echo_diagnostics(error.diagnostics, path)
        return
    place = path if error.line is None else f"{path}:{error.line}:{error.column or 1}"
    message = " ".join(str(error).split())
    click.echo(f"{place}: error[{error.code}]: {message}", err=True)


def echo_usage_error(error: click.ClickException) -> None:
    """Write what is wrong with the arguments in the same form."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = context.command_path if context else "quantsim-viz"
    message = " ".join(error.format_message().split())
    click.echo(f"{where}: error[usage]: {message} — see '{where} --help'", err=True)
