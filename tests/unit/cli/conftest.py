"""A terminal for the tests of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.small_configs import REFUSED

from quantsim_viz.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[3] / "sample_models"


@dataclass(frozen=True)
class Done:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def quantsim_viz(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return a function that runs a command line in this process, as the console script does."""

    def run(*args: object) -> Done:
        with pytest.raises(SystemExit) as stop:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert isinstance(stop.value.code, int)
        return Done(stop.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def cnn() -> Path:
    """Return the path of the smallest sample model."""
    return SAMPLES / "digits_cnn.onnx"


@pytest.fixture
def vit() -> Path:
    """Return the path of a sample with float constants, where `refused` is refused."""
    return SAMPLES / "digits_vit.onnx"


@pytest.fixture
def refused() -> Path:
    """Return the path of a configuration that AIMET refuses on `vit`."""
    return REFUSED


@pytest.fixture
def digits() -> Path:
    """Return the path of the held-out images with labels."""
    return SAMPLES / "digits_test.npz"
