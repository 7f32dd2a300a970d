"""Probabilities of chance, against SciPy."""

import numpy as np
import pytest
from scipy import special, stats

from contract.drift.distances import chi_squared, stability_index
from contract.drift.significance import benjamini_hochberg, chi_squared_sf, kolmogorov_sf, ks_p_value


@pytest.mark.parametrize("value", [0.0, 0.05, 0.19, 0.2, 0.21, 0.3, 0.5, 0.8276, 1.0, 1.3581, 2.0, 5.0, 40.0])
def test_kolmogorov_s_distribution_is_scipy_s(value: float) -> None:
    assert kolmogorov_sf(value) == pytest.approx(special.kolmogorov(value), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 21, 50])
@pytest.mark.parametrize("value", [0.0, 1e-6, 0.3, 1.0, 3.84, 11.0, 40.0, 200.0, 2000.0])
def test_the_chi_squared_distribution_is_scipy_s(value: float, freedom: int) -> None:
    assert chi_squared_sf(value, freedom) == pytest.approx(stats.chi2.sf(value, freedom), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("first", "second"), [(200, 200), (1_000, 300), (50_000, 10_000)])
def test_p_values_of_kolmogorov_and_smirnov_are_those_of_scipy(first: int, second: int) -> None:
    chance = np.random.default_rng(first)
    for shift in (0.0, 0.01, 0.05, 0.1):
        found = stats.ks_2samp(chance.normal(size=first), chance.normal(shift, size=second), method="asymp")
        assert ks_p_value(found.statistic, first, second) == pytest.approx(found.pvalue, rel=0.1, abs=0.005)


def test_an_empty_sample_proves_nothing() -> None:
    nothing = np.zeros(3, np.int64)
    assert ks_p_value(1.0, 0, 100) == 1
    assert chi_squared(np.array([5, 5, 5]), nothing) == (0, 1)
    assert stability_index(np.array([5, 5, 5]), nothing) == 0


def test_the_chi_squared_test_is_scipy_s_where_no_cell_is_rare() -> None:
    then, now = np.array([400, 300, 250, 50]), np.array([80, 70, 30, 20])
    expected = stats.chi2_contingency([then, now], correction=False)
    statistic, p_value = chi_squared(then, now)
    assert [statistic, p_value] == pytest.approx([expected.statistic, expected.pvalue])


def test_rare_cells_are_taken_together() -> None:
    then, now = np.array([5_000, 4_000, 3, 2, 1]), np.array([100, 80, 0, 0, 1])
    together = np.array([5_000, 4_006]), np.array([100, 81])
    assert chi_squared(then, now) == pytest.approx(chi_squared(*together))
    enough = np.array([5_000, 4_000, 200, 150]), np.array([100, 80, 4, 3])
    as_one = np.array([5_000, 4_000, 350]), np.array([100, 80, 7])
    assert chi_squared(*enough) == pytest.approx(chi_squared(*as_one))


def test_one_cell_is_no_difference() -> None:
    assert chi_squared(np.array([100, 0]), np.array([50, 0])) == (0, 1)


def test_the_adjustment_is_scipy_s() -> None:
    given = [0.01, 0.04, 0.03, 0.005, 0.9, 0.2]
    assert benjamini_hochberg(given) == pytest.approx(stats.false_discovery_control(given))
    assert len(benjamini_hochberg([])) == 0


def test_the_stability_index_is_the_formula() -> None:
    then, now = np.array([100_000, 300_000, 600_000]), np.array([200_000, 200_000, 600_000])
    expected = 0.1 * np.log(2) - 0.1 * np.log(2 / 3)
    assert stability_index(then, now) == pytest.approx(expected, rel=1e-3)
    assert stability_index(then, then * 3) == pytest.approx(0, abs=1e-9)


def test_a_cell_that_is_new_makes_the_index_large_but_finite() -> None:
    assert 1 < stability_index(np.array([1_000, 0]), np.array([500, 500])) < 100
