"""`quantsim-viz presets`: the configurations that come with the software."""

from __future__ import annotations

import click

from quantsim_viz.cli.command import Command
from quantsim_viz.cli.tables import format_table


@click.command(
    "presets",
    cls=Command,
    examples=[
        "quantsim-viz presets",
        "quantsim-viz presets default_config > my_config.json",
    ],
)
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the preset configurations, or print the one called NAME."""
    from quantsim_viz.config import list_presets, preset
    from quantsim_viz.config.suggest import nearest

    if name is None:
        rows = [(entry.name, entry.title) for entry in list_presets()]
        click.echo(format_table(("name", "what it is"), rows))
        return
    entry = preset(name)
    if entry is None:
        names = [known.name for known in list_presets()]
        close = nearest(name, names)
        hint = f"Did you mean '{close}'?" if close else f"There are {', '.join(names)}."
        raise click.BadArgumentUsage(f"There is no preset '{name}'. {hint}")
    click.echo(entry.path.read_text(encoding="utf-8"), nl=False)
