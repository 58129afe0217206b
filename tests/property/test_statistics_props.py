"""Properties of the statistics: coverage, symmetry, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from experiments import statistics as st
from sim.random import Streams

STREAM = Streams(2).of("tests.statistics.properties")
SAMPLES = 4000
FOUR_SIGMA = 4 * np.sqrt(st.LEVEL * (1 - st.LEVEL) / SAMPLES)
finite = some.floats(-1e6, 1e6, allow_nan=False)
samples = some.lists(some.tuples(finite, finite), min_size=2, max_size=30)


def gaussians(n: int) -> np.ndarray:
    """Box-Muller on our own streams; shape (SAMPLES, n)."""
    u = STREAM.uniforms(np.arange(SAMPLES)[:, None], np.arange(2 * n)[None, :])
    return np.sqrt(-2 * np.log(1 - u[:, :n])) * np.cos(2 * np.pi * u[:, n:])


@pytest.mark.parametrize("n", [3, 10, 20])
def test_t_interval_covers_as_often_as_it_says(n: int) -> None:
    covered = [s.ci95[0] <= 5.0 <= s.ci95[1] for s in map(st.summarise, 5.0 + 2.0 * gaussians(n)) if s.ci95]
    assert len(covered) == SAMPLES
    assert np.mean(covered) == pytest.approx(st.LEVEL, abs=FOUR_SIGMA)


def test_welch_covers_as_often_as_it_says() -> None:
    x = gaussians(24)
    found = [st.unpaired(a, 1.0 + 5.0 * b).ci95 for a, b in zip(x[:, :12], x[:, 12:])]
    covered = [ci is not None and ci[0] <= 1.0 <= ci[1] for ci in found]
    # Welch's degrees of freedom are approximate: within half a percent at these sizes.
    assert np.mean(covered) == pytest.approx(st.LEVEL, abs=FOUR_SIGMA + 0.005)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_wilson_covers_about_as_often_as_it_says(share: float) -> None:
    n = 50
    hits = (STREAM.uniforms(np.arange(SAMPLES)[:, None], 100 + np.arange(n)[None, :]) < share).sum(axis=1)
    covered = [ci is not None and ci[0] <= share <= ci[1] for ci in (st.wilson(int(k), n) for k in hits)]
    # Counts are whole, so that coverage goes up and down around the level (Brown, Cai and DasGupta 2001).
    assert 0.92 < np.mean(covered) < 0.985


@given(samples)
def test_swapping_the_plans_turns_the_sign(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs).T
    one, other = st.paired(a, b, STREAM), st.paired(b, a, STREAM)
    assert one.diff == -other.diff
    assert one.ci95 == (-other.ci95[1], -other.ci95[0])
    assert (one.n, one.p, one.variance_ratio) == (other.n, other.p, other.variance_ratio)


@given(samples)
def test_the_interval_holds_the_difference(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs).T
    d = st.paired(a, b, STREAM)
    assert d.ci95[0] <= d.diff <= d.ci95[1]
    assert d.variance_ratio is None or 0 <= d.variance_ratio <= 2 + 1e-9


@settings(max_examples=25)
@given(some.lists(finite, min_size=8, max_size=20))
def test_bca_stays_within_the_sample(sample: list[float]) -> None:
    low, high = st.bca_interval(sample, STREAM)
    slack = 1e-9 * max(map(abs, sample))
    assert min(sample) - slack <= low <= high <= max(sample) + slack


@given(some.integers(1, 500), some.data())
def test_wilson_holds_the_share_and_mirrors(n: int, data: some.DataObject) -> None:
    k = data.draw(some.integers(0, n))
    low, high = st.wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert st.wilson(n - k, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(some.lists(some.floats(0, 1), max_size=12))
def test_holm_lies_between_p_and_bonferroni(p_values: list[float]) -> None:
    adjusted = st.holm(p_values)
    for p, q in zip(p_values, adjusted):
        assert p <= q <= min(1.0, p * len(p_values))
    order = np.argsort(p_values, kind="stable")
    assert list(np.array(adjusted)[order]) == sorted(adjusted)
