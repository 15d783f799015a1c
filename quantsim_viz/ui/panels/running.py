"""Simulations as the page starts, watches and takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.ui.session import Result
from quantsim_viz.ui.views.table import layer_figures

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.state import AppState


def start_simulation(state: AppState) -> None:
    """Start a simulation of the document on all the data."""
    session = state.session
    if session.job is not None and session.job.is_running:
        return
    workspace = session.workspace
    cascade = workspace.picture().cascade
    if cascade is None:
        session.tell("run", "The configuration is not valid, so there is nothing to run.", "error")
        return
    if cascade.error is not None:
        session.tell("run", f"AIMET refuses this: {cascade.error.message}", "error")
        return
    session.notices.pop("run", None)
    session.job = state.worker.submit(
        session.model_source,
        ((workspace.source.name, workspace.text),),
        session.data,
        title=f"Simulating on {session.data.title}",
        options=session.options.to_keywords(),
        samples=session.options.samples,
    )
    session.running_options = session.snapshot()


def start_comparison(state: AppState) -> None:
    """Start a comparison of the chosen configuration with the document."""
    session = state.session
    other = session.compare_source
    if other is None or (session.compare_job is not None and session.compare_job.is_running):
        return
    workspace = session.workspace
    session.compare_job = state.worker.submit(
        session.model_source,
        ((workspace.source.name, workspace.text), (other.name, other.text)),
        session.data,
        title=f"Comparing on {session.data.title}",
        purpose="compare",
        options=session.options.to_keywords(),
        samples=session.options.samples,
    )
    session.running_options = session.snapshot()


def stop_simulation(state: AppState) -> None:
    """Ask every running simulation to stop."""
    for job in (state.session.job, state.session.compare_job):
        if job is not None and job.is_running:
            state.worker.cancel(job)


def collect(state: AppState) -> bool:
    """Take over what finished since the last look; whether anything did."""
    session = state.session
    changed = False
    for job in (session.job, session.compare_job):
        if job is None or job.is_running or job.taken:
            continue
        job.taken = True
        changed = True
        if job.state == "done" and job.result is not None:
            _take_result(state, job)
        elif job.state == "failed" and job.error is not None:
            session.tell("run", str(job.error), "error")
        elif job.state == "cancelled":
            session.tell("run", "The run was cancelled; earlier figures stand.")
    return changed


def _take_result(state: AppState, job: Job) -> None:
    session = state.session
    assert job.result is not None
    compared = job.purpose == "compare"
    result = Result(
        report=job.result,
        texts=tuple(text for _, text in job.texts),
        model_key=job.model_key,
        data=job.data,
        options=session.running_options,
        figures={} if compared else layer_figures(job.result["layers"]),
    )
    if compared:
        session.comparison = result
    else:
        session.result = result
