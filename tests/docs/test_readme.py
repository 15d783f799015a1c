"""The README promises commands and shows what they print; both are held to it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from quantsim_viz.cli import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def code_blocks() -> list[str]:
    """Return the indented blocks, each without its indent."""
    blocks = re.findall(r"(?:^ {4}.*\n(?:\n(?= {4}))?)+", TEXT, flags=re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip("\n") for block in blocks]


def commands() -> list[tuple[str, str]]:
    """Return every `quantsim-viz` line with what is shown as its output, often nothing."""
    found: list[tuple[str, str]] = []
    for block in code_blocks():
        for part in block.split("\n\n"):
            if part.startswith("quantsim-viz "):
                found.append((part, ""))
            elif found and block.startswith("quantsim-viz "):
                found[-1] = (found[-1][0], part)
    return found


def test_the_two_commands_are_there_and_the_check_script_runs_the_second():
    first, second = "\n\n".join(code_blocks()).split("\n\n")[:2]
    assert first == "python -m pip install -e . && streamlit run app.py"
    assert second == "python -m pip install -e '.[test]' && pytest"
    assert second in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(("command", "shown"), commands(), ids=lambda text: text[:40])
def test_every_command_runs_and_prints_what_is_shown(command, shown, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(command)[1:])
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert printed.strip()
    for line in shown.splitlines():
        assert line in printed


def test_some_commands_show_what_they_print():
    assert sum(1 for _, shown in commands() if shown) >= 2
    assert len(commands()) >= 5


def test_the_python_example_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    block = next(block for block in code_blocks() if block.startswith("from quantsim_viz import"))
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "supergroups[0] Conv→Relu" in printed
    assert "node_conv2d" in printed


def test_every_link_leads_to_a_file():
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets
    for target in targets:
        assert target.startswith("https://") or (ROOT / target).exists(), target
