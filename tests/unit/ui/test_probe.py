from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.small_models import model, node

from quantsim_viz.errors import ModelError
from quantsim_viz.ui import probe, sources

if TYPE_CHECKING:
    from collections.abc import Sequence


def child_that(code: str) -> Sequence[str]:
    return (sys.executable, "-c", f"import sys; sys.stdin.buffer.read(); {code}")


def test_a_sound_model_passes_as_a_file_and_as_an_upload(cnn: str, tmp_path: Path) -> None:
    content = Path(cnn).read_bytes()
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    probe.probe(sources.model_source(str(path), sources.allowed_roots([str(tmp_path)])))
    probe.probe(sources.uploaded_model("mine.onnx", content))


def test_a_model_that_is_refused_in_words_is_left_to_the_server() -> None:
    probe.probe(sources.uploaded_model("text.onnx", b"not a model at all"))


def test_a_model_that_kills_the_child_is_refused_and_nothing_else_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crash = "import os; os.write(2, b'terminate called: bad axis'); os.abort()"
    monkeypatch.setattr(probe, "COMMAND", child_that(crash))
    with pytest.raises(ModelError, match="bad axis") as caught:
        probe.probe(sources.uploaded_model("evil.onnx", b"x"))
    assert caught.value.code == "crashes-onnx"
    assert "evil.onnx" in caught.value.message


def test_a_child_without_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "COMMAND", child_that("import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(ModelError, match="lack of memory"):
        probe.probe(sources.uploaded_model("huge.onnx", b"x"))


def test_a_child_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "COMMAND", child_that("import threading; threading.Event().wait()"))
    monkeypatch.setattr(probe, "PATIENCE", 0.2)
    with pytest.raises(ModelError) as caught:
        probe.probe(sources.uploaded_model("slow.onnx", b"x"))
    assert caught.value.code == "too-slow"


def test_what_is_shipped_and_what_is_code_are_not_tried(cnn: str) -> None:
    roots = sources.allowed_roots(named=["sample_models.digits_cnn:build"])
    assert not sources.model_source(cnn, roots).is_foreign
    assert not sources.model_source("sample_models.digits_cnn:build", roots).is_foreign
    content = model([node("Relu", "x", "y")]).SerializeToString()
    assert sources.uploaded_model("net.onnx", content).is_foreign
