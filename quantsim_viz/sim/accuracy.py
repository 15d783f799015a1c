"""Accuracy within a simulation: refused beforehand where possible, no reason to lose a run."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import DataError
from quantsim_viz.report.metrics import Scorer, check_metric, describe_labels
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

DEFAULT = "top1"
"""The metric of class numbers unless another is asked for."""

UNFIT = ("labels-range", "labels-shape")
"""Codes of the errors that say that labels are not for this model or metric."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which accuracy to measure.

    Attributes:
        metric: The metric, None for none.
        output: The output whose classes the labels are, where that is not the first.
        finding: Why nothing is measured though there are labels.
    """

    metric: AnyMetric | None = None
    output: str | None = None
    finding: Diagnostic | None = None


def choose_metric(engine: Engine, data: Data, asked: AnyMetric | None) -> Choice:
    """Return which accuracy to measure, checked against the labels before anything is executed.

    1. What was asked for.
    2. `top1` of the first output where there are integer labels, one a sample, that are classes of
       it; of another output, if they are classes of that one alone.
    3. None otherwise, with a finding if there are labels.

    Raises:
        DataError: The number of labels is not that of the samples; or what was asked for does not
            exist, needs labels, or the labels do not fit the model.
    """
    labels = data.labels
    with said_of(data):
        if asked is not None:
            _check(engine, data, asked)
            return Choice(asked)
        if labels is None:
            return Choice()
        if labels.dtype.kind not in "iu" or labels.ndim != 1:
            reason = f"the labels {describe_labels(labels)}, not one class number"
            return Choice(finding=_unused(reason, "choose a metric: mse, mae, or one of your own"))
        return _classified(engine, data)


def _classified(engine: Engine, data: Data) -> Choice:
    """Choose the output that labels of class numbers are for."""
    others = engine.network.outputs[1:]
    try:
        _check(engine, data, DEFAULT)
    except DataError as error:
        if error.code not in UNFIT:
            raise
        fitting = [name for name in others if _is_classified(engine, data, name)]
        if len(fitting) == 1:
            return Choice(DEFAULT, fitting[0])
        reason = error.message
        if fitting:
            reason += f"; several other outputs have as many classes ({', '.join(fitting)})"
        elif others:
            reason += "; no other output has as many classes"
        return Choice(finding=_unused(reason, error.hint))
    return Choice(DEFAULT)


def _is_classified(engine: Engine, data: Data, output: str) -> bool:
    """Whether an output has one score a class, `[samples, classes]`, for every label."""
    row = _declared_row(engine, output) or _executed_row(engine, data, output)
    if row is None or sum(length != 1 for length in row) != 1:
        return False
    try:
        _check(engine, data, DEFAULT, output)
    except DataError:
        return False
    return True


def _unused(reason: str, hint: str) -> Diagnostic:
    message = f"No accuracy is measured: {reason}. {hint[:1].upper()}{hint[1:]}."
    return Diagnostic("labels-unused", Severity.WARNING, message)


def _check(engine: Engine, data: Data, metric: AnyMetric, output: str | None = None) -> None:
    labels = data.labels
    check_metric(metric, labels, samples=data.samples)
    row = _declared_row(engine, output)
    if row is not None:
        with contextlib.suppress(DataError):  # what is executed counts, not what is declared
            check_metric(metric, labels, row)
            return
    check_metric(metric, labels, _executed_row(engine, data, output))


def measure_metric(
    engine: Engine,
    choice: Choice,
    totals: Totals,
    runs: Sequence[Mapping[str, Key]],
    labels: Array | None,
) -> tuple[list[MetricResult | None], Diagnostic | None]:
    """Return the accuracy of every run beside that of the float run.

    Args:
        engine: Executed them.
        choice: Which metric.
        totals: Hold the outputs of all.
        runs: For each run the key of every model output.
        labels: One a sample.

    Returns:
        The accuracies, and a finding instead of them where the user's own metric raised.

    Raises:
        DataError: The labels do not fit the outputs.
    """
    if choice.metric is None:
        return [None] * len(runs), None
    plain = engine.table.plain.seen
    exact = {output: totals.outputs[plain[output]] for output in engine.network.outputs}
    try:
        scorer = Scorer(choice.metric, exact, labels, choice.output)
        outputs = ({n: totals.outputs[key] for n, key in run.items()} for run in runs)
        resamples = RESAMPLES if len(runs) > 1 else 0
        return [scorer.of(found, resamples=resamples) for found in outputs], None
    except DataError as error:
        if error.code != "metric-failed":
            raise
        finding = Diagnostic(error.code, Severity.ERROR, str(error))
        return [None] * len(runs), finding


def _declared_row(engine: Engine, output: str | None) -> tuple[int, ...] | None:
    """Return the shape of an output for one sample, where the model declares it."""
    network = engine.network
    if not network.outputs:
        return None
    shape = network.model.graph.tensors[output or network.outputs[0]].shape
    if not shape or not all(isinstance(length, int) for length in shape[1:]):
        return None
    return tuple(int(length) for length in shape[1:])  # type: ignore[arg-type]  # all are numbers


def _executed_row(engine: Engine, data: Data, output: str | None) -> tuple[int, ...] | None:
    """Return the same as one sample shows it, which may not be what the model declares."""
    if not isinstance(data, ArrayData) or data.layout.whole or data.layout.entries:
        return None
    key = engine.table.plain.seen[output or engine.network.outputs[0]]
    plan = make_plan(engine.table, engine.constants, [], keep=[key])
    first = data.take(data.layout.step(1))
    for batch in first.batches(1, engine.network.device):
        value = run_plan(plan, engine.network, batch).kept[key]
        return tuple(value.shape[1:]) if value.dim() else None
    return None
