"""The command line: the functions a script would call, from a terminal.

Thin: each command loads what it was given, calls one function of another room and writes what came
back. It may import any room, but each command imports what it needs when it runs, so that
`quantsim-viz resolve` does not pay for torch. Exit status: 0 done; 1 done, and the answer is "no";
2 could not run.
"""

from quantsim_viz.cli.entry import cli, main

__all__ = ["cli", "main"]
