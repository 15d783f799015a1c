"""What is wrong with a model or its data is said in the app, and nothing that was open is lost."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from support.small_models import model, node

from quantsim_viz.ui import datasets, runs, sources
from quantsim_viz.ui.jobs import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.ui.session import Session


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def finished(session: Session, worker: Worker, kind: str) -> None:
    """Poll as the page does until a job has ended, then take it over."""
    ended = threading.Event()
    limit = time.monotonic() + 120
    job = session.jobs[kind]
    while job.is_running and time.monotonic() < limit:
        worker.poll()
        ended.wait(0.02)
    assert runs.collect(session)


def with_external_weight(folder: Path, location: str) -> Path:
    """A model whose one weight lies in a file of its own."""
    weight = np.ones((4, 4), np.float32)
    proto = model([node("MatMul", "x w", "y")], constants={"w": weight})
    stored = proto.graph.initializer[0]
    stored.ClearField("raw_data")
    stored.ClearField("float_data")
    stored.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(weight.nbytes))):
        stored.external_data.add(key=key, value=value)
    path = folder / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def saved(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def test_a_truncated_model_is_refused_and_the_open_one_stays(session: Session, cnn: str) -> None:
    before = session.workspace.model
    torn = sources.uploaded_model("torn.onnx", Path(cnn).read_bytes()[:5000])
    assert not session.attempt("model", lambda: session.open_model(torn))
    assert session.workspace.model is before
    assert "torn.onnx" in session.notices["model"].text


def test_weights_outside_the_models_folder_are_refused(session: Session, tmp_path: Path) -> None:
    before = session.workspace.model
    path = with_external_weight(tmp_path, "../../etc/passwd")
    roots = sources.allowed_roots([str(tmp_path)])
    opened = session.attempt(
        "model", lambda: session.open_model(sources.model_source(str(path), roots))
    )
    assert not opened
    assert session.workspace.model is before
    assert "folder" in session.notices["model"].text


def test_a_model_without_its_weight_file_opens_and_cannot_be_simulated(
    session: Session, worker: Worker, tmp_path: Path
) -> None:
    path = with_external_weight(tmp_path, "weights.bin")
    roots = sources.allowed_roots([str(tmp_path)])
    session.open_model(sources.model_source(str(path), roots))
    assert any(d.code == "missing-external-data" for d in session.workspace.model.warnings)
    session.open_data(datasets.data_for(session.model_source))
    runs.start_simulation(session, worker)
    finished(session, worker, "simulate")
    assert "weights.bin" in session.notices["run"].text


def test_an_unsupported_operator_is_named_with_its_node(
    session: Session, worker: Worker, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    proto = model(
        [node("Relu", "x", "h"), node("Frobnicate", "h", "y", "frob", domain="my.own")],
        opset={"": 17, "my.own": 1},
    )
    path.write_bytes(proto.SerializeToString())
    session.open_model(sources.model_source(str(path), sources.allowed_roots([str(tmp_path)])))
    session.open_data(datasets.data_for(session.model_source))
    runs.start_simulation(session, worker)
    finished(session, worker, "simulate")
    notice = session.notices["run"].text
    assert "Frobnicate" in notice
    assert "frob" in notice


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"image": np.zeros((3, 1, 9, 9), np.float32)}, "9"),
        ({"image": np.full((3, 1, 8, 8), "a")}, "image"),
        ({"image": np.zeros((3, 1, 8, 8), np.float32), "labels": np.zeros(5, int)}, "5 labels"),
    ],
)
def test_data_of_a_wrong_shape_type_or_label_count_are_told_of_at_once(
    session: Session, worker: Worker, arrays: dict[str, Any], said: str
) -> None:
    session.open_data(datasets.uploaded_data("mine.npz", saved(**arrays)))
    runs.check_data(session, worker)
    finished(session, worker, "check")
    assert said in session.notices["data-fit"].text


def test_data_that_cannot_be_used_leave_the_former_choice(session: Session, worker: Worker) -> None:
    own = session.data
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    session.open_data(datasets.uploaded_data("mine.npz", b"no archive"))
    runs.check_data(session, worker)
    runs.keep_live(session, worker)
    assert not session.is_running("live"), "nothing is measured on data that may not fit"
    finished(session, worker, "check")
    assert session.data == own
    assert f"{own.title} stays" in session.notices["data-fit"].text
    runs.check_data(session, worker)
    assert "data-fit" in session.notices

    good = datasets.uploaded_data("good.npz", saved(image=np.zeros((3, 1, 8, 8), np.float32)))
    session.open_data(good)
    assert "data-fit" not in session.notices
    runs.check_data(session, worker)
    finished(session, worker, "check")
    session.calibrate_with(datasets.uploaded_data("bad.npz", saved(wrong=np.zeros(3))))
    runs.check_data(session, worker)
    finished(session, worker, "check")
    assert session.data == good
