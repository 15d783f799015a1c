"""Measuring what is compared: one batch at once, all the data where that is quick or asked for.

Four purposes, one worker: `compare-live` (one batch, after every change), `compare` (all the data),
`attribute` (what each changed rule does) and `explain` (which layers make the difference, on one
batch).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.ui.compare.measured import is_asked, measured_of
from quantsim_viz.ui.results import LIVE_SAMPLES

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job, Worker
    from quantsim_viz.ui.session import Session

QUICK_SECONDS = 30.0
"""All the data are measured unasked where that should take no longer than this."""

FEW_BATCHES = 16
"""So many batches are measured unasked too, unless one takes long: the first one has to load and to
compile what the others find ready."""

WHOLE_LAYERS = 40
"""So many layers' runs cost no more than a comparison (80 on the shipped vision transformer): they
share what lies before the layer."""

PURPOSES = ("compare-live", "compare", "attribute", "explain")


def keep_compared(session: Session, worker: Worker) -> None:
    """Start what is missing: one batch first, then all the data, then what each rule does.

    Nothing is started that ran on the same documents before, however it ended, nor anything where
    live figures are switched off.
    """
    comparing = session.comparing
    letters = tuple(comparing.ready)
    if not (comparing.is_open and session.live and letters) or comparing.pair is None:
        return
    live, full = comparing.measured.get("compare-live"), comparing.measured.get("compare")
    is_known = [found is not None and found.is_current(session) for found in (live, full)]
    if not any(is_known):
        if not _is_under_way(session, letters, ("compare-live", "compare")):
            _start(session, worker, "compare-live", letters)
        return
    if not is_known[1]:
        if _is_quick(session):
            start_comparison(session, worker, asked=False)
        return
    if attribution_seconds(session) <= QUICK_SECONDS:
        start_attribution(session, worker, asked=False)
    if not session.is_running("attribute") and explanation_seconds(session) <= QUICK_SECONDS:
        _start_pair(session, worker, "explain", asked=False)


def start_comparison(session: Session, worker: Worker, *, asked: bool = True) -> None:
    """Measure every side on all the data."""
    letters = tuple(session.comparing.ready)
    if not letters or _is_under_way(session, letters, ("compare",), tried=not asked):
        return
    session.notices.pop("compare", None)
    _start(session, worker, "compare", letters, asked=asked)


def start_attribution(session: Session, worker: Worker, *, asked: bool = True) -> None:
    """Find out what each changed rule does, alone and by its absence."""
    _start_pair(session, worker, "attribute", asked=asked)


def _start_pair(session: Session, worker: Worker, purpose: str, *, asked: bool) -> None:
    """Start what is of A and the side beside it alone, unless it is known or on its way."""
    comparing = session.comparing
    letters = ("A", comparing.other)
    if any(letter not in comparing.ready for letter in letters) or not comparing.causes:
        return
    found = comparing.measured.get(purpose)
    if found is not None and found.is_of_pair(session):
        return
    if not _is_under_way(session, letters, (purpose,), tried=not asked):
        _start(session, worker, purpose, letters, asked=asked)


def stop_comparing(session: Session, worker: Worker) -> None:
    """Ask whatever is measured for the page to stop."""
    for purpose in PURPOSES:
        if session.is_running(purpose):
            worker.cancel(session.jobs[purpose], force=purpose != "compare-live")


def full_seconds(session: Session) -> float:
    """Return about how long all the data take, from how long one batch took."""
    live = session.comparing.measured.get("compare-live")
    if live is None:
        return 0.0
    total = int(session.options.samples or live.report["total"])
    return live.seconds * total / max(int(live.report["samples"]), 1)


def _is_quick(session: Session) -> bool:
    live = session.comparing.measured.get("compare-live")
    if live is None or full_seconds(session) <= QUICK_SECONDS:
        return True
    return live.report["total"] <= FEW_BATCHES * LIVE_SAMPLES and live.seconds <= QUICK_SECONDS


def attribution_seconds(session: Session) -> float:
    """Return about how long the attribution takes, from how long all the data took.

    A rule that reaches quantizers costs two simulations at most, as much as the comparison of two
    sides; one that reaches none costs nothing.
    """
    full = session.comparing.measured.get("compare")
    acting = sum(bool(cause.groups) for cause in session.comparing.causes)
    return 0.0 if full is None else full.seconds * acting


def explanation_seconds(session: Session) -> float:
    """Return about how long trying each layer on one batch takes."""
    live = session.comparing.measured.get("compare-live")
    layers = len(session.workspace.model.graph.nodes)
    return 0.0 if live is None else live.seconds * layers / WHOLE_LAYERS


def take(session: Session, job: Job) -> None:
    """Take over what a job of the page found."""
    if job.state == "done" and job.result is not None:
        session.comparing.measured[job.purpose] = measured_of(job)
        session.notices.pop("compare", None)
    elif job.state == "failed" and job.error is not None:
        session.tell("compare", job.problem, "error")
    elif job.state == "cancelled" and session.comparing.asked == job.id:
        session.tell("compare", "The run was cancelled; earlier figures stand.")


def _is_under_way(
    session: Session, letters: tuple[str, ...], purposes: tuple[str, ...], *, tried: bool = True
) -> bool:
    """Whether it runs already, or, unless it is tried again on purpose, ran and failed."""
    for purpose in purposes:
        job = session.jobs.get(purpose)
        if job is not None and (job.is_running or tried) and is_asked(job, session, letters):
            return True
    return False


def _start(
    session: Session,
    worker: Worker,
    purpose: str,
    letters: tuple[str, ...],
    *,
    asked: bool = False,
) -> None:
    stop_comparing(session, worker)
    if session.is_running("live"):
        worker.cancel(session.jobs["live"], force=False)
    comparing = session.comparing
    one_batch = purpose in ("compare-live", "explain")
    batch, limit = session.options.batch_of(session.data), session.options.samples
    job = session.jobs[purpose] = worker.submit(
        session.model_source,
        tuple((letter, comparing.sides[letter].text) for letter in letters),
        session.data,
        replace(session.options, measures=("isolated",) if purpose == "compare" else ()),
        title=_title(session, purpose),
        purpose=purpose,
        samples=batch if one_batch else limit,
        task=purpose.partition("-")[0],
        extra={} if comparing.metric is None else {"metric": comparing.metric},
    )
    comparing.asked = job.id if asked else None


def _title(session: Session, purpose: str) -> str:
    if purpose == "attribute":
        count = len(session.comparing.causes)
        return f"Trying {count} changed rule{'s' if count > 1 else ''} one by one"
    if purpose == "explain":
        return "Trying each layer alone"
    return f"Comparing on {session.data.title}"
