"""Figures of simulations as the panes take them, and what they are of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.views.table import layer_figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.results import Result
    from quantsim_viz.ui.session import Session

SCHEMES = {
    "min_max": "min-max",
    "tf_enhanced": "TF enhanced",
    "percentile": "percentile",
    "mse": "least error",
}


def published_figures(session: Session, publish: Callable[[bytes, str], str]) -> dict[str, Any]:
    """Return the figures to draw: those of the run under way, else those of the last one.

    Finished figures go by URL (`results`), those of a run under way with the message: alone
    (`partial`) while all the data are measured, beside the last ones (`fresh`) after an edit.
    """
    job = run_under_way(session)
    if job is not None:
        return {"partial": layer_figures(job.progress["layers"])}
    if session.result is None:
        return {}
    content = json.dumps(session.result.figures, separators=(",", ":")).encode()
    figures: dict[str, Any] = {"results": publish(content, "results")}
    live = session.jobs.get("live")
    if live is not None and live.is_running and session.is_current(live):
        figures["fresh"] = layer_figures(live.progress.get("layers", []))
    return figures


def run_under_way(session: Session) -> Job | None:
    """Return the run whose figures are drawn as they come in, None without any.

    One of another model, or of what is no longer the present state, is not drawn.
    """
    job = session.jobs.get("simulate")
    if job is None or not job.is_running or not session.is_current(job):
        return None
    return job if job.progress.get("layers") else None


def are_stale(session: Session) -> bool:
    """Whether the drawn figures are of an earlier state."""
    return run_under_way(session) is None and session.is_stale(session.result)


def figures_caption(session: Session) -> str:
    """Return what the shown figures are of: data, samples, scheme, precision."""
    if run_under_way(session) is not None:
        return "the run under way"
    if session.result is None:
        return _awaited_words(session)
    caption = result_caption(session.result)
    if not session.is_stale(session.result):
        return caption
    if session.is_running("live"):
        return f"measuring anew; shown: an earlier state, {caption}"
    return f"of an earlier state: {caption}{_standstill_words(session)}"


def _standstill_words(session: Session) -> str:
    """Return why no newer figures are on their way, where the person did not choose so."""
    if not session.live:
        return ""
    if session.is_slow:
        return f"; a batch takes {session.live_seconds:.0f} s, so press Simulate for newer ones"
    return "; live noise was not measured" if session.live_problem else ""


def _awaited_words(session: Session) -> str:
    """Return what first figures are waited for."""
    job = session.jobs.get("simulate")
    if job is not None and job.is_running:
        now = session.is_current(job)
        return "the run under way" if now else "the run under way is of an earlier state"
    return "measuring" if session.is_running("live") else ""


def result_caption(result: Result) -> str:
    """Return what a result's figures are of."""
    options = result.options
    words = [
        result.data.title,
        samples_words(result),
        SCHEMES.get(options.scheme, options.scheme)
        + (f" on {own.title}" if (own := result.data.calibration) else ""),
        f"parameters {precision_words(options.param_bits)}",
        f"activations {precision_words(options.act_bits)}",
    ]
    return ", ".join(words)


def samples_words(result: Result) -> str:
    """Return how many samples figures are of, or that the run was cancelled."""
    if result.is_partial:
        partial = result.report.get("partial") or {}
        if partial.get("of") is None:
            return "part of the samples, then cancelled"
        return f"{partial['samples']} of {partial['of']} samples, then cancelled"
    count = result.report.get("samples")
    return "1 sample" if count == 1 else f"{count} samples"


def result_note(session: Session, result: Result | None) -> str:
    """Return what to know of the shown figures, `""` if they are whole and of the present state."""
    if result is None:
        return ""
    if session.is_stale(result):
        return "These figures are of an earlier state."
    if result.is_partial:
        return "These figures are of a cancelled run: of part of the data, perhaps not every layer."
    return ""


def precision_words(bits: int | str) -> str:
    """Return a bit width for reading.

    >>> precision_words(8), precision_words("float16")
    ('8 bit', 'float16')
    """
    return bits if isinstance(bits, str) else f"{bits} bit"


def worst_layer(figures: dict[str, Any]) -> tuple[str, float] | None:
    """Return the tensor with the lowest SQNR and that figure, None without figures."""
    rows = [
        (row["f"][0], tensor)
        for tensor, row in figures.get("layers", {}).items()
        if row.get("f") and row["f"][0] is not None
    ]
    if not rows:
        return None
    decibels, tensor = min(rows)
    return tensor, decibels
