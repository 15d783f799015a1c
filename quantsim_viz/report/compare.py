"""Several configurations side by side: noise layer by layer, accuracy, and what is chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from quantsim_viz.report.metrics import MetricResult
    from quantsim_viz.report.report import Report

_RESAMPLES = 9999


@dataclass(frozen=True, eq=False)
class Comparison:
    """Reports of several configurations on the same model and data.

    Attributes:
        configs: Names of the configurations.
        reports: One each.
        differences: What resolves differently, each against the first, as in `diff --json`.
    """

    configs: tuple[str, ...]
    reports: tuple[Report, ...]
    differences: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The table of `to_dict()["layers"]`, one column a configuration and figure."""
        import pandas as pd

        table = []
        for row in self._rows():
            record = {"node": row["node"], "tensor": row["tensor"]}
            for field in ("sqnr_db", "delta_db", "status"):
                values = zip(self.configs, row[field], strict=True)
                record.update({f"{field}.{config}": value for config, value in values})
            table.append(record)
        return pd.DataFrame(table)

    @cached_property
    def metric(self) -> dict[str, Any] | None:
        """Accuracy of all, with a paired test of each against the first."""
        results = [report.metric for report in self.reports]
        measured = [result for result in results if result is not None]
        return compare_metric(measured) if len(measured) == len(results) else None

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as `compare --json` writes it."""
        return {
            "configs": list(self.configs),
            "layers": self._rows(),
            "differences": [dict(difference) for difference in self.differences],
            "metric": self.metric,
            "seconds": sum(report.seconds for report in self.reports),
            "samples": self.reports[0].samples,
            "scheme": self.reports[0].scheme,
            "data": self.reports[0].data,
        }

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for group in zip(*(report.rows for report in self.reports), strict=True):
            sqnr = [row.powers["cumulative"].sqnr_db for row in group]
            first = sqnr[0]
            rows.append(
                {
                    "node": group[0].node,
                    "tensor": group[0].tensor,
                    "sqnr_db": sqnr,
                    "delta_db": [
                        0.0 if index == 0 else _difference(value, first)
                        for index, value in enumerate(sqnr)
                    ],
                    "status": [row.status for row in group],
                }
            )
        return rows


def _difference(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else value - first


def compare_metric(results: Sequence[MetricResult]) -> dict[str, Any]:
    """Compare the accuracies of configurations on the same samples, each against the first.

    1. Scores that are right or wrong: McNemar's exact test on the samples where they disagree.
    2. Other scores a sample: a paired bootstrap of the mean difference, two-sided.
    3. One figure for all samples: no test.

    Args:
        results: One a configuration, the first being the base.

    Returns:
        The `metric` object of `compare --json`.
    """
    first = results[0]
    tests = [_test(first, other) for other in results[1:]]
    return {
        "name": first.name,
        "float": first.float_value,
        "values": [result.simulated for result in results],
        "difference": [0.0, *(other.simulated - first.simulated for other in results[1:])],
        "p_value": [None, *(p for p, _, _ in tests)],
        "test": next((name for _, name, _ in tests if name), None),
        "disagreements": [None, *(pair for _, _, pair in tests)],
        "samples": first.samples,
    }


def _test(
    first: MetricResult, other: MetricResult
) -> tuple[float | None, str | None, list[int] | None]:
    a, b = first.simulated_scores, other.simulated_scores
    if a is None or b is None:
        return None, None, None
    if a.dtype == bool and b.dtype == bool:
        return _mcnemar(a, b)
    return _bootstrap(a.astype(np.float64), b.astype(np.float64)), "paired-bootstrap", None


def _mcnemar(
    first: np.ndarray[Any, Any], other: np.ndarray[Any, Any]
) -> tuple[float, str, list[int]]:
    from scipy.stats import binomtest

    gained, lost = int((~first & other).sum()), int((first & ~other).sum())
    disagreements = gained + lost
    p_value = float(binomtest(gained, disagreements).pvalue) if disagreements else 1.0
    return p_value, "mcnemar-exact", [gained, lost]


def _bootstrap(first: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Return the two-sided p-value of "the mean difference is 0"."""
    from scipy.stats import bootstrap

    if len(first) < 2 or np.array_equal(first, other):
        return 1.0

    def mean_difference(a: Any, b: Any, axis: int) -> Any:
        return np.mean(b - a, axis=axis)

    resampled = bootstrap(
        (first, other),
        mean_difference,
        paired=True,
        vectorized=True,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    ).bootstrap_distribution
    least = min((resampled <= 0).sum(), (resampled >= 0).sum())
    return float(min(1.0, 2.0 * (least + 1) / (_RESAMPLES + 1)))
