"""What a command reads is not written over."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import onnx
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_config

TARGETS = ("net.onnx", "net.data", "rules.json", "data.npz", "seen.npz")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a model, its weights beside it, a configuration and two files of data."""
    monkeypatch.chdir(tmp_path)
    net = model([node("MatMul", "x w", "y", "product")], constants={"w": floats(4, 600)})
    onnx.save_model(net, "net.onnx", save_as_external_data=True, location="net.data")
    (tmp_path / "rules.json").write_text(load_config("default_config").document.text)
    for name in ("data.npz", "seen.npz"):
        np.savez(name, x=floats(3, 4))
    return tmp_path


COMMANDS = {
    "run": "run net.onnx --data data.npz --calibration seen.npz -c rules.json",
    "simulate": "simulate net.onnx --data data.npz --calibration seen.npz -c rules.json --json",
    "export": ("export net.onnx --data data.npz --calibration seen.npz -c rules.json --format qdq"),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_read_is_refused_as_a_place_to_write(quantsim_viz, folder, command, target):
    before = (folder / target).read_bytes()
    done = quantsim_viz(*COMMANDS[command].split(), "-o", target)
    assert done.status == 2
    assert done.err.startswith(f"{target}: error[overwrites-input]: {target} would be written over")
    assert (folder / target).read_bytes() == before


def test_another_name_for_the_same_file_is_seen_through(quantsim_viz, folder):
    os.symlink("net.onnx", "link.onnx")
    for name in ("link.onnx", str(folder / "net.onnx"), "./net.onnx"):
        done = quantsim_viz(*COMMANDS["export"].split(), "-o", name)
        assert "error[overwrites-input]" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "simulate net.onnx --data data.npz -c rules.json --csv data.npz",
        "compare net.onnx --data data.npz -c rules.json -c default_config -o rules.json",
        "diff net.onnx -c default_config -c rules.json -o rules.json",
        "lint rules.json net.onnx --json -o rules.json",
    ],
)
def test_every_command_that_writes_looks_first(quantsim_viz, folder, command):
    done = quantsim_viz(*command.split())
    assert (done.status, "error[overwrites-input]" in done.err) == (2, True)
    json.loads((folder / "rules.json").read_text())


def test_other_files_are_written_over(quantsim_viz, folder):
    shutil.copy("net.onnx", "old.onnx")
    done = quantsim_viz(*COMMANDS["export"].split(), "-o", "old.onnx")
    assert (done.status, done.err) == (0, "")
    assert len(onnx.load("old.onnx", load_external_data=False).graph.node) > 1
