"""The worker process itself: real processes, real simulations of a small model."""

from __future__ import annotations

import io
import os
import pickle
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from quantsim_viz.errors import Cancelled, DataError, QuantSimError
from quantsim_viz.samples import list_samples
from quantsim_viz.sim.watch import Watch
from quantsim_viz.ui import datasets, documents, runs, sources
from quantsim_viz.ui.datasets import RANDOM_DATA
from quantsim_viz.ui.jobs import Job, Worker
from quantsim_viz.ui.messages import Cancel, Message, Request
from quantsim_viz.ui.panels.progress import progress_text, whose
from quantsim_viz.ui.results import LIVE_SAMPLES, RunOptions
from quantsim_viz.ui.simulation import Progress
from quantsim_viz.ui.views.figures import (
    are_stale,
    figures_caption,
    published_figures,
    result_caption,
    result_note,
)
from quantsim_viz.ui.views.tables import layers_csv, outcome_figures
from quantsim_viz.ui.worker import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    assert session.result.report["samples"] == LIVE_SAMPLES
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
    told: list[dict[str, Any]] = []
    busy = [True, False, False]

    def report(values: Mapping[str, Any]) -> bool:
        told.append(dict(values))
        return not busy[len(told) - 1]

    progress, watch = Progress(report), Watch()
    watch.expect({"simulate": 10})
    for tensor in ("t", "u", "v"):
        progress.tell(watch.status({"tensor": tensor, "node": "n", "cumulative": {}}))
    assert told[0]["seconds_left"] is None
    rows = [[row["tensor"] for row in values["rows"]] for values in told]
    assert rows == [["t"], ["t", "u"], ["v"]], "what was not taken comes again, and only that"
    job = Job(1, (), "Simulating", "simulate", "m", RANDOM_DATA, RunOptions())
    for values in told[1:]:
        job.take_progress(values)
    assert [row["tensor"] for row in job.progress["layers"]] == ["t", "u", "v"]


def test_a_progress_line_says_what_how_far_where_and_how_long_still() -> None:
    job = Job(1, (), "Simulating on digits", "simulate", "m", RANDOM_DATA, RunOptions())
    assert progress_text(job) == "Simulating on digits: loading the model"
    job.take_progress(
        {
            "phase": "calibrate",
            "fraction": 0.25,
            "node": "conv1",
            "op_type": "Conv",
            "samples": 1024,
            "of": 5000,
            "seconds_left": 12.4,
        }
    )
    assert progress_text(job) == (
        "Simulating on digits: finding ranges, 25% · conv1 (Conv) · 1,024 of 5,000 samples"
        " · about 12 s left"
    )


def ended(session: Session, state: str, **progress: Any) -> Job:
    """A simulation of the present document that has ended somehow."""
    workspace = session.workspace
    texts = ((workspace.source.name, workspace.text),)
    key = session.model_source.key
    job = Job(9, texts, "Simulating", "simulate", key, session.data, session.options, state=state)
    job.take_progress(progress)
    session.jobs["simulate"] = job
    return job


ROW = {"tensor": "relu", "node": "node_relu", "op_type": "Relu", "module": None, "status": "fused"}
FIGURE = {"sqnr_db": 21.5, "signal": 2.0, "noise": 0.01}


def test_what_a_cancelled_run_had_found_stays_and_is_marked(session: Session) -> None:
    rows = [ROW | {"cumulative": FIGURE, "encoding": None, "shape": [1]}]
    ended(session, "cancelled", fraction=0.4, rows=rows)
    assert runs.collect(session)
    result = session.result
    assert result is not None
    assert result.is_partial
    assert result.figures["layers"]["relu"]["f"][0] == 21.5
    assert "part of the samples, then cancelled" in result_caption(result)
    assert "cancelled at 40%" in session.notices["run"].text
    assert "cancelled run" in result_note(session, result)
    assert "1 layer stay" in session.notices["run"].text
    assert layers_csv(result.report).count("\n") == 2
    assert list(outcome_figures(result.report)) == []
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    assert "earlier state" in result_note(session, result)


def test_a_run_that_stops_by_itself_hands_over_what_it_had(session: Session) -> None:
    job = ended(session, "cancelled", fraction=0.5)
    job.result = {
        "layers": [ROW | {"cumulative": FIGURE, "encoding": None, "shape": [1]}],
        "outputs": {},
        "samples": 128,
        "seconds": 1.0,
        "partial": {"stage": "simulate", "samples": 128, "of": 540},
    }
    runs.collect(session)
    assert session.result is not None
    assert "128 of 540 samples, then cancelled" in result_caption(session.result)


def test_a_cancelled_simulation_keeps_its_figures(session: Session, worker: Worker) -> None:
    session.set_option("batch_size", 4)
    runs.start_simulation(session, worker)
    job = session.jobs["simulate"]
    limit = time.monotonic() + PATIENCE
    while not job.progress.get("layers") and job.is_running and time.monotonic() < limit:
        threading.Event().wait(0.005)
    worker.cancel(job)
    wait(worker, job)
    runs.collect(session)
    assert session.result is not None
    assert session.result.is_partial == (job.state == "cancelled")


def test_quantizers_are_measured_by_themselves(session: Session, worker: Worker) -> None:
    session.set_option("measures", ("quantizers",))
    runs.start_simulation(session, worker)
    wait(worker, session.jobs["simulate"])
    runs.collect(session)
    result = session.result
    assert result is not None
    assert result.figures["measures"] == ["quantizers"]
    own, share, _, finer = result.figures["layers"]["features.0.weight"]["q"]
    assert own > 20
    assert 0 <= share <= 1
    assert finer > 3
    header = layers_csv(result.report).splitlines()[0]
    assert "own_rounding,own_clipping,own_wider_db,own_finer_db" in header


def test_figures_that_came_in_since_an_edit_stand_beside_the_last_ones(session: Session) -> None:
    rows = [ROW | {"cumulative": FIGURE, "encoding": None, "shape": [1]}]
    job = ended(session, "done")
    job.result = {"layers": rows, "outputs": {}, "samples": 540, "seconds": 1.0}
    runs.collect(session)
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    figures = published_figures(session, lambda content, label: label)
    assert figures == {"results": "results"}
    text = ((session.workspace.source.name, session.workspace.text),)
    key = session.model_source.key
    live = Job(10, text, "Live noise", "live", key, session.data, session.options)
    live.take_progress({"rows": [ROW | {"cumulative": FIGURE | {"sqnr_db": 9.0}}]})
    session.jobs["live"] = live
    fresh = published_figures(session, lambda content, label: label)["fresh"]
    assert fresh["layers"]["relu"]["f"][0] == 9.0


def test_a_run_cancelled_before_its_first_figure_leaves_the_earlier_ones(session: Session) -> None:
    ended(session, "cancelled", phase="calibrate", fraction=0.1)
    runs.collect(session)
    assert session.result is None
    assert "no figures yet" in session.notices["run"].text


def test_a_model_that_was_loaded_ahead_is_not_loaded_again(session: Session) -> None:
    worker = Worker()
    try:
        worker.warm(session.model_source)
        runs.start_simulation(session, worker)
        job = wait(worker, session.jobs["simulate"])
        assert job.state == "done"
        worker.warm(sources.uploaded_model("no model.onnx", b"nothing"))
        session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
        runs.start_simulation(session, worker)
        assert wait(worker, session.jobs["simulate"]).state == "done", "nobody hears of the other"
    finally:
        worker.close()


def test_one_batch_is_never_more_than_a_whole_run(session: Session) -> None:
    options = RunOptions()
    assert options.batch_of(session.data) == LIVE_SAMPLES
    assert RunOptions(samples=10).batch_of(session.data) == 10
    assert options.batch_of(RANDOM_DATA) is None


def test_ranges_are_found_on_the_data_that_were_chosen(session: Session, worker: Worker) -> None:
    own = session.data.calibration
    assert own is not None
    runs.start_simulation(session, worker)
    wait(worker, session.jobs["simulate"])
    runs.collect(session)
    first = session.result
    assert first is not None
    session.calibrate_with(datasets.data_source("random:3", session.roots))
    assert session.is_stale(first)
    runs.start_simulation(session, worker)
    wait(worker, session.jobs["simulate"])
    runs.collect(session)
    second = session.result
    assert second is not None
    assert second.report["calibration"] != first.report["calibration"]
    assert "min-max on random data, seed 3" in result_caption(second)
    assert second.figures["layers"]["relu"]["e"] != first.figures["layers"]["relu"]["e"]
    session.calibrate_with(session.data)
    assert session.data.calibration is None, "on the data themselves"


def started(session: Session, decibels: float = 21.5) -> Job:
    """Return a run of what is open that has its first figures."""
    texts = ((session.workspace.source.name, session.workspace.text),)
    key = session.model_source.key
    job = Job(9, texts, "Simulating on digits", "simulate", key, session.data, session.options)
    row = ROW | {"cumulative": FIGURE | {"sqnr_db": decibels}, "encoding": None, "shape": [1]}
    job.take_progress({"phase": "simulate", "fraction": 0.4, "rows": [row]})
    session.jobs["simulate"] = job
    return job


def drawn(session: Session) -> dict[str, Any]:
    return published_figures(session, lambda content, label: label)


def other_model(session: Session) -> sources.ModelSource:
    return sources.model_source(str(list_samples()[1].model), session.roots)


def test_a_run_on_another_model_is_stopped_and_its_figures_are_nobodys(session: Session) -> None:
    worker = Worker()
    job = started(session)
    assert set(drawn(session)) == {"partial"}
    session.open_model(other_model(session))
    assert drawn(session) == {}
    runs.stop_outdated(session, worker)
    assert job.cancelled_at is not None
    assert "of the model that was open before" in progress_text(job, of=whose(session, job))
    for state in ("cancelled", "done"):
        job.result = {"layers": job.progress["layers"], "outputs": {}, "samples": 9, "seconds": 1.0}
        job.state, job.taken = state, False
        runs.collect(session)
        assert session.results == {}
    assert "another model was opened" in session.notices["run"].text


def test_a_run_of_another_configuration_is_not_drawn_as_of_the_present_one(
    session: Session,
) -> None:
    job = started(session)
    assert figures_caption(session) == "the run under way"
    assert whose(session, job) == ""
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    assert drawn(session) == {}
    assert figures_caption(session) == "the run under way is of an earlier state"
    assert whose(session, job) == "of default_config as it was before"
    session.open_config(documents.config_source("weights_only", session.roots))
    assert "digits, of default_config: simulating" in progress_text(job, of=whose(session, job))
    session.open_config(documents.config_source("default_config", session.roots))
    assert set(drawn(session)) == {"partial"}
    session.set_option("act_bits", 16)
    assert whose(session, job) == "with other data or options than now"


def test_earlier_figures_are_not_called_the_run_under_way(session: Session) -> None:
    job = started(session)
    job.result = {"layers": job.progress["layers"], "outputs": {}, "samples": 540, "seconds": 1.0}
    job.state = "done"
    runs.collect(session)
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    later = started(session, 9.0)
    assert not are_stale(session), "those of the run are drawn"
    later.progress = {}
    assert are_stale(session)
    assert figures_caption(session).startswith("of an earlier state")


def live(session: Session, state: str = "done", seconds: float = 0.5) -> Job:
    """Return live noise of what is open as it ended."""
    job = started(session)
    del session.jobs["simulate"]
    job.purpose, job.state = "live", state
    layers = job.progress["layers"]
    job.result = {"layers": layers, "outputs": {}, "samples": 64, "seconds": seconds}
    session.jobs["live"] = job
    return job


def edit(session: Session, value: str) -> None:
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": value})


def test_live_noise_that_had_to_wait_long_goes_on(session: Session, worker: Worker) -> None:
    edit(session, "False")
    job = live(session)
    job.started -= 60.0  # for the process, the model, and other jobs
    runs.collect(session)
    assert not session.is_stale(session.result)
    edit(session, "True")
    runs.keep_live(session, worker)
    assert session.is_running("live")


def test_live_noise_that_takes_long_by_itself_waits_and_says_so(
    session: Session, worker: Worker
) -> None:
    edit(session, "False")
    live(session, seconds=33.0)
    runs.collect(session)
    edit(session, "True")
    runs.keep_live(session, worker)
    assert not session.is_running("live")
    assert "a batch takes 33 s, so press Simulate" in figures_caption(session)
    session.switch_live(True)
    runs.keep_live(session, worker)
    assert session.is_running("live"), "who switches it on wants it"


def test_live_noise_that_was_cancelled_is_measured_when_its_state_is_back(
    session: Session, worker: Worker
) -> None:
    edit(session, "False")
    job = live(session, "running")
    runs.keep_live(session, worker)
    assert session.jobs["live"] is job, "on its way"
    job.cancelled_at = time.monotonic()  # by a run that was asked for, and cancelled itself
    runs.keep_live(session, worker)
    assert session.jobs["live"] is not job


def test_live_noise_that_failed_says_why_once(session: Session, worker: Worker) -> None:
    for value in ("False", "True"):
        edit(session, value)
        job = live(session, "failed")
        job.error = QuantSimError("Frob is not supported", code="x")
        runs.collect(session)
        runs.keep_live(session, worker)
        assert session.jobs["live"] is job, "it would fail again"
        assert ("live" in session.notices) == (value == "False")
        session.notices.clear()
    edit(session, "False")
    live(session)
    runs.collect(session)
    assert session.live_problem == ""


def test_what_waits_behind_a_job_that_does_not_stop_is_run_in_another_process(cnn: str) -> None:
    worker = Worker()
    try:
        stuck, waiting = submit(worker, cnn, samples=None), submit(worker, cnn)
        stuck.cancelled_at = time.monotonic()
        worker._enforce(stuck)
        assert stuck.state == "cancelled"
        assert wait(worker, waiting).state == "done"
    finally:
        worker.close()


def test_jobs_of_a_process_that_died_unnoticed_are_told_of_when_it_is_replaced(
    cnn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, looks, pump = Worker(), threading.Event(), Worker._pump
    monkeypatch.setattr(Worker, "_pump", lambda *args: looks.wait() and pump(*args))
    try:
        lost = submit(worker, cnn, samples=None)
        assert worker._process is not None
        worker._process.kill()
        worker._process.wait()
        submit(worker, cnn)
        assert lost.state == "failed"
    finally:
        looks.set()
        worker.close()


def test_that_a_run_was_cancelled_is_told_until_the_next_valid_edit(session: Session) -> None:
    ended(session, "cancelled", phase="calibrate", fraction=0.1)
    runs.collect(session)
    session.act({"type": "edit", "text": "{", "ver": session.workspace.history.version})
    assert "run" in session.notices
    session.act({"type": "undo"})
    assert "run" not in session.notices
    ended(session, "failed").error = QuantSimError("Out of memory", code="x")
    runs.collect(session)
    edit(session, "False")
    assert "run" in session.notices, "why one failed may not have been read yet"
