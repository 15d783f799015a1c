from __future__ import annotations

from pathlib import Path

import pytest

from quantsim_viz.cli.entry import COMMANDS, cli
from quantsim_viz.cli.reference import render_reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_reference_is_what_the_commands_say_of_themselves():
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "run: python -m quantsim_viz.cli.reference > docs/cli.md"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_documented_in_its_section(name):
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {name}\n")
    section = rest.partition("\n## ")[0]
    command = cli.get_command(None, name)
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{name} {parameter.opts} has no help"
            for flag in parameter.opts:
                assert flag in section
        else:
            assert parameter.name.upper() in section
