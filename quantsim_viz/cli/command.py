"""Commands that read and write files, and whose help ends with examples.

The documentation and its tests read the examples too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Add a section of examples, each a line that can be pasted into a shell."""
    with formatter.section("Example" if len(examples) == 1 else "Examples"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class Command(click.Command):
    """A command with examples, which does not write over what it reads.

    Attributes:
        examples: Shell lines, shown at the end of `--help`.
    """

    def __init__(self, *args: Any, examples: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = tuple(examples)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, unless an output is an input too.

        Raises:
            QuantSimError: One is (`overwrites-input`).
        """
        refuse_overwriting(ctx.params)
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples where click writes a free text."""
        write_examples(self.examples, formatter)
