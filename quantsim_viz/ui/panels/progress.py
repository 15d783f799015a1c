"""Watching a run: a small fragment of its own that polls while there is something to watch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui.compare.runs import stop_comparing
from quantsim_viz.ui.state import app_state

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState

POLL_SECONDS = 0.3

SETTLE_SECONDS = 0.25
"""How long a person pauses before what an edit did not wait for is worked out."""

REFRESH_SECONDS = 0.8
"""How often the page is drawn again while a run's figures come in."""


def draw_progress(state: AppState) -> None:
    """Draw the progress line of what was asked for, and wait for whatever runs.

    What ended while the page was being drawn is still to be taken over, so it is waited for too.
    """
    awaited = any(job.is_running or not job.taken for job in state.session.jobs.values())
    if awaited or state.session.workspace.is_unsettled:
        _watch()


@st.fragment(run_every=POLL_SECONDS)
def _watch() -> None:
    state = app_state()
    state.worker.poll()
    running = [job for job in state.session.jobs.values() if job.is_running]
    comparing = state.session.comparing
    rests = time.monotonic() - state.drawn >= SETTLE_SECONDS
    state.settling = state.session.workspace.is_unsettled and rests
    if state.settling or _has_news(state) or not (running or state.session.workspace.is_unsettled):
        st.rerun(scope="app")
    asked = [job for job in running if job.purpose == "simulate" or job.id == comparing.asked]
    if asked:
        with st.container(key="progress"):
            words = progress_text(asked[0], of=whose(state.session, asked[0]))
            st.progress(asked[0].fraction, text=words)
            if asked[0].purpose != "simulate":
                stop = state.session, state.worker
                st.button("Cancel", key="cancel", on_click=stop_comparing, args=stop)


def _has_news(state: AppState) -> bool:
    """Whether the page should be drawn again: something finished, or more layers have figures."""
    jobs = state.session.jobs
    if any(not job.is_running and not job.taken for job in jobs.values()):
        return True
    job = next((jobs[p] for p in ("simulate", "live") if p in jobs and jobs[p].is_running), None)
    if job is None:
        return False
    known = len(job.progress.get("layers", ()))
    now = time.monotonic()
    if known <= job.shown_layers or now - state.refreshed < REFRESH_SECONDS:
        return False
    job.shown_layers = known
    state.refreshed = now
    return True


STAGES = {
    "loading": "loading the model",
    "calibrate": "finding ranges",
    "simulate": "simulating",
    "isolated": "measuring layers by themselves",
    "sensitivity": "trying one layer at a time",
}
"""What the engine does at each stage, in words."""


def progress_text(job: Job, *, of: str = "") -> str:
    """Return a running job in a line: what, how far, which layer, how long still.

    Args:
        job: The job.
        of: What it is of, where that is not what is shown (`whose`).
    """
    progress = job.progress
    title = f"{job.title}, {of}" if of else job.title
    if job.cancelled_at is not None:
        return f"Stopping: {title}" if of else "Stopping"
    stage = str(progress.get("phase", "loading"))
    words = STAGES.get(stage, stage)
    if stage == "loading":
        return f"{title}: {words}"
    parts = [f"{title}: {words}, {job.fraction:.0%}"]
    if progress.get("node"):
        parts.append(f"{progress['node']} ({progress['op_type']})")
    if progress.get("of"):
        parts.append(f"{progress['samples']:,} of {progress['of']:,} samples")
    left = progress.get("seconds_left")
    if left is not None:
        parts.append(time_left(left))
    return " · ".join(parts)


def whose(session: Session, job: Job) -> str:
    """Return which model and configuration a run is of, `""` where it is of what is shown."""
    if job.purpose != "simulate" or session.is_current(job):
        return ""
    if job.model_key != session.model_source.key:
        return "of the model that was open before"
    name, text = job.texts[-1]
    if text == session.workspace.text:
        return "with other data or options than now"
    is_open = name == session.workspace.source.name
    return f"of {name} as it was before" if is_open else f"of {name}"


def time_left(seconds: float) -> str:
    """Return a time left for reading.

    >>> time_left(0.2), time_left(42.4), time_left(200)
    ('about 1 s left', 'about 42 s left', 'about 3 min left')
    """
    if seconds < 100:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"
