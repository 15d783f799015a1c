"""The reference of the command line, written from the commands themselves.

`python -m quantsim_viz.cli.reference > docs/cli.md`; a test says when that is due.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.entry import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
# Command line

<!-- Written by `python -m quantsim_viz.cli.reference > docs/cli.md`; do not edit by hand. -->

One program, `quantsim-viz`, also `python -m quantsim_viz`. Results go to standard output or to the
file named with `-o`; findings, progress and errors go to standard error. What a command reads, a
model's weight files included, it does not write over (`overwrites-input`).

## What is named how

- `MODEL`: an `.onnx` file (external data beside it), a `.pt2` file, or `package.module:factory`, a
  callable that returns `(torch module, example inputs)`. Loading the last two can execute code.
- `CONFIG`: a file, or the name of a preset (`quantsim-viz presets`). A file of that name beats the
  preset.
- `DATA`: an `.npz` with one array for each model input under the input's name, first axis =
  samples, `labels` optional; an `.npy` for a model of one input; or `random[:SEED]`, which is
  called random data wherever its figures appear.

## Exit status

| status | meaning |
|---|---|
| 0 | done |
| 1 | done, and the answer is "no": the configuration is invalid or refused, or lint found errors |
| 2 | could not run: bad arguments, an unreadable or malformed file, data that do not fit |
| 130 | interrupted; `simulate` then writes what it has measured |

Bad input never prints a traceback, but one or more lines

    PATH:LINE:COL: error[CODE]: what is wrong — what to do
"""


def render_reference() -> str:
    """Return the reference of every command as Markdown."""
    context = click.Context(cli, info_name="quantsim-viz")
    sections = [INTRODUCTION]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if not isinstance(command, Command):
            raise TypeError(f"{name} is not a Command with examples")
        sections.append("\n".join(_iter_section(command, context)))
    return "\n".join(sections)


def _iter_section(command: Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    yield f"## {command.name}\n"
    yield f"    {context.command_path} {' '.join(command.collect_usage_pieces(context))}\n"
    for paragraph in (command.help or "").split("\n\n"):
        yield " ".join(paragraph.split()) + "\n"
    options = [param for param in command.params if isinstance(param, click.Option)]
    if options:
        yield "| option | |\n|---|---|"
    for option in options:
        record = option.get_help_record(context)
        if record is not None:
            names, text = (part.replace("|", "\\|") for part in record)
            yield f"| `{names}` | {' '.join(text.split())} |"
    yield ("\n" if options else "") + ("Examples:\n" if len(command.examples) > 1 else "Example:\n")
    yield from (f"    {example}" for example in command.examples)
    yield ""


if __name__ == "__main__":
    sys.stdout.write(render_reference())
