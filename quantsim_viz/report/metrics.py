"""Accuracy: one figure for a model's outputs, and one a sample, so that runs can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from quantsim_viz.errors import DataError

Array = np.ndarray[Any, Any]
Outputs = Mapping[str, Array]
Metric = Callable[[Outputs, Array], "Array | float"]
"""Takes the model's outputs by name and the labels; returns one score a sample, or one for all."""


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
    """

    name: str
    float_value: float
    simulated: float
    samples: int
    float_scores: Array | None = None
    simulated_scores: Array | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as in `simulate --json`."""
        return {
            "name": self.name,
            "float": self.float_value,
            "simulated": self.simulated,
            "samples": self.samples,
        }


def evaluate(name: str, exact: Outputs, simulated: Outputs, labels: Array | None) -> MetricResult:
    """Measure the float and the simulated outputs.

    1. `top1`, `top5`: share of samples whose label is (among) the best of the first output.
    2. `mse`, `mae`: mean squared or absolute error of the first output against the labels; without
       labels against the float output, which is then 0 for the float model.
    3. `package.module:callable`: called with the outputs and the labels.

    Args:
        name: The metric.
        exact: Outputs of the float model, samples on the first axis.
        simulated: Outputs of the simulated model.
        labels: One a sample.

    Raises:
        DataError: The metric does not exist, needs labels, or does not fit the outputs.
    """
    if ":" in name:
        metric = load_metric(name)
    elif name in METRICS:
        metric = METRICS[name]
    else:
        raise DataError(
            f"there is no metric {name!r}",
            code="metric-unknown",
            hint=f"use one of {', '.join(METRICS)}, or package.module:callable",
        )
    if labels is None:
        if name not in ("mse", "mae"):
            raise DataError(
                f"the metric {name} needs labels, and the data have none",
                code="labels-missing",
                hint="add an array `labels` to the .npz",
            )
        labels = next(iter(exact.values()))
    return _result(name, metric(exact, labels), metric(simulated, labels), len(labels))


def _result(
    name: str, exact: Array | float, simulated: Array | float, samples: int
) -> MetricResult:
    scores = [np.asarray(value) for value in (exact, simulated)]
    means = [float(score.astype(np.float64).mean()) for score in scores]
    if all(score.shape == (samples,) for score in scores):
        return MetricResult(name, means[0], means[1], samples, scores[0], scores[1])
    return MetricResult(name, means[0], means[1], samples)


def load_metric(name: str) -> Metric:
    """Import a metric of the user's own.

    Raises:
        DataError: There is no such module or callable.
    """
    module_name, _, attribute = name.partition(":")
    try:
        metric = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise DataError(
            f"the metric {name!r} cannot be imported: {error}",
            code="metric-unknown",
            hint="give it as package.module:callable, importable from where you are",
        ) from error
    if not callable(metric):
        raise DataError(f"{name!r} is not callable", code="metric-unknown")
    return metric  # type: ignore[no-any-return]  # whatever the user's module holds


def _best(outputs: Outputs, labels: Array, count: int) -> Array:
    """Tell for every sample whether its label is among the so many highest scores."""
    scores = next(iter(outputs.values()))
    scores = scores.reshape(scores.shape[0], -1) if scores.ndim else scores.reshape(1, 1)
    wanted = labels.reshape(-1)
    if len(scores) != len(wanted) or wanted.dtype.kind not in "iub":
        raise DataError(
            f"top{count} needs one class number a sample: the first output has shape "
            f"{list(scores.shape)}, the labels have shape {list(labels.shape)} and are "
            f"{labels.dtype}",
            code="labels-shape",
            hint="choose another metric, or give integer labels",
        )
    if wanted.size and not 0 <= int(wanted.min()) <= int(wanted.max()) < scores.shape[1]:
        raise DataError(
            f"top{count} needs labels from 0 to {scores.shape[1] - 1}, the classes of the first "
            f"output; found {int(wanted.min())} to {int(wanted.max())}",
            code="labels-range",
            hint="count classes from 0, and check that the labels belong to this model",
        )
    places = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    hits: Array = (places == wanted[:, None]).any(axis=1)
    return hits


def _error(outputs: Outputs, labels: Array, power: int) -> Array:
    values = next(iter(outputs.values()))
    if values.shape != labels.shape:
        raise DataError(
            f"the labels have shape {list(labels.shape)}, the first output {list(values.shape)}",
            code="labels-shape",
            hint="mse and mae compare element by element",
        )
    error = np.abs(values.astype(np.float64) - labels) ** power
    return error.reshape(len(error), -1).mean(axis=1) if error.ndim else error.reshape(1)


METRICS: Mapping[str, Metric] = {
    "top1": lambda outputs, labels: _best(outputs, labels, 1),
    "top5": lambda outputs, labels: _best(outputs, labels, 5),
    "mse": lambda outputs, labels: _error(outputs, labels, 2),
    "mae": lambda outputs, labels: _error(outputs, labels, 1),
}
"""The metrics that come with the software, by name."""
