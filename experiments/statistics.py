"""What replications say: means, paired differences, shares and verdicts, each with its interval.

Sources: Student's t and the paired t-interval as in Law, Simulation Modeling and Analysis (5th ed. 2015,
chapter 10.2); Welch 1947 (doi 10.1093/biomet/34.1-2.28); BCa bootstrap Efron 1987 (doi
10.1080/01621459.1987.10478410); Wilson 1927 (doi 10.1080/01621459.1927.10502953); rule of three Hanley and
Lippman-Hand 1983 (doi 10.1001/jama.1983.03330370053031); Holm 1979 (doi 10.2307/4615733).

A replication in which a KPI has no value (nobody was to be rescued, so there is no response time) is
carried as NaN and left out; every result states the ``n`` it rests on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.random import Stream

LEVEL = 0.95
"""Confidence level of every interval."""
RESAMPLES = 4000
"""Bootstrap resamples: the standard error of a 2.5 % tail count is then a tenth of the count."""
SKEWED = 1.0
"""Sample skewness of the differences beyond which a t-interval is not trusted alone."""
FEWEST_FOR_BOOTSTRAP = 8
"""Below this many values the bootstrap has too few distinct resamples to say anything of a tail."""

Floats = NDArray[np.float64]


def values(column: ArrayLike | Sequence[float | None]) -> Floats:
    """Return a KPI's values as float64 of shape (replications,); NaN where it has none or is not finite."""
    array = np.array([np.nan if v is None else v for v in np.asarray(column, object)], np.float64)
    array[~np.isfinite(array)] = np.nan
    return array


def t_quantile(df: float, level: float = LEVEL) -> float:
    """Return the two-sided Student quantile: P(|T| <= it) = level for ``df`` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def t_p_value(t: float, df: float) -> float:
    """Return the two-sided p-value of a Student statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))


@dataclass(frozen=True)
class Summary:
    """Mean, sample standard deviation and t-interval of ``n`` values; None where n is too small."""

    n: int
    mean: float | None
    sd: float | None
    ci95: tuple[float, float] | None


def summarise(sample: ArrayLike) -> Summary:
    """Return the summary of a sample of shape (replications,), NaN left out."""
    x = _present(sample)
    if len(x) == 0:
        return Summary(0, None, None, None)
    mean = float(x.mean())
    if len(x) == 1:
        return Summary(1, mean, None, None)
    sd = float(x.std(ddof=1))
    half = t_quantile(len(x) - 1) * sd / math.sqrt(len(x))
    return Summary(len(x), mean, sd, (mean - half, mean + half))


@dataclass(frozen=True)
class Difference:
    """Other minus reference: over ``n`` pairs (or the smaller sample), its interval and what it rests on.

    ``variance_ratio`` is var(other - reference) / (var(reference) + var(other)): what common random
    numbers leave of the variance that independent seeds would give; None where either is without variance.
    """

    n: int
    diff: float | None
    sd: float | None
    ci95: tuple[float, float] | None
    bootstrap_ci95: tuple[float, float] | None
    p: float | None
    variance_ratio: float | None
    identical: bool


def paired(reference: ArrayLike, other: ArrayLike, stream: Stream) -> Difference:
    """Return the paired difference of two samples of shape (replications,), in the same order.

    Only pairs in which both have a value count. ``stream`` draws the bootstrap's resamples, which are
    taken where the differences are skewed.
    """
    a, b = np.asarray(reference, float), np.asarray(other, float)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    d = b - a
    n = len(d)
    if n == 0:
        return Difference(0, None, None, None, None, None, None, False)
    identical = bool(np.all(d == 0))
    spread = summarise(d)
    if n == 1 or spread.sd is None:
        return Difference(n, float(d[0]), None, None, None, None, None, identical)
    mean = float(d.mean())
    p = _p_of(mean, spread.sd / math.sqrt(n), n - 1)
    return Difference(
        n, mean, spread.sd, spread.ci95, _bootstrap_if_skewed(d, stream), p,
        _ratio(float(d.var(ddof=1)), float(a.var(ddof=1) + b.var(ddof=1))), identical,
    )


def unpaired(reference: ArrayLike, other: ArrayLike) -> Difference:
    """Return the difference of two independent samples: Welch's interval (1947), no pairing."""
    a, b = _present(reference), _present(other)
    n = min(len(a), len(b))
    if n == 0:
        return Difference(0, None, None, None, None, None, None, False)
    diff = float(b.mean() - a.mean())
    if n == 1:
        return Difference(1, diff, None, None, None, None, None, False)
    va, vb = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    error = math.sqrt(va + vb)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)) if error > 0 else n - 1.0
    half = t_quantile(df) * error
    sd = math.sqrt(float(a.var(ddof=1)) + float(b.var(ddof=1)))
    return Difference(n, diff, sd, (diff - half, diff + half), None, _p_of(diff, error, df), None, False)


def bca_interval(sample: ArrayLike, stream: Stream, level: float = LEVEL) -> tuple[float, float]:
    """Return the BCa bootstrap interval of the mean (Efron 1987) of a sample of shape (n,), n >= 2."""
    x = _present(sample)
    n = len(x)
    if np.all(x == x[0]):
        return float(x[0]), float(x[0])
    draws = stream.uniforms(np.arange(RESAMPLES)[:, None], np.arange(n)[None, :])
    means = np.sort(x[(draws * n).astype(np.intp)].mean(axis=1))
    normal = NormalDist()
    below = (np.count_nonzero(means < x.mean()) + 0.5 * np.count_nonzero(means == x.mean())) / RESAMPLES
    z0 = normal.inv_cdf(min(max(below, 0.5 / RESAMPLES), 1 - 0.5 / RESAMPLES))
    left_out = (x.sum() - x) / (n - 1)
    from_mean = left_out.mean() - left_out
    # Scaled first: squares of what is very small vanish, and an acceleration of 0 / 0 is none.
    scale = float(np.abs(from_mean).max())
    if scale == 0.0:
        return float(means[0]), float(means[-1])
    part = from_mean / scale
    acceleration = float((part**3).sum() / (6 * (part**2).sum() ** 1.5))
    ends = []
    for z in (normal.inv_cdf(0.5 - level / 2), normal.inv_cdf(0.5 + level / 2)):
        shifted = normal.cdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z)))
        ends.append(float(np.quantile(means, shifted)))
    return ends[0], ends[1]


def skewness(sample: ArrayLike) -> float:
    """Return the sample skewness m3 / m2^1.5 (0 for a constant sample)."""
    x = _present(sample)
    d = x - x.mean()
    m2 = float((d**2).mean())
    return float((d**3).mean()) / m2**1.5 if m2 > 0 else 0.0


def wilson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Return Wilson's score interval of a share (Wilson 1927); None for n = 0."""
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 exactly; rounding must not push them outside.
    low = 0.0 if successes == 0 else max(middle - half, 0.0)
    high = 1.0 if successes == n else min(middle + half, 1.0)
    return low, high


def rule_of_three(n: int) -> float | None:
    """Return 3/n, the 95 % upper bound of the share of failures when none was seen in n replications."""
    return min(3.0 / n, 1.0) if n else None


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's step-down adjusted p-values (Holm 1979), in the same order; None stays None."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    running = 0.0
    for rank, (p, i) in enumerate(known):
        running = max(running, min(1.0, p * (len(known) - rank)))
        adjusted[i] = running
    return adjusted


def shown(difference: Difference, p: float | None) -> bool:
    """Return whether a difference is shown at the level: p below 1 - LEVEL, and the bootstrap agrees."""
    if p is None or difference.diff is None or p >= 1 - LEVEL:
        return False
    boot = difference.bootstrap_ci95
    return boot is None or boot[0] > 0 or boot[1] < 0


def _present(sample: ArrayLike) -> Floats:
    x = np.asarray(sample, np.float64)
    return x[np.isfinite(x)]


def _p_of(diff: float, error: float, df: float) -> float:
    # Without spread every replication says the same: no chance is left that the sign is due to it.
    if error == 0:
        return 1.0 if diff == 0 else 0.0
    return t_p_value(diff / error, df)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _bootstrap_if_skewed(d: Floats, stream: Stream) -> tuple[float, float] | None:
    if len(d) < FEWEST_FOR_BOOTSTRAP or abs(skewness(d)) <= SKEWED:
        return None
    return bca_interval(d, stream)
