"""The accuracies of several configurations beside each other: tests, verdicts, and the samples."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.report.metrics import finite_score, is_error
from quantsim_viz.report.statistics import LEVEL, paired_test, resampled_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.report.metrics import MetricResult
    from quantsim_viz.report.statistics import PairedTest

    Array = np.ndarray[Any, Any]

MOST_SCORES = 100
"""Samples listed for scores that are neither right nor wrong: those that differ most."""


def compare_metric(
    results: Sequence[MetricResult | None], *, numbers: Array | None = None, seed: int = 0
) -> dict[str, Any]:
    """Compare the accuracies of configurations on the same samples, each against the first.

    1. Scores that are right or wrong, as bools or as 0 and 1: McNemar's exact test on the samples
       where they disagree, Newcombe's interval for paired proportions.
    2. Other scores a sample: a paired bootstrap of the mean difference, two-sided.
    3. One figure for all samples: a paired bootstrap of the figure, if it was resampled.
    4. The very same result, of configurations that settle the model alike: no interval but 0.

    Args:
        results: One a configuration, None for one that has none; the first that is there is the
            base.
        numbers: For each sample its number in the data, where they are a part of those.
        seed: Of the bootstrap.

    Returns:
        The `metric` object of `compare --json`.
    """
    results = _as_hits(results)
    start, base = next((i, result) for i, result in enumerate(results) if result is not None)
    others = [None if index == start else result for index, result in enumerate(results)]
    tests = [None if other is None else _test(base, other, seed) for other in others]
    listed = [None if x is None else list_disagreeing(base, x, numbers) for x in others]
    named = next((test for test in tests if test is not None), None)
    return {
        "name": base.name,
        "float": finite_score(base.float_value),
        "values": [None if x is None else finite_score(x.simulated) for x in results],
        "difference": [
            None if x is None else finite_score(x.simulated - base.simulated) for x in results
        ],
        "p_value": [None if test is None else test.p_value for test in tests],
        "test": None if named is None else named.name,
        "disagreements": [
            None if test is None or test.disagreements is None else list(test.disagreements)
            for test in tests
        ],
        "samples": base.samples,
        "confidence_interval": [None if t is None else _plain(t.interval) for t in tests],
        "confidence_level": LEVEL,
        "interval": None if named is None else named.interval_name,
        "seed": seed if named is not None and named.name == "paired-bootstrap" else None,
        "verdict": [None if test is None else test.verdict for test in tests],
        "needed_samples": [None if test is None else test.needed for test in tests],
        "disagreeing": listed,
        **({} if base.output is None else {"output": base.output}),
    }


def list_disagreeing(
    first: MetricResult, other: MetricResult, numbers: Array | None = None
) -> list[dict[str, Any]] | None:
    """List the samples on which two configurations disagree.

    Of class numbers all with different predictions, in the order of the data; of other scores at
    most `MOST_SCORES`, those that differ most first. None where there is no score a sample.

    Returns:
        For each sample its number in the data; its label, the float model's and both predictions,
        and whether each is right; or the float model's and both scores.
    """
    a, b = first.simulated_scores, other.simulated_scores
    exact = first.float_scores
    if a is None or b is None or exact is None:
        return None
    places = np.arange(len(a)) if numbers is None else numbers
    if first.simulated_predictions is None or other.simulated_predictions is None:
        with np.errstate(invalid="ignore"):  # of two that are infinite
            gaps = np.abs(b.astype(np.float64) - a.astype(np.float64))
        chosen = [i for i in np.argsort(-gaps, kind="stable")[:MOST_SCORES] if gaps[i]]
        return [
            {
                "sample": int(places[i]),
                "float": finite_score(float(exact[i])),
                "scores": [finite_score(float(a[i])), finite_score(float(b[i]))],
            }
            for i in chosen
        ]
    classes = first.simulated_predictions, other.simulated_predictions
    assert first.labels is not None
    assert first.float_predictions is not None
    differ = (classes[0] != classes[1]) | (a != b)
    return [
        {
            "sample": int(places[i]),
            "label": int(first.labels[i]),
            "float": int(first.float_predictions[i]),
            "predictions": [int(classes[0][i]), int(classes[1][i])],
            "right": [bool(a[i]), bool(b[i])],
        }
        for i in np.flatnonzero(differ)
    ]


def explain_difference(metric: Mapping[str, Any], index: int, base: str, other: str) -> str | None:
    """Say in words what the difference between a configuration and the base means.

    Args:
        metric: As `compare_metric` returns it.
        index: Which configuration.
        base: What to call the base.
        other: What to call the other one.

    Returns:
        One or two sentences, None where there is no test.
    """
    verdict, pair = metric["verdict"][index], metric["disagreements"][index]
    if verdict is None:
        return None
    samples, needed = metric["samples"], metric["needed_samples"][index]
    if is_same(metric, index):
        return f"{other} and {base} are the same in every one of {samples} samples."
    if pair is not None:
        gained, lost = pair
        if gained == lost == 0:
            counted = f"{other} and {base} are right and wrong on the same samples"
        else:
            counted = f"{other} alone is right on {gained}, {base} alone on {lost}"
        counted += f" of {samples}"
    else:
        counted = f"{other} minus {base} is {metric['difference'][index]:+.4g} on {samples} samples"
    if verdict == "different":
        return f"{counted}: more than chance."
    if verdict == "alike":
        return f"{counted}: alike, for what the interval allows."
    more = f"; about {needed} samples like these would" if needed is not None else ""
    return f"{counted}: not enough data to tell{more}."


def is_same(metric: Mapping[str, Any], index: int) -> bool:
    """Whether a configuration is the same as the base in every sample.

    So it is where both settle the model alike, and where no score differs that is a number. Hits
    alone may agree though outputs differ; further samples may tell those apart.

    Args:
        metric: As `compare_metric` returns it.
        index: Which configuration.
    """
    return bool(metric["confidence_interval"][index] == [0.0, 0.0])


def _as_hits(results: Sequence[MetricResult | None]) -> Sequence[MetricResult | None]:
    """Return results with scores as bools, where a metric of the user's gave 0 and 1 throughout.

    Scores that are 0 throughout stay: they may be errors.
    """
    there = {id(x): x for x in results if x is not None and x.simulated_scores is not None}
    scores = [x.simulated_scores for x in there.values() if x.simulated_scores is not None]
    is_hits = all(np.isin(score, (0, 1)).all() for score in scores)
    if any(is_error(x.name) for x in there.values()) or not is_hits:
        return results
    if not any(score.any() for score in scores):
        return results
    hits = {
        key: replace(x, simulated_scores=score.astype(bool))
        for (key, x), score in zip(there.items(), scores, strict=True)
    }
    return [hits.get(id(x), x) for x in results]  # the very same ones stay the very same


def _test(first: MetricResult, other: MetricResult, seed: int) -> PairedTest | None:
    if not math.isfinite(other.simulated - first.simulated):
        return None
    a, b = first.simulated_scores, other.simulated_scores
    if a is not None and b is not None:
        test = paired_test(a, b, seed=seed)
        if other is not first:
            return test
        return replace(test, interval=(0.0, 0.0), verdict="alike", needed=None)
    if first.resampled is None or other.resampled is None:
        return None
    figures = first.resampled, other.resampled
    return resampled_test(first.simulated, other.simulated, figures, first.samples)


def _plain(interval: tuple[float, float]) -> list[float | None]:
    return [finite_score(end) for end in interval]
