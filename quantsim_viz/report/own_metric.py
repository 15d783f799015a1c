"""A metric of the user's own, `package.module:callable`: found, and kept from taking a run down."""

from __future__ import annotations

import traceback
from importlib import import_module
from typing import TYPE_CHECKING

from quantsim_viz.errors import DataError
from quantsim_viz.importing import importable_here

if TYPE_CHECKING:
    from quantsim_viz.report.metrics import Array, Metric, Outputs


def load_metric(name: str) -> Metric:
    """Import a metric of the user's own; modules in the working folder are found too.

    Raises:
        DataError: There is no such module or callable, or importing it failed.
    """
    module_name, _, attribute = name.partition(":")
    try:
        with importable_here():
            metric = getattr(import_module(module_name), attribute)
    except Exception as error:  # importing runs the user's code, which may raise anything
        raise DataError(
            f"the metric {name!r} cannot be imported: {type(error).__name__}: {error}",
            code="metric-unknown",
            hint="give it as package.module:callable, importable from where you are",
        ) from error
    if not callable(metric):
        raise DataError(
            f"{name!r} is not callable",
            code="metric-unknown",
            hint="name a function that takes the outputs by name and the labels",
        )
    return metric  # type: ignore[no-any-return]  # whatever the user's module holds


def guarded(name: str, metric: Metric) -> Metric:
    """Return a metric with whatever it raises turned into an error of ours.

    Args:
        name: What the user calls it.
        metric: The user's callable.
    """

    def call(outputs: Outputs, labels: Array) -> Array | float:
        try:
            return metric(outputs, labels)
        except (Exception, SystemExit) as error:  # a metric that calls exit() ends no run either
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise DataError(
                f"the metric {name!r} raised {type(error).__name__}: {error}"
                f" ({frame.filename}:{frame.lineno})",
                code="metric-failed",
                hint=f"it was given the outputs {_described(outputs)} and labels of shape"
                f" {list(labels.shape)}",
            ) from error

    return call


def _described(outputs: Outputs) -> str:
    return ", ".join(f"{name} {list(value.shape)}" for name, value in outputs.items())
