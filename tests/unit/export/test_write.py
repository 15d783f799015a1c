import json
import os

import numpy as np
import onnx
import pytest
from support.small_models import floats, model, node

from quantsim_viz.errors import QuantSimError
from quantsim_viz.export.write import write_document, write_model


def linear():
    return model([node("MatMul", "x w", "y")], constants={"w": floats(4, 300)})


def test_a_document_replaces_an_older_one_and_nothing_else_remains(tmp_path):
    path = tmp_path / "net.encodings"
    path.write_text("old")
    write_document({"a": "é"}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "é"}
    assert os.listdir(tmp_path) == ["net.encodings"]


def test_a_document_that_cannot_be_written_leaves_the_older_one_alone(tmp_path):
    path = tmp_path / "net.encodings"
    path.write_text("old")
    with pytest.raises(ValueError, match="JSON"):
        write_document({"a": float("nan")}, path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["net.encodings"]


def test_a_failure_half_way_leaves_the_older_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(QuantSimError, match="No space left") as caught:
        write_model(linear(), path)
    assert caught.value.code == "unwritable"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["net.onnx"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(QuantSimError, match="Cannot write to") as caught:
        write_document({}, tmp_path / "nowhere" / "net.encodings")
    assert caught.value.code == "unwritable"


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    target, link = tmp_path / "real.onnx", tmp_path / "link.onnx"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_model(linear(), link)
    assert link.is_symlink()
    assert onnx.load(target).graph.node[0].op_type == "MatMul"


def test_weights_beyond_one_file_lie_beside_the_model(tmp_path):
    path = tmp_path / "net.onnx"
    source = linear()
    write_model(source, path, largest=1000)
    assert sorted(os.listdir(tmp_path)) == ["net.onnx", "net.onnx.data"]
    stored = onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    np.testing.assert_array_equal(stored, floats(4, 300))
    assert not source.graph.initializer[0].external_data  # the caller's model is as it was
