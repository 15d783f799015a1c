"""The command group, and the one place where a failure becomes a line and an exit status."""

from __future__ import annotations

import errno
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

import quantsim_viz
from quantsim_viz.cli.command import write_examples
from quantsim_viz.cli.output import INTERRUPTED, echo_error, echo_usage_error, unwritable
from quantsim_viz.errors import Cancelled, QuantSimError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "app": "quantsim_viz.cli.app",
    "resolve": "quantsim_viz.cli.resolve",
    "explain": "quantsim_viz.cli.explain",
    "lint": "quantsim_viz.cli.lint",
    "run": "quantsim_viz.cli.run",
    "simulate": "quantsim_viz.cli.simulate",
    "compare": "quantsim_viz.cli.compare",
    "diff": "quantsim_viz.cli.diff",
    "graph": "quantsim_viz.cli.graph",
    "export": "quantsim_viz.cli.export",
    "presets": "quantsim_viz.cli.presets",
}
"""Name → module that defines it, imported only when the command or the list of them is wanted."""

COULD_NOT_RUN = 2

UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""How a stream, which has no file name, says that it takes no more."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was named, or say which one may have been meant."""
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(COMMANDS)}."
        raise click.UsageError(f"There is no command '{name}'. {hint}", ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """End the list of commands with where to start."""
        write_examples(("quantsim-viz app", "quantsim-viz resolve --help"), formatter)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(quantsim_viz.__version__, prog_name="quantsim-viz")
def cli() -> None:
    """See, explain and edit quantization-simulation configurations on a model's graph.

    MODEL is an .onnx file (external data beside it), a .pt2 file, or package.module:factory, a
    callable that returns (torch module, example inputs). CONFIG is a path or a preset's name.

    Exit status: 0 done; 1 done, and the answer is "no" (the configuration is invalid or refused,
    lint found errors); 2 could not run; 130 interrupted.
    """


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; never print a traceback over bad input.

    Args:
        args: Arguments without the program's name; the process's own unless given.
    """
    # Not `cli.main`, which turns a closed pipe into status 1: here that means "no".
    try:
        with cli.make_context("quantsim-viz", list(sys.argv[1:] if args is None else args)) as ctx:
            cli.invoke(ctx)
        print(end="", flush=True)  # also where there is no standard output at all
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        echo_usage_error(error)
        sys.exit(COULD_NOT_RUN)
    except (click.Abort, KeyboardInterrupt, Cancelled):
        click.echo("quantsim-viz: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except QuantSimError as error:
        echo_error(error)
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:
        _abandon_stdout()  # whoever read our output has enough
        sys.exit(0)
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        _abandon_stdout()
        echo_error(unwritable("standard output", error))
        sys.exit(COULD_NOT_RUN)
    sys.exit(0)


def _abandon_stdout() -> None:
    """Keep Python from flushing, at its end, into what takes nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
