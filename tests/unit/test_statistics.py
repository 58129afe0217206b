"""Statistics against textbook examples, closed forms, and scipy as an independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments import statistics as st
from sim.random import Streams

STREAM = Streams(1).of("tests.statistics")
# Hours of sleep gained under two drugs, ten patients (Student 1908, doi 10.1093/biomet/6.1.1).
DRUG_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
DRUG_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def normals(n: int, k: int = 0) -> np.ndarray:
    return np.array([STREAM.normal(entity, k) for entity in range(n)])


def test_student_1908_paired() -> None:
    d = st.paired(DRUG_1, DRUG_2, STREAM)
    assert (d.n, d.identical) == (10, False)
    assert d.diff == pytest.approx(1.58)
    assert d.p == pytest.approx(0.00283, abs=5e-6)
    assert d.ci95 == pytest.approx((0.7001, 2.4599), abs=5e-5)


def test_student_1908_as_if_independent_is_welch() -> None:
    d = st.unpaired(DRUG_1, DRUG_2)
    theirs = stats.ttest_ind(DRUG_2, DRUG_1, equal_var=False)
    assert d.p == pytest.approx(theirs.pvalue, rel=1e-9) == pytest.approx(0.0794, abs=5e-5)
    assert d.ci95 == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)


def test_summary_is_the_t_interval() -> None:
    s = st.summarise(DRUG_2)
    want = stats.t.interval(0.95, 9, loc=DRUG_2.mean(), scale=stats.sem(DRUG_2))
    assert s.ci95 == pytest.approx(want, rel=1e-12)
    assert s.sd == pytest.approx(np.std(DRUG_2, ddof=1))


@pytest.mark.parametrize(("df", "quantile"), [(1, 12.706), (4, 2.776), (9, 2.262), (19, 2.093), (120, 1.980)])
def test_t_quantiles_of_the_printed_table(df: int, quantile: float) -> None:
    assert st.t_quantile(df) == pytest.approx(quantile, abs=5e-4)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_printed_by_newcombe(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, table I, method 3 (doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E)
    assert st.wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_is_none() -> None:
    assert st.wilson(0, 0) is None
    assert st.rule_of_three(0) is None


def test_rule_of_three_bounds_the_exact_limit() -> None:
    # With no failure in n, the exact upper 95 % limit is 1 - 0.05^(1/n); 3/n lies just above it.
    for n in (10, 20, 100, 1000):
        exact = 1 - 0.05 ** (1 / n)
        assert exact < st.rule_of_three(n) < 1.2 * exact


def test_holm_by_hand() -> None:
    # Sorted .005 .01 .03 .04 times 4 3 2 1 = .02 .03 .06 .04, and never falling: .02 .03 .06 .06.
    assert st.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert st.holm([0.02, None, 0.5]) == [pytest.approx(0.04), None, 0.5]
    assert st.holm([0.3]) == [0.3]


def test_values_carry_none_and_infinity_as_nan() -> None:
    x = st.values([1.0, None, float("inf"), 4])
    assert np.isnan(x[1:3]).all()
    assert st.summarise(x).n == 2
    assert st.summarise(x).mean == 2.5


def test_pairs_need_both_values() -> None:
    d = st.paired(st.values([1, None, 3, 4, 5]), st.values([2, 3, None, 7, 6]), STREAM)
    assert (d.n, d.diff) == (3, pytest.approx((1 + 3 + 1) / 3))


@pytest.mark.parametrize(("a", "b"), [([None, None], [1.0, 2.0]), ([1.0, None], [None, 2.0])])
def test_no_pair_no_difference(a: list[float | None], b: list[float | None]) -> None:
    d = st.paired(st.values(a), st.values(b), STREAM)
    assert (d.n, d.diff, d.ci95, d.p) == (0, None, None, None)


def test_one_pair_has_no_interval() -> None:
    d = st.paired([1.0], [3.0], STREAM)
    assert (d.n, d.diff, d.ci95, d.p, d.variance_ratio) == (1, 2.0, None, None, None)
    assert not st.shown(d, d.p)


def test_identical_is_every_pair_equal() -> None:
    assert st.paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], STREAM).identical
    swapped = st.paired([1.0, 2.0], [2.0, 1.0], STREAM)
    assert swapped.diff == 0 and not swapped.identical


def test_a_constant_difference_is_shown() -> None:
    d = st.paired([1.0, 2.0, 5.0], [2.0, 3.0, 6.0], STREAM)
    assert (d.ci95, d.p, d.variance_ratio) == ((1.0, 1.0), 0.0, 0.0)
    assert st.shown(d, d.p)


def test_variance_ratio_in_closed_form() -> None:
    # B = A + noise with correlation rho and equal variances: var(B - A) / (var A + var B) = 1 - rho.
    z, e, rho = normals(4000), normals(4000, 1), 0.9
    b = rho * z + np.sqrt(1 - rho**2) * e
    assert st.paired(z, b, STREAM).variance_ratio == pytest.approx(1 - rho, abs=0.01)
    assert st.paired(z, e, STREAM).variance_ratio == pytest.approx(1.0, abs=0.05)
    assert st.paired(z, -z, STREAM).variance_ratio == pytest.approx(2.0)


def test_skewness_of_an_exponential_is_two() -> None:
    x = -np.log(1 - STREAM.uniforms(np.arange(200_000)))
    assert st.skewness(x) == pytest.approx(2.0, abs=0.1)
    assert st.skewness([3.0, 3.0]) == 0.0
    assert st.skewness(DRUG_2) == pytest.approx(stats.skew(DRUG_2))


def test_bca_agrees_with_scipy() -> None:
    x = np.exp(normals(40))
    theirs = stats.bootstrap(
        (x,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.Generator(np.random.PCG64(1))
    ).confidence_interval
    # Both draw at random: an end wanders by about sqrt(p(1-p)/N)/density, 2 % of the width at N = 4000.
    width = theirs.high - theirs.low
    assert st.bca_interval(x, STREAM) == pytest.approx((theirs.low, theirs.high), abs=0.06 * width)


def test_bca_repeats_itself_and_takes_a_constant() -> None:
    x = np.exp(normals(12))
    assert st.bca_interval(x, STREAM) == st.bca_interval(x, STREAM)
    assert st.bca_interval([2.0, 2.0, 2.0], STREAM) == (2.0, 2.0)


def test_one_outlier_is_not_shown_by_either_interval() -> None:
    # One replication of twenty with a big gain: skewed, and no evidence that the plan helps.
    b = np.zeros(20)
    b[7] = 50.0
    d = st.paired(np.zeros(20), b, STREAM)
    assert d.bootstrap_ci95 is not None and d.bootstrap_ci95[0] <= 0.0
    assert not st.shown(d, d.p)


def test_a_skewed_difference_needs_both_intervals() -> None:
    both = st.Difference(20, 1.0, 1.0, (0.5, 1.5), (-0.1, 1.5), 0.01, None, False)
    assert not st.shown(both, both.p)
    agreed = st.Difference(20, 1.0, 1.0, (0.5, 1.5), (0.1, 1.5), 0.01, None, False)
    assert st.shown(agreed, agreed.p)
