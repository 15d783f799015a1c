"""The figures of a comparison, side by side: accuracy with its interval, noise at the outputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quantsim_viz.report.accuracy import is_same
from quantsim_viz.report.metrics import is_error, is_share
from quantsim_viz.ui.views.words import sqnr_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session

TEST_WORDS = {
    "mcnemar-exact": "exact McNemar test",
    "paired-bootstrap": "paired bootstrap",
}


def shown_measured(session: Session) -> Measured | None:
    """Return the figures to show: of all the data if they are current, else of one batch.

    While neither is current, the last ones of all the data stand, and are stale; those of another
    model never do.
    """
    measured = session.comparing.measured
    both = measured.get("compare"), measured.get("compare-live")
    known = [m for m in both if m is not None and m.model_key == session.model_source.key]
    current = (found for found in known if found.is_current(session))
    return next(current, known[0] if known else None)


def figure_rows(session: Session, measured: Measured | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table: the float model, then every side, refused ones too."""
    comparing = session.comparing
    metric = None if measured is None else measured.report.get("metric")
    if metric is not None:
        yield {"letter": "float", "name": "float model", "value": score(metric, metric["float"])}
    for letter, side in comparing.sides.items():
        row: dict[str, Any] = {
            "letter": letter,
            "name": side.name,
            "problem": side.problem,
            "beside": len(comparing.sides) > 2 and letter == comparing.other,
        }
        column = None if measured is None else measured.column(letter)
        if measured is not None and column is not None:
            row |= _figures_of(measured, column)
            row["stale"] = not measured.is_of(session, letter)
        yield row


def _figures_of(measured: Measured, column: int) -> dict[str, Any]:
    report = measured.report
    row: dict[str, Any] = {"sqnr": output_words(report, column)}
    if column and measured.letters[0] == "A":
        row["sqnr_delta"] = report["all_outputs"]["delta_db"][column]
    metric = report.get("metric")
    if metric is None:
        return row
    row["value"] = score(metric, metric["values"][column])
    if column and measured.letters[0] == "A":
        row["difference"] = metric["difference"][column]
        test = paired_test(report, column)
        if test is not None:
            row |= _test_figures(test, same=is_same(metric, column))
    return row


def _test_figures(test: Mapping[str, Any], *, same: bool) -> dict[str, Any]:
    """Return the interval, where it has ends, and p; neither where every sample is the same."""
    if same:
        return {"same": "the same in every sample"}
    bounded = None not in test["interval"]
    return {"interval": test["interval"] if bounded else None, "p": p_text(test["p_value"])}


def metric_words(measured: Measured | None) -> dict[str, Any] | None:
    """Return what the columns of the accuracy are called, and how its figures are written."""
    metric = None if measured is None else measured.report.get("metric")
    if metric is None:
        return None
    name = metric["name"]
    share = is_share(name)
    how = TEST_WORDS.get(metric["test"], "no test, as it is one figure for all samples")
    return {
        "name": name,
        "title": name,
        "hint": f"On {metric['samples']} labelled samples"
        + (f", of the output {metric['output']}" if "output" in metric else ""),
        "difference_hint": "Of the same samples, paired",
        "interval_title": "95 % interval",
        "interval_hint": "The differences to A that fit the data, at 95 % confidence",
        "test_hint": f"How often chance alone makes a difference as large: {how}",
        "scale": 100 if share else 1,
        "unit": "",
        "digits": 2 if share else 4,
        "good": -1 if is_error(name) else 1,
    }


def output_words(report: Mapping[str, Any], column: int) -> str:
    """Return the SQNR at the outputs together, or why there is none."""
    outputs = report["all_outputs"]
    return sqnr_words(outputs["sqnr_db"][column], outputs["noise"][column])


def output_difference(measured: Measured, columns: tuple[int, int]) -> float | None:
    """Return how many dB the second column's SQNR at the outputs is above the first's.

    Infinite where one of the two has no noise; None where that cannot be said.
    """
    first, second = (measured.report["all_outputs"]["sqnr_db"][column] for column in columns)
    if first is not None and second is not None:
        return float(second - first)
    old, new = (measured.report["all_outputs"]["noise"][column] for column in columns)
    if old is None or new is None or (old and new):
        return None
    if not old and not new:
        return 0.0
    return math.inf if old else -math.inf


def paired_test(report: Mapping[str, Any], column: int) -> dict[str, Any] | None:
    """Return what the paired test says of a column against the first, None without one."""
    metric = report.get("metric")
    if metric is None or metric["verdict"][column] is None:
        return None
    return {
        "name": metric["test"],
        "verdict": metric["verdict"][column],
        "difference": metric["difference"][column],
        "p_value": metric["p_value"][column],
        "interval": metric["confidence_interval"][column],
        "disagreements": metric["disagreements"][column],
        "needed": metric["needed_samples"][column],
    }


def score(metric: Mapping[str, Any], value: float | None) -> str:
    """Return a score for reading."""
    if value is None:
        return "not finite"
    return f"{value:.2%}" if is_share(metric["name"]) else f"{value:.4g}"


def p_text(p_value: float) -> str:
    """Return a p-value for reading.

    >>> p_text(0.0312), p_text(0.00004), p_text(1.0)
    ('0.031', '< 0.001', '1')
    """
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"
