"""Paired tests held to scipy, intervals to published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from quantsim_viz.report import statistics
from quantsim_viz.report.statistics import (
    disagreements_needed,
    mcnemar,
    newcombe_interval,
    paired_test,
    resampled_test,
)


def hits(both, lost, gained, neither):
    first = [True] * (both + lost) + [False] * (gained + neither)
    other = [True] * both + [False] * lost + [True] * gained + [False] * neither
    return np.array(first), np.array(other)


@pytest.mark.parametrize(("gained", "lost"), [(1, 8), (0, 5), (13, 4), (7, 7), (200, 240)])
def test_the_exact_test_is_scipys_binomial_test_of_the_disagreements(gained, lost):
    expected = stats.binomtest(gained, gained + lost, 0.5, alternative="two-sided").pvalue
    assert mcnemar(gained, lost) == expected
    tail = stats.binom.cdf(min(gained, lost), gained + lost, 0.5)
    assert mcnemar(gained, lost) == pytest.approx(min(1.0, 2 * tail))


def test_without_disagreements_chance_explains_everything():
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(
    ("table", "interval"),
    [
        # Bentur et al. 2009, in Fagerland, Lydersen and Laake, chapter 8
        ((1, 7, 1, 12), (-0.507, -0.026)),
        # Altman et al., Statistics with Confidence, table 6.2: 14 both, 5 only the second
        ((14, 0, 5, 22), (0.011, 0.226)),
    ],
)
def test_the_interval_is_that_of_published_examples(table, interval):
    found = newcombe_interval(*table)
    assert found == pytest.approx(interval, abs=6e-4)


def test_the_interval_turns_round_with_the_order():
    low, high = newcombe_interval(40, 9, 3, 8)
    assert newcombe_interval(40, 3, 9, 8) == pytest.approx((-high, -low))


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    cells = np.array([0.80, 0.06, 0.10, 0.04])  # both, lost, gained, neither: difference 0.04
    tables = rng.multinomial(150, cells, size=400)
    covered = [low <= 0.04 <= high for low, high in (newcombe_interval(*t) for t in tables)]
    assert 0.92 <= np.mean(covered) <= 0.99


def test_the_interval_has_a_width_where_the_runs_never_disagree():
    low, high = newcombe_interval(20, 0, 0, 0)
    assert low < -0.1 < 0.1 < high


@pytest.mark.parametrize(
    ("gained", "lost", "needed"), [(2, 0, 6), (0, 1, 6), (7, 3, 25), (5, 5, None)]
)
def test_as_many_disagreements_are_needed_as_the_exact_test_takes(gained, lost, needed):
    assert disagreements_needed(gained, lost) == needed
    if needed is not None:
        share = max(gained, lost) / (gained + lost)
        wins = [math.floor(share * count + 0.5) for count in (needed - 1, needed)]
        assert mcnemar(wins[1], needed - wins[1]) < 0.05 <= mcnemar(wins[0], needed - 1 - wins[0])


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        ((500, 2, 20, 18), "different"),
        ((5000, 3, 4, 20), "alike"),
        ((530, 2, 0, 8), "unclear"),
        ((8, 0, 0, 2), "unclear"),
    ],
)
def test_the_verdict_says_whether_the_data_tell(table, verdict):
    assert paired_test(*hits(*table)).verdict == verdict


def test_what_is_needed_is_said_in_samples():
    test = paired_test(*hits(530, 2, 0, 8))
    assert test.disagreements == (0, 2)
    assert test.needed == 540 * 6 // 2


def test_scores_are_compared_as_scipys_bootstrap_does():
    rng = np.random.default_rng(7)
    first = rng.normal(size=80)
    other = first + rng.normal(0.08, 0.3, size=80)
    test = paired_test(first, other, seed=3)
    reference = stats.bootstrap(
        (first, other),
        lambda a, b, axis: np.mean(b - a, axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(3),
    )
    assert test.interval == pytest.approx(tuple(reference.confidence_interval), abs=0.01)
    assert test.p_value == pytest.approx(stats.ttest_rel(other, first).pvalue, abs=0.02)
    assert paired_test(first, other, seed=3) == test


@pytest.mark.parametrize("samples", [2, 3, 5, 6, 8, 20])
def test_chance_alone_is_seldom_called_a_difference(samples, monkeypatch):
    monkeypatch.setattr(statistics, "RESAMPLES", 999)
    rng = np.random.default_rng(samples)
    drawn = [1 + rng.normal(size=samples) for _ in range(400)]
    found = [paired_test(np.ones(samples), other).verdict for other in drawn]
    assert found.count("different") / len(found) <= (0.09 if samples > 5 else 0.0)


@pytest.mark.parametrize("samples", [2, 5, 6, 7, 12, 40])
def test_the_interval_leaves_0_outside_exactly_where_p_is_small(samples, monkeypatch):
    monkeypatch.setattr(statistics, "RESAMPLES", 999)
    rng = np.random.default_rng(samples)
    for shift in (0.0, 0.4, 0.8, 1.2):
        for _ in range(20):
            test = paired_test(np.zeros(samples), shift + rng.normal(size=samples))
            low, high = test.interval
            assert (test.p_value < 0.05) == (low > 0 or high < 0)
            assert (test.verdict == "different") == (test.p_value < 0.05)


def test_few_scores_of_one_sign_are_not_enough_to_tell():
    test = paired_test(np.zeros(2), np.array([0.9, 1.1]))
    assert (test.p_value, test.verdict) == (0.5, "unclear")
    assert test.interval == (-math.inf, math.inf)
    assert test.needed == 6


def test_one_figure_of_few_samples_is_not_enough_to_tell():
    figures = np.zeros(499), np.linspace(0.9, 1.1, 499)
    verdicts = [resampled_test(0.0, 1.0, figures, n).verdict for n in (2, 5, 6, 50)]
    assert verdicts == ["unclear", "unclear", "different", "different"]


def test_equal_scores_are_alike():
    scores = np.linspace(0, 1, 9)
    test = paired_test(scores, scores.copy())
    assert (test.p_value, test.verdict, test.interval) == (1.0, "alike", (0.0, 0.0))


def test_scores_that_are_no_numbers_tell_nothing():
    scores = np.array([0.5, 1.0, 2.0])
    assert paired_test(scores, np.array([0.5, np.nan, 2.0])).verdict == "unclear"


def test_a_small_clear_difference_of_scores_is_more_than_chance():
    first = np.linspace(0, 1, 50)
    test = paired_test(first, first + 0.2)
    assert test.verdict == "different"
    assert test.interval == pytest.approx((0.2, 0.2))
