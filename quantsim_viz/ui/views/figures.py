"""Figures of simulations as the panes take them, and what they are of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.views.table import layer_figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.session import Result, Session

SCHEMES = {
    "min_max": "min-max",
    "tf_enhanced": "TF enhanced",
    "percentile": "percentile",
    "mse": "least error",
}


def published_figures(session: Session, publish: Callable[[bytes, str], str]) -> dict[str, Any]:
    """Return the figures to draw: those of the run under way, else those of the last one.

    Finished figures go by URL (`results`), those of a run under way with the message (`partial`).
    """
    job = session.jobs.get("simulate")
    if job is not None and job.is_running and job.progress.get("layers"):
        return {"partial": layer_figures(job.progress["layers"])}
    if session.result is None:
        return {}
    content = json.dumps(session.result.figures, separators=(",", ":")).encode()
    return {"results": publish(content, "results")}


def figures_caption(session: Session) -> str:
    """Return what the shown figures are of: data, samples, scheme, precision."""
    if session.is_running("simulate"):
        return "the run under way"
    if session.result is None:
        return "measuring" if session.is_running("live") else ""
    caption = result_caption(session.result)
    if not session.is_stale(session.result):
        return caption
    if session.is_running("live"):
        return f"measuring anew; shown: an earlier state, {caption}"
    return f"of an earlier state: {caption}"


def result_caption(result: Result) -> str:
    """Return what a result's figures are of."""
    report, options = result.report, result.options
    words = [
        result.data.title,
        f"{report.get('samples')} samples",
        SCHEMES.get(options.scheme, options.scheme)
        + (f" on {Path(own).name}" if (own := result.data.calibration) else ""),
        f"parameters {precision_words(options.param_bits)}",
        f"activations {precision_words(options.act_bits)}",
    ]
    return ", ".join(words)


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
