"""Simulations of a session: started, superseded, taken over. Plain Python.

Three purposes of the workbench and those of the Compare page (`compare.runs`) share one worker
process: `simulate` (all the data, asked for), `live` (one batch, after every valid edit, unasked)
and `check` (whether data that were opened fit the model).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import DataError
from quantsim_viz.ui.compare.runs import PURPOSES, stop_comparing, take
from quantsim_viz.ui.datasets import data_for
from quantsim_viz.ui.examine import PURPOSE, take_examined
from quantsim_viz.ui.results import Result
from quantsim_viz.ui.views.table import layer_figures

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job, Worker
    from quantsim_viz.ui.session import Session


def check_data(session: Session, worker: Worker) -> None:
    """Find out whether data that were just opened fit the model; what ships with it does."""
    key = (session.model_source.key, session.data)
    if key == session.checked:
        return
    session.checked = key
    known = (session.fitting, data_for(session.model_source))
    if session.data.is_random or session.data in known:
        session.fitting = session.data
        return
    session.jobs["check"] = worker.submit(
        session.model_source,
        (),
        session.data,
        session.options,
        title=f"Checking {session.data.title}",
        purpose="check",
    )


def start_simulation(session: Session, worker: Worker) -> None:
    """Start a simulation of the document on all the data."""
    if session.is_running("simulate") or not _may_run(session):
        return
    stop_live(session, worker)
    workspace = session.workspace
    session.jobs["simulate"] = worker.submit(
        session.model_source,
        ((workspace.source.name, workspace.text),),
        session.data,
        session.options,
        title=f"Simulating on {session.data.title}",
        purpose="simulate",
        samples=session.options.samples,
    )


def keep_live(session: Session, worker: Worker) -> None:
    """Measure the present document on one batch, unless its figures are known or on their way.

    Nothing is measured before the first edit or run, while something asked for runs, or on a model
    that takes too long.
    """
    wanted = session.live and (session.results or not session.workspace.history.is_pristine)
    if not wanted or session.comparing.is_open:
        return
    if session.is_running("simulate") or session.is_running("check"):
        return
    if session.is_slow or not session.is_stale(session.result, missing=True):
        return
    cascade = session.workspace.picture().cascade
    if cascade is None or cascade.error is not None:
        return
    workspace = session.workspace
    texts = ((workspace.source.name, workspace.text),)
    job = session.jobs.get("live")
    if job is not None and session.is_current(job) and not job.is_cancelled:
        return  # it is on its way, or it failed and would fail again
    stop_live(session, worker)
    session.jobs["live"] = worker.submit(
        session.model_source,
        texts,
        session.data,
        replace(session.options, measures=()),
        title="Live noise",
        purpose="live",
        samples=session.options.batch_of(session.data),
    )


def _may_run(session: Session) -> bool:
    """Whether the document can be simulated; says why where it cannot."""
    cascade = session.workspace.picture().cascade
    if cascade is None:
        words = "The configuration is not valid, so there is nothing to run."
        session.tell("run", words, "error", is_passing=True)
        return False
    if cascade.error is not None:
        words = f"AIMET refuses this: {cascade.error.message}"
        session.tell("run", words, "error", is_passing=True)
        return False
    session.notices.pop("run", None)
    return True


def stop(session: Session, worker: Worker) -> None:
    """Ask what was asked for to stop."""
    if session.is_running("simulate"):
        worker.cancel(session.jobs["simulate"])
    stop_comparing(session, worker)


def stop_outdated(session: Session, worker: Worker) -> None:
    """Ask runs on a model that is no longer open to stop: nobody looks at their figures."""
    for purpose in ("simulate", "live"):
        job = session.jobs.get(purpose)
        if job is not None and job.is_running and job.model_key != session.model_source.key:
            worker.cancel(job, force=purpose == "simulate")


def stop_live(session: Session, worker: Worker) -> None:
    """Ask the live measurement to make room; it is never ended by force."""
    if session.is_running("live"):
        worker.cancel(session.jobs["live"], force=False)


def collect(session: Session) -> bool:
    """Take over what finished since the last look; whether anything did."""
    finished = [job for job in session.jobs.values() if not job.is_running and not job.taken]
    for job in finished:
        job.taken = True
        if job.purpose in PURPOSES:
            take(session, job)
        elif job.purpose == PURPOSE:
            take_examined(session, job)
        elif job.purpose == "check":
            if session.checked == (job.model_key, job.data):
                _take_check(session, job)
        elif job.model_key != session.model_source.key:
            if job.purpose == "simulate":
                words = "The run was stopped: another model was opened."
                session.tell("run", words, is_passing=True)
        elif job.state == "done" and job.result is not None:
            session.results[job.purpose] = _result_of(job)
            if job.purpose == "live":
                session.live_seconds, session.live_problem = job.result["seconds"], ""
                session.notices.pop("live", None)
        elif job.purpose == "live":
            _tell_live(session, job)
        elif job.state == "failed" and job.error is not None:
            session.tell("run", job.problem, "error")
        elif job.state == "cancelled":
            _take_partial(session, job)
    return bool(finished)


def _take_check(session: Session, job: Job) -> None:
    """Keep data that fit; in place of others the last ones that do stand again."""
    if job.state == "done":
        session.fitting = job.data
    elif job.error is not None:
        words = job.problem
        if isinstance(job.error, DataError):
            session.open_data(session.fitting)
            words = f"{words.rstrip('.')}. {session.data.title} stays."
        session.tell("data-fit", words, "error")


def _tell_live(session: Session, job: Job) -> None:
    """Say why live noise failed, once for each reason; that it made room is nothing to tell."""
    if job.state == "failed" and job.problem != session.live_problem:
        session.live_problem = job.problem
        session.tell("live", f"Live noise was not measured: {job.problem}", "error")


def _take_partial(session: Session, job: Job) -> None:
    """Keep what a cancelled run had found, unless a whole run of the present state is known."""
    report = job.result or _report_of_progress(job)
    found = sum(layer.get("cumulative") is not None for layer in report["layers"])
    known = session.results.get("simulate")
    if not found or (known is not None and not known.is_partial and session.is_current(known)):
        stand = "earlier figures stand" if session.result else "it had no figures yet"
        session.tell("run", f"The run was cancelled; {stand}.", is_passing=True)
        return
    session.results["simulate"] = _result_of(replace(job, result=report), is_partial=True)
    rows = "the figures of 1 layer stay" if found == 1 else f"the figures of {found} layers stay"
    words = f"The run was cancelled at {job.fraction:.0%}: {rows}, of part of the data."
    session.tell("run", words, is_passing=True)


def _report_of_progress(job: Job) -> dict[str, Any]:
    """Return what is known of a run whose process had to be ended: the rows it had sent."""
    progress = job.progress
    return {
        "layers": progress.get("layers", []),
        "outputs": {},
        "samples": progress.get("samples"),
        "seconds": time.monotonic() - job.started,
        "partial": {"samples": progress.get("samples"), "of": progress.get("of")},
    }


def _result_of(job: Job, *, is_partial: bool = False) -> Result:
    assert job.result is not None
    return Result(
        report=job.result,
        texts=tuple(text for _, text in job.texts),
        model_key=job.model_key,
        data=job.data,
        options=job.options,
        figures=layer_figures(job.result["layers"], job.result.get("quantizers")),
        is_partial=is_partial,
    )
