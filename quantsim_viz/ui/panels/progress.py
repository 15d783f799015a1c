"""Watching a run: a small fragment of its own that polls while there is something to watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui.panels.running import collect
from quantsim_viz.ui.state import app_state

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.state import AppState

POLL_SECONDS = 0.4


def draw_progress(state: AppState) -> None:
    """Draw the progress line of the run under way, if there is one."""
    if _running(state) is not None:
        _watch()


def _running(state: AppState) -> Job | None:
    jobs = (state.session.job, state.session.compare_job)
    return next((job for job in jobs if job is not None and job.is_running), None)


@st.fragment(run_every=POLL_SECONDS)
def _watch() -> None:
    state = app_state()
    state.worker.poll()
    job = _running(state)
    if job is None:
        collect(state)
        st.rerun(scope="app")
    with st.container(key="progress"):
        st.progress(job.fraction, text=progress_text(job))


def progress_text(job: Job) -> str:
    """Return a running job in a line: what, how far, which layer, how long still."""
    progress = job.progress
    if job.cancelled_at is not None:
        return "Stopping"
    if not progress or progress.get("phase") == "loading":
        return f"{job.title}: loading the model"
    parts = [f"{job.title}: {progress.get('phase', '')} {job.fraction:.0%}"]
    if progress.get("layer"):
        parts.append(str(progress["layer"]))
    left = progress.get("seconds_left")
    if left is not None:
        parts.append(f"about {max(1, round(left))} s left")
    return " · ".join(parts)
