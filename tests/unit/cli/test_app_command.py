from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import streamlit.web.cli

from quantsim_viz.cli.app import STREAMLIT_OPTIONS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def streamlit_arguments(monkeypatch):
    """Record what Streamlit would be started with."""
    recorded: list[str] = []
    monkeypatch.setattr(streamlit.web.cli, "main", lambda args, **_: recorded.extend(args))
    return recorded


def test_what_is_named_reaches_the_script(quantsim_viz, streamlit_arguments, cnn):
    done = quantsim_viz(
        *("app", cnn, "-c", "default_config", "--data", "random:7"),
        *("--port", "8600", "--root", "/data", "--root", "/models", "--metric", "top5"),
    )
    before, after = streamlit_arguments, streamlit_arguments.index("--")
    assert done.status == 0
    assert before[:2] == ["run", str(ROOT / "app.py")]
    assert "--server.port=8600" in before[:after]
    assert streamlit_arguments[after + 1 :] == [
        str(cnn),
        "--config=default_config",
        "--data=random:7",
        "--root=/data",
        "--root=/models",
        "--metric=top5",
    ]


def test_nothing_needs_to_be_named(quantsim_viz, streamlit_arguments):
    assert quantsim_viz("app").status == 0
    assert streamlit_arguments[-1] == "--"


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        flat.update(flatten(value, f"{key}.") if isinstance(value, dict) else {key: value})
    return flat


def test_the_options_are_those_of_the_configuration_file():
    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    given = dict(option.removeprefix("--").split("=") for option in STREAMLIT_OPTIONS)
    wanted = flatten(tomllib.loads(text))
    as_given = {
        name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in wanted.items()
    }
    assert given == as_given


@pytest.mark.parametrize("arguments", [("missing.onnx",), ("-c", "missing.json"), ("--port", "0")])
def test_bad_input_is_said_before_a_server_starts(quantsim_viz, streamlit_arguments, arguments):
    done = quantsim_viz("app", *arguments)
    assert done.status == 2
    assert "error[" in done.err
    assert streamlit_arguments == []


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def test_the_server_answers_and_stops_when_told(cnn):
    port = free_port()
    command = [sys.executable, "-m", "quantsim_viz", "app", str(cnn), "--headless"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            assert any(f"localhost:{port}" in line for line in server.stdout)
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/_stcore/health", timeout=30
            ) as response:
                assert response.read() == b"ok"
        finally:
            server.terminate()
            server.communicate(timeout=30)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)
