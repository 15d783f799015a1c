"""Accuracy: one figure for a model's outputs, and one a sample, so that runs can be compared."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantsim_viz.errors import DataError
from quantsim_viz.report.own_metric import guarded, load_metric

Array = np.ndarray[Any, Any]
Outputs = Mapping[str, Array]
Metric = Callable[[Outputs, Array], "Array | float"]
"""Takes the model's outputs by name and the labels; returns one score a sample, or one for all."""

AnyMetric = str | Metric
"""A metric by name, or the user's own callable."""

CLASSES = {"top1": 1, "top5": 5}
"""Metrics of class numbers: among how many of the best scores the label must be."""

MOST_SECONDS = 30.0
"""What resampling a metric of one figure may take a configuration; a slower one is not tested."""

POWERS = {"mse": 2, "mae": 1}
"""Metrics of values: the power of the error."""

METRICS = (*CLASSES, *POWERS)
"""The metrics that come with the software."""

_RETURNED = "return one score a sample, or one number for all"


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric of the float and of the simulated model on the same samples.

    Attributes:
        name: Which metric.
        float_value: Of the float model.
        simulated: Of the simulated model.
        samples: On how many samples.
        float_scores: One a sample, None where the metric gives one figure for all.
        simulated_scores: The same of the simulated model.
        labels: One class number a sample, for metrics of class numbers.
        float_predictions: The class with the best score, a sample, for those.
        simulated_predictions: The same of the simulated model.
        resampled: The simulated model's figure on resamples of the samples, for a metric that gives
            one figure for all; the same resamples for every configuration.
        output: The output whose classes the labels are, where that is not the first.
    """

    name: str
    float_value: float
    simulated: float
    samples: int
    float_scores: Array | None = None
    simulated_scores: Array | None = None
    labels: Array | None = None
    float_predictions: Array | None = None
    simulated_predictions: Array | None = None
    resampled: Array | None = None
    output: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as in `simulate --json`; null for a figure that is not finite."""
        return {
            "name": self.name,
            "float": finite_score(self.float_value),
            "simulated": finite_score(self.simulated),
            "samples": self.samples,
            **({} if self.output is None else {"output": self.output}),
        }


def finite_score(value: float) -> float | None:
    """Return a figure, or None for one that JSON cannot hold."""
    return value if math.isfinite(value) else None


def evaluate(
    metric: AnyMetric, exact: Outputs, simulated: Outputs, labels: Array | None
) -> MetricResult:
    """Measure the float and the simulated outputs.

    1. `top1`, `top5`: share of samples whose label is (among) the best of the first output.
    2. `mse`, `mae`: mean squared or absolute error of the first output against the labels; without
       labels against the float output, which is then 0 for the float model.
    3. `package.module:callable`, or a callable: called with the outputs and the labels.

    Args:
        metric: The metric.
        exact: Outputs of the float model, samples on the first axis.
        simulated: Outputs of the simulated model.
        labels: One a sample.

    Raises:
        DataError: The metric does not exist, needs labels, does not fit the outputs, or failed.
    """
    return Scorer(metric, exact, labels).of(simulated)


class Scorer:
    """Measures any number of simulated runs beside one float run.

    Args:
        metric: The metric, as for `evaluate`.
        exact: Outputs of the float model, samples on the first axis.
        labels: One a sample.
        output: The output to take for the first, None for that itself.

    Raises:
        DataError: The metric does not exist, needs labels, does not fit the outputs, or failed.
    """

    def __init__(
        self, metric: AnyMetric, exact: Outputs, labels: Array | None, output: str | None = None
    ) -> None:
        check_metric(metric, labels)
        self._output = output
        exact = self._ordered(exact)
        self.name = metric_name(metric)
        self._metric = find_metric(metric)
        self._labels = labels if labels is not None else next(iter(exact.values()))
        self._samples = len(self._labels) if self._labels.ndim else 1
        self._exact = self._scores(exact)
        self._exact_best = self._predictions(exact)

    def of(self, simulated: Outputs, *, resamples: int = 0) -> MetricResult:
        """Measure a simulated run.

        Args:
            simulated: Its outputs, samples on the first axis.
            resamples: On how many resamples to measure as well, where the metric gives one figure
                for all samples and is quick enough.

        Raises:
            DataError: The metric does not fit the outputs, or failed.
        """
        started = time.perf_counter()
        simulated = self._ordered(simulated)
        samples = self._samples
        scores = self._exact, self._scores(simulated)
        means = [float(score.astype(np.float64).mean()) for score in scores]
        if any(score.shape != (samples,) for score in scores):
            is_quick = (time.perf_counter() - started) * resamples < MOST_SECONDS
            resampled = self._resampled(simulated, resamples) if is_quick and resamples else None
            return MetricResult(self.name, means[0], means[1], samples, resampled=resampled)
        return MetricResult(
            self.name,
            means[0],
            means[1],
            samples,
            *scores,
            labels=self._labels.reshape(-1) if self.name in CLASSES else None,
            float_predictions=self._exact_best,
            simulated_predictions=self._predictions(simulated),
            output=self._output,
        )

    def _ordered(self, outputs: Outputs) -> Outputs:
        """Return outputs with the one that the labels are for in front."""
        front = self._output
        return outputs if front is None else {front: outputs[front], **outputs}

    def _scores(self, outputs: Outputs) -> Array:
        value = self._metric(outputs, self._labels)
        scores = np.asarray(value)
        if scores.dtype.kind not in "biuf" or not scores.size:
            raise DataError(
                f"the metric {self.name!r} returned {type(value).__name__} instead of numbers",
                code="metric-failed",
                hint=_RETURNED,
            )
        if scores.ndim and scores.size == len(scores) == self._samples:
            return scores.reshape(-1)
        if scores.size != 1:
            raise DataError(
                f"the metric {self.name!r} returned numbers of shape {list(scores.shape)} for"
                f" {self._samples} samples",
                code="metric-failed",
                hint=_RETURNED,
            )
        return scores

    def _resampled(self, outputs: Outputs, resamples: int) -> Array | None:
        """Measure on resamples; None where samples are not on the first axis, or one fails."""
        samples = self._samples
        if any(not x.ndim or len(x) != samples for x in outputs.values()) or samples < 2:
            return None
        rng = np.random.default_rng(0)
        figures = []
        for _ in range(resamples):
            chosen = rng.integers(0, samples, samples)
            part = {name: value[chosen] for name, value in outputs.items()}
            try:
                figure = float(np.mean(self._metric(part, self._labels[chosen])))
            except DataError:
                return None
            if not math.isfinite(figure):
                return None
            figures.append(figure)
        return np.array(figures)

    def _predictions(self, outputs: Outputs) -> Array | None:
        return _best(outputs, 1)[:, 0] if self.name in CLASSES else None


def is_share(name: str) -> bool:
    """Whether a metric is a share of the samples, to be told in percent and points.

    >>> is_share("top1"), is_share("mse"), is_share("topology:score")
    (True, False, False)
    """
    return name in CLASSES


def is_error(name: str) -> bool:
    """Whether less of a metric is better.

    >>> is_error("top1"), is_error("mse")
    (False, True)
    """
    return name in POWERS


def metric_name(metric: AnyMetric) -> str:
    """Return what to call a metric; a callable has the name that would import it."""
    if isinstance(metric, str):
        return metric
    own = getattr(metric, "__qualname__", type(metric).__qualname__)
    return f"{getattr(metric, '__module__', '')}:{own}"


def find_metric(metric: AnyMetric) -> Metric:
    """Return a metric by name; a callable is one.

    Raises:
        DataError: There is none of that name.
    """
    name = metric_name(metric)
    if not isinstance(metric, str):
        return guarded(name, metric)
    if ":" in name:
        return guarded(name, load_metric(name))
    if name in CLASSES:
        count = CLASSES[name]
        return lambda outputs, labels: _hits(outputs, labels, count)
    if name in POWERS:
        power = POWERS[name]
        return lambda outputs, labels: _error(outputs, labels, power)
    raise DataError(
        f"there is no metric {name!r}",
        code="metric-unknown",
        hint=f"use one of {', '.join(METRICS)}, or package.module:callable",
    )


def check_metric(
    metric: AnyMetric,
    labels: Array | None,
    row: tuple[int, ...] | None = None,
    samples: int | None = None,
) -> None:
    """Refuse a metric that cannot be computed, before anything is executed.

    Args:
        metric: The metric.
        labels: One a sample, if the data have any.
        row: Shape of the first output for one sample, where it is known.
        samples: How many samples there are, where that is known.

    Raises:
        DataError: The metric does not exist or needs labels, or the labels do not fit in number,
            in type or in range.
    """
    find_metric(metric)
    name = metric_name(metric)
    if labels is None:
        if name not in POWERS:
            raise DataError(
                f"the metric {name} needs labels, and the data have none",
                code="labels-missing",
                hint="add an array `labels` to the .npz",
            )
        return
    if samples is not None and len(labels) != samples:
        raise DataError(
            f"there are {len(labels)} labels for {samples} samples",
            code="label-count",
            hint="labels has one entry a sample",
        )
    if name in CLASSES:
        _check_classes(name, labels, row)
    elif (
        name in POWERS and row is not None and _without_ones(labels.shape[1:]) != _without_ones(row)
    ):
        raise _shape_error(row, labels)


def _check_classes(name: str, labels: Array, row: tuple[int, ...] | None) -> None:
    wanted = labels.reshape(-1)
    if labels.size != len(labels) or wanted.dtype.kind not in "iub":
        raise DataError(
            f"{name} needs one class number a sample: the labels {describe_labels(labels)}",
            code="labels-shape",
            hint="choose another metric, or give integer labels",
        )
    if row is None or not wanted.size:
        return
    classes = math.prod(row)
    if classes == 1:
        raise DataError(
            f"{name} needs a score for each class; the first output has one value a sample",
            code="labels-range",
            hint="choose the metric mse or mae, or one of your own",
        )
    if not 0 <= int(wanted.min()) <= int(wanted.max()) < classes:
        raise DataError(
            f"{name} needs labels from 0 to {classes - 1}, the classes of the first "
            f"output; found {int(wanted.min())} to {int(wanted.max())}",
            code="labels-range",
            hint="count classes from 0, and check that the labels belong to this model",
        )


def _best(outputs: Outputs, count: int) -> Array:
    """Return the so many highest scores' classes of the first output, `[samples, count]`."""
    scores = next(iter(outputs.values()))
    scores = scores.reshape(scores.shape[0], -1) if scores.ndim else scores.reshape(1, 1)
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def _hits(outputs: Outputs, labels: Array, count: int) -> Array:
    """Tell for every sample whether its label is among the so many highest scores."""
    scores = next(iter(outputs.values()))
    if (scores.shape[0] if scores.ndim else 1) != labels.size:
        raise DataError(
            f"top{count} needs one class number a sample: the first output has shape "
            f"{list(scores.shape)}, the labels {describe_labels(labels)}",
            code="labels-shape",
            hint="choose another metric, or give integer labels",
        )
    _check_classes(f"top{count}", labels, scores.shape[1:])
    hits: Array = (_best(outputs, count) == labels.reshape(-1, 1)).any(axis=1)
    return hits


def _error(outputs: Outputs, labels: Array, power: int) -> Array:
    values = next(iter(outputs.values()))
    shapes = [(*shape[:1], *_without_ones(shape[1:])) for shape in (values.shape, labels.shape)]
    if shapes[0] != shapes[1]:
        raise _shape_error(values.shape[1:], labels)
    error = np.abs(values.astype(np.float64) - labels.reshape(values.shape)) ** power
    return error.reshape(len(error), -1).mean(axis=1) if error.ndim else error.reshape(1)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without axes of length 1: one value a sample may be `[n]` or `[n, 1]`."""
    return tuple(length for length in shape if length != 1)


def _shape_error(row: tuple[int, ...], labels: Array) -> DataError:
    return DataError(
        f"the labels {describe_labels(labels)}, the first output has {_one_sample(row)}",
        code="labels-shape",
        hint="mse and mae compare element by element",
    )


def describe_labels(labels: Array) -> str:
    """Return what labels hold, however many samples are taken of them.

    >>> describe_labels(np.zeros(540, np.int64)), describe_labels(np.zeros((8, 10)))
    ('have one int64 a sample', 'have shape [10] a sample and are float64')
    """
    row = labels.shape[1:]
    if math.prod(row) == 1:
        return f"have one {labels.dtype} a sample"
    return f"have {_one_sample(row)} and are {labels.dtype}"


def _one_sample(row: tuple[int, ...]) -> str:
    return "one value a sample" if math.prod(row) == 1 else f"shape {list(row)} a sample"
