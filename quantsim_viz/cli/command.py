"""Commands whose help ends with examples, which the documentation and its tests read too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Add a section of examples, each a line that can be pasted into a shell."""
    with formatter.section("Example" if len(examples) == 1 else "Examples"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class Command(click.Command):
    """A command with examples.

    Attributes:
        examples: Shell lines, shown at the end of `--help`.
    """

    def __init__(self, *args: Any, examples: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples where click writes a free text."""
        write_examples(self.examples, formatter)
