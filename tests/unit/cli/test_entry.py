from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from quantsim_viz.cli import cli, main
from quantsim_viz.cli.entry import COMMANDS
from quantsim_viz.errors import ModelError


def run_main(*args: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(args)
    assert isinstance(stop.value.code, int)
    return stop.value.code


def replace_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command("broken")
    def broken() -> None:
        raise error

    monkeypatch.setattr(type(cli), "get_command", lambda *_: broken)


def test_without_arguments_the_help_is_shown_and_nothing_is_wrong(capsys):
    assert run_main() == 0
    assert "Usage: quantsim-viz" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_ends_with_an_example_of_itself(name):
    done = CliRunner().invoke(cli, [name, "--help"], prog_name="quantsim-viz")
    assert done.exit_code == 0
    _, _, examples = done.output.partition("\nExample")
    assert f"quantsim-viz {name}" in examples


def test_the_list_of_commands_shows_what_each_is_for():
    done = CliRunner().invoke(cli, ["--help"], prog_name="quantsim-viz")
    for name in COMMANDS:
        (line,) = (x for x in done.output.splitlines() if x.startswith(f"  {name} "))
        assert len(line.split()) > 3


def test_a_mistyped_command_is_answered_with_the_nearest(capsys):
    assert run_main("preset") == 2
    assert "error[usage]: There is no command 'preset'. Did you mean 'presets'?" in (
        capsys.readouterr().err
    )


def test_an_unknown_option_is_one_line_and_status_2(capsys):
    assert run_main("presets", "--colour") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("quantsim-viz presets: error[usage]: No such option '--colour'")


def test_an_error_of_ours_becomes_a_line_with_its_place_code_and_hint(monkeypatch, capsys):
    error = ModelError(
        "It is no model.", code="not-onnx", hint="Give one.", path="net.onnx", line=3, column=7
    )
    replace_command(monkeypatch, error)
    assert run_main("presets") == 2
    assert capsys.readouterr().err == (
        "net.onnx:3:7: error[not-onnx]: It is no model. — Give one.\n"
    )


def test_ctrl_c_is_one_line_and_status_130(monkeypatch, capsys):
    replace_command(monkeypatch, KeyboardInterrupt())
    assert run_main("presets") == 130
    assert capsys.readouterr().err == "quantsim-viz: interrupted\n"


def test_a_reader_that_stops_reading_is_no_error():
    script = f"'{sys.executable}' -m quantsim_viz presets default_config | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{script}; exit 0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_output_into_a_closed_pipe_exits_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "quantsim_viz", "presets"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments", [["presets"], ["presets", "--json"], ["presets", "qnn_htp"], ["resolve", "--help"]]
)
def test_output_that_cannot_be_written_is_one_line_and_status_2(arguments):
    command = [sys.executable, "-m", "quantsim_viz", *arguments]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("standard output: error[unwritable]: Cannot write to standard")
    assert done.stderr.count("\n") == 1


def test_the_module_is_the_same_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "quantsim_viz", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("quantsim-viz, version ")
