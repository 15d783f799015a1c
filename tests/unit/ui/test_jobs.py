"""The worker process itself: real processes, real simulations of a small model."""

from __future__ import annotations

import io
import os
import pickle
import signal
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from quantsim_viz.errors import Cancelled, DataError, QuantSimError
from quantsim_viz.ui import datasets, documents, runs, sources
from quantsim_viz.ui.jobs import Job, Worker
from quantsim_viz.ui.messages import Cancel, Message, Request
from quantsim_viz.ui.results import RunOptions
from quantsim_viz.ui.simulation import Progress
from quantsim_viz.ui.worker import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.ui.session import Session

PATIENCE = 120.0


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    worker.warm()
    yield worker
    worker.close()


def wait(worker: Worker, job: Job) -> Job:
    ended = threading.Event()
    limit = time.monotonic() + PATIENCE
    while job.is_running and time.monotonic() < limit:
        worker.poll()
        ended.wait(0.02)
    assert not job.is_running
    return job


def submit(worker: Worker, cnn: str, data: str = "random:1", samples: int | None = 4) -> Job:
    roots = sources.allowed_roots()
    config = documents.config_source("default_config", roots)
    return worker.submit(
        sources.model_source(cnn, roots),
        ((config.name, config.text),),
        datasets.data_source(data, roots),
        RunOptions(),
        title="test",
        purpose="simulate",
        samples=samples,
    )


def test_a_simulation_runs_in_a_process_of_its_own(worker: Worker, cnn: str) -> None:
    job = wait(worker, submit(worker, cnn))
    assert job.state == "done", job.error
    assert job.result is not None
    assert job.result["samples"] == 4
    figures = [layer["cumulative"]["sqnr_db"] for layer in job.result["layers"]]
    assert all(decibels > 0 for decibels in figures)


def test_an_error_of_the_data_comes_back_as_it_was(worker: Worker, cnn: str) -> None:
    job = wait(worker, submit(worker, cnn, data="configs/default_config.json"))
    assert job.state == "failed"
    assert isinstance(job.error, DataError)
    assert job.error.hint


def test_a_killed_process_is_reported_and_replaced(cnn: str) -> None:
    worker = Worker()
    try:
        job = submit(worker, cnn, samples=None)
        assert worker._process is not None
        os.kill(worker._process.pid, signal.SIGKILL)
        wait(worker, job)
        assert job.state == "failed"
        assert job.error is not None
        assert job.error.code == "worker-killed"
        assert wait(worker, submit(worker, cnn)).state == "done"
    finally:
        worker.close()


def test_a_cancelled_run_ends(worker: Worker, cnn: str) -> None:
    job = submit(worker, cnn, samples=None)
    worker.cancel(job)
    assert wait(worker, job).state == "cancelled"
    assert wait(worker, submit(worker, cnn)).state == "done"


def test_a_session_takes_results_over_and_marks_them_stale_after_an_edit(
    worker: Worker, session: Session
) -> None:
    session.set_option("samples", 8)
    runs.start_simulation(session, worker)
    wait(worker, session.jobs["simulate"])
    assert runs.collect(session)
    assert not runs.collect(session)
    assert session.result is not None
    assert session.result.report["metric"]["samples"] == 8
    assert not session.is_stale(session.result)
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"})
    assert session.is_stale(session.result)
    session.act({"type": "undo"})
    assert not session.is_stale(session.result)


def test_noise_is_measured_unasked_after_an_edit(worker: Worker, session: Session) -> None:
    runs.keep_live(session, worker)
    assert not session.jobs, "nothing is measured before the first edit"
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"})
    runs.keep_live(session, worker)
    job = session.jobs["live"]
    runs.keep_live(session, worker)
    assert session.jobs["live"] is job, "what is on its way is not asked for again"
    wait(worker, job)
    runs.collect(session)
    assert session.result is not None
    assert session.result.report["samples"] == runs.LIVE_SAMPLES
    runs.keep_live(session, worker)
    assert session.jobs["live"] is job, "what is known is not measured again"


def test_an_invalid_document_is_not_simulated(worker: Worker, session: Session) -> None:
    session.act({"type": "edit", "text": "{", "ver": session.workspace.history.version})
    runs.start_simulation(session, worker)
    runs.keep_live(session, worker)
    assert not session.jobs
    assert session.notices["run"].tone == "error"


def test_data_that_do_not_fit_are_told_of_when_they_are_opened(
    worker: Worker, session: Session
) -> None:
    content = io.BytesIO()
    np.savez(content, wrong=np.zeros((3, 1, 8, 8), np.float32))
    session.open_data(datasets.uploaded_data("mine.npz", content.getvalue()))
    runs.check_data(session, worker)
    wait(worker, session.jobs["check"])
    assert runs.collect(session)
    notice = session.notices["data-fit"]
    assert "wrong" in notice.text
    session.open_data(datasets.uploaded_data("text.npz", b"not an archive"))
    runs.check_data(session, worker)
    assert "data-fit" not in session.notices
    wait(worker, session.jobs["check"])
    runs.collect(session)
    assert session.notices["data-fit"].text.startswith("text.npz is not")
    session.open_data(datasets.data_for(session.model_source))
    job = session.jobs["check"]
    runs.check_data(session, worker)
    assert "data-fit" not in session.notices
    assert session.jobs["check"] is job, "a sample's own data need no check"


def test_asked_for_measures_are_taken_of_every_layer(worker: Worker, session: Session) -> None:
    session.set_option("samples", 8)
    session.set_option("measures", ("isolated", "sensitivity"))
    runs.start_simulation(session, worker)
    wait(worker, session.jobs["simulate"])
    runs.collect(session)
    assert session.result is not None
    assert session.result.figures["measures"] == ["isolated", "sensitivity"]
    layer = session.result.report["layers"][-1]
    assert {"cumulative", "isolated", "sensitivity"} <= layer.keys()
    session.set_option("measures", ())
    assert not session.is_stale(session.result), "what was measured besides changes no figure"


def test_the_worker_answers_and_ends_with_its_input(
    cnn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(bench: object, request: Request, report: object, cancelled: object) -> object:
        outcomes = {1: None, 2: Cancelled("stopped", code="cancelled"), 3: MemoryError()}
        error = outcomes.get(request.id, ValueError("odd"))
        if error is not None:
            raise error
        return {"layers": []}

    monkeypatch.setattr("quantsim_viz.ui.simulation.Bench.run", run)
    roots = sources.allowed_roots()
    items = [
        Request(number, sources.model_source(cnn, roots), (), datasets.RANDOM_DATA)
        for number in (1, 2, 3, 4)
    ]
    requests = io.BytesIO(b"".join(map(pickle.dumps, [Cancel(99), *items])))
    answers = io.BytesIO()
    serve(requests, answers)
    answers.seek(0)
    said: list[Message] = []
    while answers.tell() < len(answers.getvalue()):
        said.append(pickle.load(answers))
    last = {message.id: message for message in said}
    assert [last[number].kind for number in (1, 2, 3, 4)] == [
        "done",
        "cancelled",
        "failed",
        "failed",
    ]
    assert isinstance(last[3].value, QuantSimError)
    assert last[3].value.code == "out-of-memory"
    assert "odd" in last[4].value.message


def test_progress_tells_what_is_known_so_far() -> None:
    told: list[dict[str, object]] = []
    progress = Progress(lambda values: told.append(dict(values)))
    progress.tell(0, 1000, "calibrate", None)
    progress.tell(500, 1000, "simulate", {"tensor": "t", "node": "n", "cumulative": {}})
    progress.tell(600, 1000, "simulate", {"tensor": "t", "node": "n", "cumulative": {}})
    assert told[0]["seconds_left"] is None
    assert told[-1]["fraction"] == 0.6
    assert told[-1]["layer"] == "n"
    assert len(told[-1]["layers"]) == 1  # type: ignore[arg-type]  # a list in this key
