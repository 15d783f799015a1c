"""Accuracy within a simulation: refused beforehand where possible, no reason to lose a run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import DataError
from quantsim_viz.report.metrics import Scorer, check_metric
from quantsim_viz.sim.data import ArrayData, said_of
from quantsim_viz.sim.execute import run_plan
from quantsim_viz.sim.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from quantsim_viz.report.metrics import AnyMetric, MetricResult
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.engine import Engine, Totals
    from quantsim_viz.sim.values import Key

    Array = np.ndarray[Any, Any]


RESAMPLES = 499
"""Resamples of a metric that gives one figure for all samples, where runs are compared."""


def choose_metric(engine: Engine, data: Data, asked: AnyMetric | None) -> AnyMetric | None:
    """Return which accuracy to measure, checked against the labels before anything is executed.

    1. What was asked for.
    2. `top1` where there are integer labels, one a sample.
    3. None otherwise.

    Raises:
        DataError: There is no such metric, it needs labels, or the labels do not fit the model.
    """
    labels = data.labels
    chosen = asked
    if chosen is None and labels is not None and labels.dtype.kind in "iu" and labels.ndim == 1:
        chosen = "top1"
    if chosen is None:
        return None
    with said_of(data):
        _check(engine, data, chosen)
    return chosen


def unused_labels(data: Data, metric: AnyMetric | None) -> Diagnostic | None:
    """Return a finding about labels that no metric was chosen for, None where there is no such.

    Args:
        data: What is simulated.
        metric: As `choose_metric` returned it.
    """
    labels = data.labels
    if labels is None or metric is not None:
        return None
    return Diagnostic(
        "labels-unused",
        Severity.WARNING,
        f"No accuracy is measured: the labels have shape {list(labels.shape)} and are"
        f" {labels.dtype}, not one class number a sample. Choose a metric: mse, mae, or one of"
        " your own.",
    )


def _check(engine: Engine, data: Data, metric: AnyMetric) -> None:
    labels = data.labels
    check_metric(metric, labels, samples=data.samples)
    row = _declared_row(engine)
    if row is not None:
        with contextlib.suppress(DataError):  # what is executed counts, not what is declared
            check_metric(metric, labels, row)
            return
    check_metric(metric, labels, _executed_row(engine, data))


def measure_metric(
    engine: Engine,
    metric: AnyMetric | None,
    totals: Totals,
    runs: Sequence[Mapping[str, Key]],
    labels: Array | None,
) -> tuple[list[MetricResult | None], Diagnostic | None]:
    """Return the accuracy of every run beside that of the float run.

    Args:
        engine: Executed them.
        metric: The metric, None for none.
        totals: Hold the outputs of all.
        runs: For each run the key of every model output.
        labels: One a sample.

    Returns:
        The accuracies, and a finding instead of them where the user's own metric raised.

    Raises:
        DataError: The labels do not fit the outputs.
    """
    if metric is None:
        return [None] * len(runs), None
    plain = engine.table.plain.seen
    exact = {output: totals.outputs[plain[output]] for output in engine.network.outputs}
    try:
        scorer = Scorer(metric, exact, labels)
        outputs = ({n: totals.outputs[key] for n, key in run.items()} for run in runs)
        resamples = RESAMPLES if len(runs) > 1 else 0
        return [scorer.of(found, resamples=resamples) for found in outputs], None
    except DataError as error:
        if error.code != "metric-failed":
            raise
        finding = Diagnostic(error.code, Severity.ERROR, str(error))
        return [None] * len(runs), finding


def _declared_row(engine: Engine) -> tuple[int, ...] | None:
    """Return the shape of the first output for one sample, where the model declares it."""
    network = engine.network
    shape = network.model.graph.tensors[network.outputs[0]].shape if network.outputs else None
    if not shape or not all(isinstance(length, int) for length in shape[1:]):
        return None
    return tuple(int(length) for length in shape[1:])  # type: ignore[arg-type]  # all are numbers


def _executed_row(engine: Engine, data: Data) -> tuple[int, ...] | None:
    """Return the same as one sample shows it, which may not be what the model declares."""
    if not isinstance(data, ArrayData) or data.layout.whole or data.layout.entries:
        return None
    key = engine.table.plain.seen[engine.network.outputs[0]]
    plan = make_plan(engine.table, engine.constants, [], keep=[key])
    first = data.take(data.layout.step(1))
    for batch in first.batches(1, engine.network.device):
        value = run_plan(plan, engine.network, batch).kept[key]
        return tuple(value.shape[1:]) if value.dim() else None
    return None
