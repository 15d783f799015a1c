"""What the worker does for the Compare page: configurations side by side, rules one by one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import DataError
from quantsim_viz.ui.compare.samples import pictures_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.config import Config
    from quantsim_viz.model import Model

MOST_PICTURES = 120
"""Samples that are handed on for each pair, with their pictures."""

NO_ACCURACY = ("metric-failed", "labels-unused")
"""Codes of the findings that say why there is no accuracy."""

UNMEASURABLE = ("labels-missing", "labels-range", "labels-shape", "metric-unknown")
"""Codes of the errors that stand in the way of an accuracy, and of nothing else."""


def run_task(
    task: str, model: Model, configs: Sequence[Config], data: Any, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Do what the page asked for.

    Args:
        task: `compare`; or what the difference of two sides is due to: `attribute` to the rules
            that changed, `explain` to layers.
        model: The model.
        configs: The sides, the base first; one alone is simulated.
        data: What to measure on, as `sim.compare` takes it.
        keywords: Further arguments of `sim.compare`.

    A metric that cannot be computed costs the accuracy alone; `failures` says why.

    Raises:
        Cancelled: The person asked to stop.
        QuantSimError: The data do not fit, an operator is not supported, ….
    """
    started = time.perf_counter()
    try:
        found = _TASKS[task](model, configs, data, keywords)
    except DataError as error:
        if error.code not in UNMEASURABLE:
            raise
        without = {key: value for key, value in keywords.items() if key != "metric"}
        found = _TASKS[task](model, configs, _unlabelled(model, data), without)
        found["failures"] = [f"No accuracy is measured: {error}."]
    return found | {"took": time.perf_counter() - started}


def _unlabelled(model: Model, data: Any) -> Any:
    """Return data without labels, so that no accuracy is measured."""
    from quantsim_viz.sim.data import ArrayData, load_data

    loaded = load_data(model, data)
    return replace(loaded, labels=None) if isinstance(loaded, ArrayData) else loaded


def _compare(
    model: Model, configs: Sequence[Config], data: Any, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    from quantsim_viz import sim
    from quantsim_viz.report.compare import Comparison
    from quantsim_viz.sim.data import load_data

    if len(configs) > 1:
        comparison = sim.compare(model, configs, data, **keywords)
    else:
        report = sim.simulate(model, configs[0], data, **keywords)
        comparison = Comparison((configs[0].name,), (report,))
    result = comparison.to_dict()
    result.pop("differences")
    everything = load_data(model, data)
    result["total"] = everything.samples
    found = [finding for report in comparison.accepted for finding in report.warnings]
    result["failures"] = [each.message for each in found if each.code in NO_ACCURACY]
    metric = result["metric"]
    if metric is not None:
        metric["disagreeing"] = [rows and rows[:MOST_PICTURES] for rows in metric["disagreeing"]]
        numbers = sorted(set(_samples(metric["disagreeing"])))
        pictures = pictures_of(model, everything, numbers)
        result["pictures"] = dict(zip(map(str, numbers), pictures, strict=True))
    return result


def _samples(listed: Sequence[Sequence[Mapping[str, Any]] | None]) -> Iterator[int]:
    for rows in listed:
        for row in rows or ():
            yield row["sample"]


def _attribute(
    model: Model, configs: Sequence[Config], data: Any, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what each changed rule does, alone and by its absence."""
    from quantsim_viz import sim

    known = {key: value for key, value in keywords.items() if key != "measure"}
    return sim.attribute(model, configs[0], configs[1], data, **known).to_dict()


def _explain(
    model: Model, configs: Sequence[Config], data: Any, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Return which layers' own quantizers make the difference in noise at the outputs."""
    from quantsim_viz import sim

    wanted = {**keywords, "measure": ("sensitivity",)}
    comparison = sim.compare(model, configs, data, **wanted)
    found = comparison.explaining_layers(1).to_dict()
    return found | {"samples": comparison.accepted[0].samples}


_TASKS = {"compare": _compare, "attribute": _attribute, "explain": _explain}
