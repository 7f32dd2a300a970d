"""The report of two versions, and its statistics against scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gateway.judge.ab import AbSettings, Effect, ab_report
from gateway.judge.evidence import NOTHING, Count, Evidence, VersionEvidence
from gateway.judge.significance import fisher, p_value, samples_needed

counts = st.integers(0, 3000).flatmap(lambda total: st.integers(0, total).map(lambda hits: Count(hits, total)))


def effect(evidence: Evidence, measure: str, positive: str | None = None) -> Effect:
    return next(one for one in ab_report(evidence, AbSettings(), positive=positive).effects if one.measure == measure)


def cells(first: Count, second: Count) -> list[list[int]]:
    return [[one.hits, one.total - one.hits] for one in (first, second)]


@pytest.mark.parametrize(
    ("first", "second"), [((30, 200), (20, 210)), ((900, 1000), (850, 1000)), ((50, 9000), (700, 90_000))]
)
def test_the_z_test_is_scipy_s_chi_squared_test(first: tuple[int, int], second: tuple[int, int]) -> None:
    sides = Count(*first), Count(*second)
    assert p_value(*sides) == pytest.approx(stats.chi2_contingency(cells(*sides), correction=False).pvalue, rel=1e-9)


@given(counts, counts)
def test_fisher_s_test_is_scipy_s(first: Count, second: Count) -> None:
    assert fisher(first, second) == pytest.approx(stats.fisher_exact(cells(first, second)).pvalue, abs=1e-6)


@pytest.mark.parametrize(("first", "second"), [((3, 40), (0, 45)), ((1, 8), (7, 9)), ((4, 10_000), (1, 90_000))])
def test_few_are_tested_exactly(first: tuple[int, int], second: tuple[int, int]) -> None:
    sides = Count(*first), Count(*second)
    assert p_value(*sides) == pytest.approx(stats.fisher_exact(cells(*sides)).pvalue, rel=1e-6)


def test_where_nothing_or_everything_was_hit_there_is_no_difference() -> None:
    assert p_value(NOTHING, Count(3, 9)) == p_value(Count(0, 9), Count(0, 9)) == p_value(Count(9, 9), Count(9, 9)) == 1


@pytest.mark.parametrize(
    ("share", "difference", "expected"),
    # Normal approximation without continuity correction, 5 % and 80 %, groups of equal size.
    [(0.10, 0.05, 686), (0.50, 0.10, 388), (0.02, 0.01, 3826)],
)
def test_the_size_of_a_sample_is_that_of_the_formula_s_tables(share: float, difference: float, expected: int) -> None:
    assert samples_needed(share, difference, alpha=0.05, power=0.8) == expected


@pytest.mark.parametrize("ratio", [1.0, 9.0])
def test_so_many_samples_find_the_difference_as_often_as_promised(ratio: float) -> None:
    needed = samples_needed(0.1, 0.05, ratio=ratio, alpha=0.05, power=0.8)
    rng = np.random.default_rng(5)
    pairs = zip(rng.binomial(needed, 0.15, 3000), rng.binomial(round(needed * ratio), 0.1, 3000), strict=True)
    found = sum(p_value(Count(int(a), needed), Count(int(b), round(needed * ratio))) < 0.05 for a, b in pairs)
    assert 0.76 <= found / 3000 <= 0.84


@given(st.floats(0, 1), st.floats(0.001, 1), st.floats(0.01, 100))
def test_any_share_has_a_size_of_a_sample(share: float, difference: float, ratio: float) -> None:
    assert samples_needed(share, difference, ratio=ratio, alpha=0.05, power=0.8) >= 0


def test_a_report_tells_effect_interval_p_and_what_is_missing() -> None:
    canary = VersionEvidence(2, Count(30, 1000), labels={"yes": 300, "no": 700}, correct=Count(90, 100))
    stable = VersionEvidence(1, Count(100, 9000), labels={"yes": 2250, "no": 6750}, correct=Count(850, 1000))
    given = Evidence(canary, stable)
    errors = effect(given, "error rate")
    assert errors.points == pytest.approx(100 * (0.03 - 100 / 9000))
    assert errors.low is not None
    assert errors.high is not None
    assert errors.points is not None
    assert 0 < errors.low < errors.points < errors.high
    assert errors.p_value is not None
    assert errors.p_value < 0.001
    assert effect(given, "positive rate", "yes").points == pytest.approx(5)
    accuracy = effect(given, "accuracy")
    assert accuracy.samples_needed is not None
    assert accuracy.samples_missing == accuracy.samples_needed - 100 > 0
    assert f"{accuracy.samples_missing:,} more answers" in accuracy.sentence
    assert [one.measure for one in ab_report(given, AbSettings()).effects] == ["error rate", "accuracy"]


@given(counts, counts, counts, counts)
def test_any_counts_have_a_report(canary: Count, stable: Count, ours: Count, theirs: Count) -> None:
    given = Evidence(VersionEvidence(2, canary, correct=ours), VersionEvidence(1, stable, correct=theirs))
    for one in ab_report(given, AbSettings(), positive="yes").effects:
        is_known = min(one.canary_samples, one.stable_samples) > 0
        assert (one.p_value is not None) == is_known
        assert one.p_value is None or 0 <= one.p_value <= 1
        assert one.sentence.endswith(".")


def test_an_interval_that_leaves_zero_out_goes_with_a_small_p() -> None:
    rng = np.random.default_rng(2)
    agreed = 0
    for _ in range(300):
        canary, stable = Count(int(rng.binomial(400, 0.1)), 400), Count(int(rng.binomial(800, 0.07)), 800)
        found = effect(Evidence(VersionEvidence(2, canary), VersionEvidence(1, stable)), "error rate")
        assert found.low is not None
        assert found.high is not None
        assert found.p_value is not None
        agreed += (found.p_value < 0.05) == (not found.low <= 0 <= found.high)
    assert agreed >= 290
