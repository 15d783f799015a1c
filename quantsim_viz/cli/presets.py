"""`quantsim-viz presets`: the configurations that come with the software."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.options import json_option
from quantsim_viz.cli.output import write_json
from quantsim_viz.cli.tables import format_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config import Preset, Source

_HOW = {
    "read": "read",
    "excerpt": "read as an excerpt",
    "headings": "only its headings were read",
}
_WIDTH = 100


@click.command(
    "presets",
    cls=Command,
    examples=[
        "quantsim-viz presets",
        "quantsim-viz presets default_config > my_config.json",
        "quantsim-viz presets --about tflite_int8",
        "quantsim-viz presets --json",
    ],
)
@click.argument("name", required=False)
@click.option(
    "--about",
    is_flag=True,
    help="Say what NAME stands for: its runtime, the source of every rule, and what it cannot say.",
)
@json_option
def command(name: str | None, about: bool, as_json: bool) -> None:
    """List the preset configurations, or print the one called NAME.

    Files of an AIMET installed in the same environment are among them, as aimet:NAME. With --json
    comes what is known about each: runtime, date, rules with their sources, what the format cannot
    express, and what it does to every sample model.
    """
    from quantsim_viz.config import list_presets

    if name is not None:
        entry = _find(name)
        if as_json:
            write_json(document_of(entry), None)
        elif about:
            click.echo("\n".join(_iter_about(entry)))
        else:
            click.echo(entry.path.read_text(encoding="utf-8"), nl=False)
        return
    if about:
        raise click.BadArgumentUsage("--about needs the NAME of a preset.")
    if as_json:
        write_json([document_of(entry) for entry in list_presets(include_aimet=True)], None)
        return
    rows = [(entry.name, entry.title) for entry in list_presets(include_aimet=True)]
    click.echo(format_table(("name", "what it is"), rows))


def document_of(entry: Preset) -> dict[str, Any]:
    """Return what is known about a preset, with what it does to every sample model.

    Returns:
        As `Preset.to_dict`, and `samples`: by sample `float`, the nodes by status, the simulated
        accuracy and the output's SQNR; empty for files of an AIMET, which are not measured.
    """
    from quantsim_viz.samples import preset_figures

    samples = {
        sample: {"float": found["float"], **found["presets"][entry.name]}
        for sample, found in preset_figures().items()
        if entry.name in found["presets"]
    }
    return {**entry.to_dict(), "samples": samples}


def _find(name: str) -> Preset:
    from quantsim_viz.config import list_presets, preset
    from quantsim_viz.config.suggest import nearest

    entry = preset(name)
    if entry is None:
        names = [known.name for known in list_presets(include_aimet=True)]
        close = nearest(name, names)
        hint = f"Did you mean '{close}'?" if close else f"There are {', '.join(names)}."
        raise click.BadArgumentUsage(f"There is no preset '{name}'. {hint}")
    return entry


def _iter_about(entry: Preset) -> Iterator[str]:
    yield entry.title
    yield ""
    yield textwrap.fill(entry.description, _WIDTH)
    facts = [("runtime", entry.target), ("integers", entry.bit_widths), ("checked", entry.checked)]
    if any(value for _, value in facts):
        yield ""
        yield from (f"{key + ':':10}{value}" for key, value in facts if value)
    if entry.statements:
        yield ""
        yield "What its rules stand for:"
    for statement in entry.statements:
        origin = f" [{', '.join(statement.sources)}]" if statement.sources else ""
        yield _fill(statement.says + origin, "- ")
        yield _fill(", ".join(statement.at), "  ")
    if entry.cannot_express:
        yield ""
        yield "What it cannot express:"
        yield from (_fill(sentence, "- ") for sentence in entry.cannot_express)
    if entry.sources:
        yield ""
        yield "Sources:"
        yield from map(_source_lines, entry.sources)


def _fill(text: str, start: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _source_lines(source: Source) -> str:
    return f"{_fill(f'[{source.key}] {source.title} ({_HOW[source.how]})', '')}\n  {source.url}"
