"""The intervals, against scipy's and against published ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gateway.judge.evidence import Count
from gateway.judge.intervals import Interval, newcombe, quantile, ratio, wilson
from gateway.judge.sequential import boundary, effective, fixed

Z95 = fixed(0.05)
counts = st.integers(0, 5000).flatmap(lambda total: st.integers(0, total).map(lambda hits: Count(hits, total)))


@pytest.mark.parametrize(("hits", "total"), [(0, 20), (1, 29), (15, 148), (81, 263), (263, 263), (3, 100_000)])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_wilson_is_scipy_s(hits: int, total: int, alpha: float) -> None:
    expected = stats.binomtest(hits, total).proportion_ci(1 - alpha, method="wilson")
    found = wilson(Count(hits, total), fixed(alpha))
    assert found[1:] == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_s_interval_is_that_of_the_paper(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(Count(*first), Count(*second), Z95)
    assert found[1:] == pytest.approx((low, high), abs=6e-5)


@given(counts, counts, st.floats(0.1, 6))
def test_an_interval_of_a_difference_holds_its_estimate_and_turns_with_its_sides(
    first: Count, second: Count, z: float
) -> None:
    found, turned = newcombe(first, second, z), newcombe(second, first, z)
    assert -1 - 1e-9 <= found.low <= found.estimate <= found.high <= 1 + 1e-9
    assert found == pytest.approx((-turned.estimate, -turned.high, -turned.low), abs=1e-12)


@pytest.mark.parametrize("n", [100, 1000, 20_000])
@pytest.mark.parametrize("z", [1.96, 3.5])
def test_a_quantile_s_ranks_cover_at_least_as_much_as_asked(n: int, z: float) -> None:
    found = quantile([float(rank) for rank in range(1, n + 1)], 0.95, z)
    # The quantile lies between the order statistics r and s where r to s - 1 of the values lie below it.
    above = 1.0 if math.isinf(found.high) else stats.binom.cdf(found.high - 1, n, 0.95)
    covered = above - stats.binom.cdf(found.low - 1, n, 0.95)
    assert covered >= 2 * stats.norm.cdf(z) - 1 - 0.003


def test_a_quantile_s_interval_covers_the_quantile_of_a_skewed_distribution() -> None:
    rng = np.random.default_rng(7)
    true = math.exp(0.8 * 1.6448536)
    covered = 0
    for _ in range(400):
        found = quantile(sorted(rng.lognormal(0, 0.8, 300)), 0.95, Z95)
        covered += found.low <= true <= found.high
    assert covered >= 0.93 * 400


def test_too_few_values_have_no_upper_bound() -> None:
    assert quantile([1.0, 2.0, 3.0], 0.95, Z95).high == math.inf
    assert quantile([], 0.95, Z95)[1:] == (0.0, math.inf)


def test_the_ratio_of_two_quantiles_covers_the_true_one() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        slow = quantile(sorted(1.5 * rng.exponential(1, 400)), 0.95, Z95)
        fast = quantile(sorted(rng.exponential(1, 400)), 0.95, Z95)
        found = ratio(slow, fast)
        covered += found.low <= 1.5 <= found.high
    assert covered >= 0.93 * 300


def test_a_ratio_without_a_bound_on_one_side_has_none() -> None:
    found = ratio(Interval(2.0, 0.0, math.inf), Interval(1.0, 0.5, 2.0))
    assert found == (2.0, 0.0, math.inf)
    assert ratio(Interval(0.0, 0.0, 0.0), Interval(0.0, 0.0, 0.0)).estimate == 1.0


@given(st.floats(0.01, 1e7), st.floats(1e-4, 0.2))
def test_the_boundary_of_many_looks_is_wider_than_that_of_one(samples: float, alpha: float) -> None:
    assert boundary(samples, alpha, tightest_at=500) > fixed(alpha)


def test_the_boundary_is_tightest_about_where_it_is_asked_to_be() -> None:
    # What counts is the half-width over the square root of the samples, so near is enough.
    there = boundary(500, 0.05, tightest_at=500)
    for other in (5, 50, 5000, 50_000):
        assert boundary(500, 0.05, tightest_at=other) > there


def test_nothing_has_no_bound() -> None:
    assert boundary(0, 0.05, tightest_at=500) == math.inf
    assert effective(0, 100) == 0
    assert effective(100, 100) == 50
    assert wilson(Count(0, 0), 3) == (0.5, 0.0, 1.0)


@pytest.mark.parametrize(("hits", "total"), [(2, 1), (-1, 1), (0, -1)])
def test_a_count_that_can_t_be_is_refused(hits: int, total: int) -> None:
    with pytest.raises(ValueError, match="is no count"):
        Count(hits, total)
