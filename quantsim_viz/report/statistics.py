"""Is a difference in accuracy more than chance? Paired tests, intervals, and how much is missing.

Both runs see the same samples, so only the samples on which they differ say anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

CHANCE = 0.05
"""A difference with a p-value below this is called more than chance."""

LEVEL = 0.95
"""Confidence of the intervals."""

MARGIN = 0.01
"""Differences below one point, or below 1 % of another metric's value, are called none."""

RESAMPLES, RESAMPLES_OF_MANY = 9999, 1999
"""Bootstrap resamples; fewer of `MANY` samples and more, whose resampling takes long."""

MANY = 10_000

FEWEST = 6
"""Scores of fewer samples tell nothing: 2^(1 − 5) is above `CHANCE`, 2^(1 − 6) below."""

BOOTSTRAP, EXPANDED = "paired-bootstrap", "bootstrap-expanded-percentile"
"""Names of the test of scores and of its interval."""

_BATCH = 4_000_000
_MOST_DISAGREEMENTS = 100_000

Verdict = Literal["different", "alike", "unclear"]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """What one configuration's scores say beside another's, on the same samples.

    Attributes:
        name: The test: `mcnemar-exact` or `paired-bootstrap`.
        interval_name: How the interval was made: `newcombe-paired` or
            `bootstrap-expanded-percentile`.
        difference: Mean score of the other minus that of the first.
        p_value: How often chance alone would make a difference as large, two-sided.
        interval: The differences that fit the data, at 95 % confidence; infinite where the samples
            are too few for any.
        verdict: `different` (p below 0.05), `alike` (every difference in the interval is below the
            margin), else `unclear`: these data are not enough to tell.
        disagreements: Samples that the other has right and the first wrong, and the reverse; None
            for scores that are neither right nor wrong.
        needed: About how many samples would tell, if these are typical; None where that is not
            needed or nothing can be said.
    """

    name: str
    interval_name: str
    difference: float
    p_value: float
    interval: tuple[float, float]
    verdict: Verdict
    disagreements: tuple[int, int] | None = None
    needed: int | None = None


def paired_test(first: Array, other: Array, *, seed: int = 0) -> PairedTest:
    """Compare two runs' scores on the same samples.

    1. Scores that are right or wrong: McNemar's exact test on the samples where they disagree,
       Newcombe's interval for the difference.
    2. Other scores: a bootstrap of the mean difference over the samples, with percentiles that are
       wide enough for few samples.

    Args:
        first: One score a sample, `[samples]`; bool where they are right or wrong.
        other: The same of the other run.
        seed: Of the bootstrap.

    >>> test = paired_test(np.array([True] * 8 + [False] * 2), np.array([True] * 10))
    >>> test.disagreements, test.p_value, test.verdict
    ((2, 0), 0.5, 'unclear')
    """
    if first.dtype == bool and other.dtype == bool:
        return _of_hits(first, other)
    return _of_scores(first.astype(np.float64), other.astype(np.float64), seed)


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Args:
        gained: Samples that only the other run has right.
        lost: Samples that only the first run has right.

    Source: A. Agresti, Categorical Data Analysis, 3rd edition, §11.1.

    >>> mcnemar(8, 1) == 20 / 512
    True
    """
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def newcombe_interval(both: int, lost: int, gained: int, neither: int) -> tuple[float, float]:
    """Return the 95 % interval for a difference of paired proportions, other minus first.

    Wilson's intervals of the two proportions, joined with their correlation; it has a width even
    where the runs never disagree.

    Args:
        both: Samples that both runs have right.
        lost: Only the first.
        gained: Only the other.
        neither: Neither of them.

    Source: R. G. Newcombe, Improved confidence intervals for the difference between binomial
    proportions based on paired data, Statistics in Medicine 17 (1998), 2635-2650, method 10.

    >>> low, high = newcombe_interval(1, 7, 1, 12)
    >>> round(low, 3), round(high, 3)
    (-0.507, -0.026)
    """
    samples = both + lost + gained + neither
    right, wrong = both + gained, lost + neither  # of the other run
    low, high = _wilson(right, samples)
    first_low, first_high = _wilson(both + lost, samples)
    share, first_share = right / samples, (both + lost) / samples
    product = right * wrong * (both + lost) * (gained + neither)
    excess = both * neither - lost * gained
    corrected = excess if excess < 0 else max(0.0, excess - samples / 2)
    phi = corrected / math.sqrt(product) if product else 0.0

    def joined(own: float, others: float) -> float:
        return math.sqrt(max(0.0, own**2 - 2 * phi * own * others + others**2))

    difference = share - first_share
    below = joined(share - low, first_high - first_share)
    above = joined(high - share, first_share - first_low)
    return max(-1.0, difference - below), min(1.0, difference + above)


def disagreements_needed(gained: int, lost: int) -> int | None:
    """Return how many disagreements would tell where these do not, in the same proportion.

    Returns:
        None where both sides gain alike, so that more of the same would never tell.

    >>> disagreements_needed(2, 0), disagreements_needed(7, 3), disagreements_needed(4, 4)
    (6, 25, None)
    """
    from scipy.stats import binom

    if gained == lost:
        return None
    share = max(gained, lost) / (gained + lost)
    counts = np.arange(gained + lost + 1, _MOST_DISAGREEMENTS)
    p_values = 2 * binom.sf(np.floor(share * counts + 0.5) - 1, counts, 0.5)
    enough = np.flatnonzero(p_values < CHANCE)
    return int(counts[enough[0]]) if enough.size else None


def _wilson(right: int, samples: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(right, samples).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def _of_hits(first: Array, other: Array) -> PairedTest:
    both, neither = int((first & other).sum()), int((~first & ~other).sum())
    gained, lost = int((~first & other).sum()), int((first & ~other).sum())
    samples = len(first)
    p_value = mcnemar(gained, lost)
    interval = newcombe_interval(both, lost, gained, neither) if samples else (-1.0, 1.0)
    verdict = _verdict(p_value, interval, MARGIN)
    needed = disagreements_needed(gained, lost) if verdict == "unclear" else None
    return PairedTest(
        "mcnemar-exact",
        "newcombe-paired",
        (gained - lost) / samples if samples else 0.0,
        p_value,
        interval,
        verdict,
        (gained, lost),
        None if needed is None else math.ceil(samples * needed / (gained + lost)),
    )


def _of_scores(first: Array, other: Array, seed: int) -> PairedTest:
    """Bootstrap the mean difference: resampling pairs is resampling their differences."""
    from scipy.stats import bootstrap, norm

    differences = other - first
    samples = len(differences)
    mean = float(differences.mean()) if samples else 0.0
    if samples < 2 or not differences.any() or not np.isfinite(differences).all():
        interval = (mean, mean) if samples > 1 else (-math.inf, math.inf)
        verdict: Verdict = "alike" if samples > 1 and mean == 0 else "unclear"
        return PairedTest(BOOTSTRAP, EXPANDED, mean, 1.0, interval, verdict)
    found = bootstrap(
        (differences,),
        np.mean,
        vectorized=True,
        n_resamples=RESAMPLES if samples < MANY else RESAMPLES_OF_MANY,
        batch=max(1, _BATCH // samples),
        method="percentile",
        confidence_level=LEVEL,
        rng=np.random.default_rng(seed),
    )
    p_value, interval = _expanded(found.bootstrap_distribution, samples)
    verdict = _verdict(p_value, interval, MARGIN * abs(float(first.mean())))
    needed = None
    if verdict == "unclear" and mean:
        quantile = norm.ppf((1 + LEVEL) / 2)
        needed = math.ceil((quantile * float(differences.std(ddof=1)) / mean) ** 2)
        needed = max(needed, samples + 1, FEWEST)
    return PairedTest(BOOTSTRAP, EXPANDED, mean, p_value, interval, verdict, needed=needed)


def resampled_test(
    first: float, other: float, figures: tuple[Array, Array], samples: int
) -> PairedTest:
    """Compare two runs by a metric that gives one figure for all samples.

    Args:
        first: The first run's figure.
        other: The other's.
        figures: Both runs' figures on the same resamples of the samples, `[resamples]` each.
        samples: How many samples there are.
    """
    differences = figures[1] - figures[0]
    if not differences.any() and first == other:
        return PairedTest(BOOTSTRAP, EXPANDED, 0.0, 1.0, (0.0, 0.0), "alike")
    p_value, interval = _expanded(differences, samples)
    verdict = _verdict(p_value, interval, MARGIN * abs(first))
    return PairedTest(BOOTSTRAP, EXPANDED, other - first, p_value, interval, verdict)


def _expanded(differences: Array, samples: int) -> tuple[float, tuple[float, float]]:
    """Return the p-value of "the difference is 0" and the interval from a bootstrap distribution.

    A bootstrap of few samples is too narrow: by √((n − 1)/n), and because it takes the normal
    distribution's tails for those of Student's t. Both are made good by taking percentiles farther
    out. The two agree: 0 is outside the interval exactly where p is below 0.05.

    Fewer than `FEWEST` samples have no interval, because n differences of equal sign, the clearest
    there can be, come by chance in a share 2^(1 − n) of cases.

    Args:
        differences: Of the figure, on each resample, `[resamples]`.
        samples: How many samples were resampled, two at least.

    Source: T. C. Hesterberg, What Teachers Should Know About the Bootstrap, The American
    Statistician 69 (2015), 371-386: the expanded percentile interval.
    """
    from scipy.stats import norm, t

    widened = math.sqrt(samples / (samples - 1))
    least = min((differences <= 0).sum(), (differences >= 0).sum())
    tail = (least + 1) / (len(differences) + 1)
    p_value = 2 * float(t.cdf(norm.ppf(tail) / widened, samples - 1)) if tail < 0.5 else 1.0
    p_value = max(p_value, 2.0 ** (1 - samples))
    outer = float(norm.cdf(widened * t.ppf((1 - LEVEL) / 2, samples - 1)))
    place = math.ceil(outer * (len(differences) + 1)) - 1
    if samples < FEWEST or place < 1:
        return p_value, (-math.inf, math.inf)
    ordered = np.sort(differences)
    return p_value, (float(ordered[place - 1]), float(ordered[-place]))


def _verdict(p_value: float, interval: tuple[float, float], margin: float) -> Verdict:
    if p_value < CHANCE:
        return "different"
    return "alike" if max(map(abs, interval)) < margin else "unclear"
