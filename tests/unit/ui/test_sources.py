from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from quantsim_viz.errors import ModelError, QuantSimError
from quantsim_viz.ui import sources


def test_files_below_the_roots_may_be_opened_and_others_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    roots = sources.Roots((Path(os.path.realpath(inside)),))
    assert roots.check(str(inside / "a.onnx"))
    with pytest.raises(QuantSimError, match="outside the folders") as caught:
        roots.check(str(inside / ".." / "out" / "a.onnx"))
    assert caught.value.code == "outside-roots"


def test_a_link_out_of_the_roots_does_not_lead_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.onnx").write_bytes(b"")
    (inside / "link.onnx").symlink_to(outside / "secret.onnx")
    roots = sources.Roots((Path(os.path.realpath(inside)),))
    with pytest.raises(QuantSimError, match="outside"):
        roots.check(str(inside / "link.onnx"))


@pytest.mark.parametrize("reference", ["os:system", "net.pt2", "weights.pth"])
def test_what_could_execute_code_is_refused_unless_named_at_start(reference: str) -> None:
    with pytest.raises(ModelError) as caught:
        sources.allowed_roots().check(reference)
    assert caught.value.code == "code-not-allowed"
    assert sources.allowed_roots(named=[reference]).check(reference) == reference


@pytest.mark.parametrize("name", ["net.pt2", "net.pt", "net.pkl", "net"])
def test_only_onnx_files_are_taken_as_uploads(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        sources.uploaded_model(name, b"anything")
    assert caught.value.code == "code-not-allowed"


def test_an_upload_that_is_no_model_is_refused_with_a_reason() -> None:
    source = sources.uploaded_model("net.onnx", b"not a model")
    with pytest.raises(ModelError):
        source.load()


def test_a_changed_file_is_another_model(tmp_path: Path, cnn: str) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(Path(cnn).read_bytes())
    roots = sources.allowed_roots([str(tmp_path)])
    before = sources.model_source(str(path), roots).key
    os.utime(path, ns=(1, 1))
    assert sources.model_source(str(path), roots).key != before


def test_folders_named_at_start_are_roots(tmp_path: Path) -> None:
    roots = sources.allowed_roots([str(tmp_path)])
    assert roots.check(str(tmp_path / "net.onnx"))


def test_an_upload_is_kept_once_and_told_by_its_content() -> None:
    first = sources.uploaded_model("a.onnx", b"one")
    same = sources.uploaded_model("a.onnx", b"one")
    other = sources.uploaded_model("a.onnx", b"two")
    assert first == same
    assert first.key != other.key
    assert len(pickle.dumps(sources.uploaded_model("b.onnx", b"x" * 10**6))) < 1000
