"""The page about comparing names every key of what `compare --json` writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz import compare, load_model
from quantsim_viz.report.statistics import CHANCE, MANY, MARGIN, RESAMPLES, RESAMPLES_OF_MANY
from quantsim_viz.samples import list_samples
from quantsim_viz.sim.accuracy import RESAMPLES as RESAMPLES_OF_ONE_FIGURE
from quantsim_viz.sim.compare import iter_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
BASIC = {"configs", "layers", "differences", "metric", "seconds", "samples", "scheme", "data"}
METRIC = {
    *("name", "float", "values", "difference", "p_value", "test", "disagreements", "samples"),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    sample = list_samples()[0]
    found = compare(
        load_model(sample.model),
        ["weights_only", "tflite_int8"],
        str(sample.data),
        samples=64,
        param_bits=4,
        measure=("isolated",),
        attribution=True,
    )
    return found.to_dict()


def keys_of(value: Any) -> Iterator[str]:
    """Yield every key of nested objects."""
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_every_key_beside_the_basic_ones_is_documented(document: dict[str, Any]) -> None:
    assert set(document) > BASIC
    for key in set(document) - BASIC:
        assert f"`{key}`" in PAGE, key
    metric = document["metric"]
    assert set(metric) > METRIC
    for key in {*metric, *keys_of(metric["disagreeing"])} - METRIC:
        assert f"`{key}`" in PAGE, key


def test_every_key_of_an_attribution_and_an_explanation_is_documented(
    document: dict[str, Any],
) -> None:
    attribution, explanation = document["attribution"][1], document["explaining"][1]
    for key in attribution:
        assert f"`{key}`" in PAGE or key in {*BASIC, "calibration"}, key
    (rule, *_) = attribution["rules"]
    for key in {*rule, *rule["alone"], *explanation}:
        assert f"`{key}`" in PAGE, key


def test_the_thresholds_are_those_of_the_code() -> None:
    assert f"p < {CHANCE:g}" in PAGE
    assert f"{100 * MARGIN:g} point, or {100 * MARGIN:g} % of a metric" in PAGE
    assert f"{RESAMPLES:,} times\n({RESAMPLES_OF_MANY:,} times from {MANY:,} samples on)" in PAGE
    assert f"measured on {RESAMPLES_OF_ONE_FIGURE} resamples" in PAGE


def test_the_warning_about_another_model_is_documented() -> None:
    assert iter_warnings.__doc__ is not None
    assert "`matches-nothing`" in PAGE
