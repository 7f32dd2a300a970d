"""Rows that are made from a distribution have that distribution."""

import numpy as np
import pytest

from contract.drift.distances import stability_index
from contract.drift.summaries import CategoricalSummary, NumericSummary, Values
from training.drift_report.rows import cells_of, rows_of

CHANCE = np.random.default_rng(5)
NUMBERS = {
    "normal": CHANCE.normal(40, 10, 8_000),
    "skewed": CHANCE.gamma(1, 700, 8_000),
    "mostly zero": np.where(CHANCE.random(8_000) < 0.7, 0, CHANCE.gamma(4, 100, 8_000)),
    "few values": CHANCE.integers(0, 4, 8_000).astype(float),
    "whole": CHANCE.integers(18, 99, 8_000).astype(float),
    "one value": np.full(8_000, 3.0),
    "missing": np.where(CHANCE.random(8_000) < 0.2, np.nan, CHANCE.normal(0, 1, 8_000)),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name: str) -> None:
    values = NUMBERS[name]
    summary = NumericSummary.of("x", values)
    made = rows_of(summary, 5_000)
    there = made[~np.isnan(made)]
    assert len(made) == 5_000
    assert summary.largest_gap(there) < 0.015
    assert stability_index(summary.cells, summary.cells_of(made)) < 0.01
    assert (there.min(), there.max()) == pytest.approx((np.nanmin(values), np.nanmax(values)), rel=0.2, abs=0.2)


def test_whole_numbers_stay_whole_and_few_values_stay_themselves() -> None:
    whole = rows_of(NumericSummary.of("x", NUMBERS["whole"]), 1_000)
    assert (whole == np.rint(whole)).all()
    few = NumericSummary.of("x", np.array([0.5, 0.5, 0.75, 3.25]))
    assert set(rows_of(few, 100).tolist()) == {0.5, 0.75, 3.25}


def test_nothing_is_known_of_a_column_that_was_always_missing() -> None:
    made = rows_of(NumericSummary.of("x", np.full(10, np.nan)), 20)
    assert np.isnan(made).all()
    assert len(made) == 20


def test_categories() -> None:
    codes: Values = np.array([0.0] * 60 + [2.0] * 30 + [7.0] * 10 + [np.nan] * 25)
    summary = CategoricalSummary.of("purpose", codes, ["car", "boat", "house"])
    made = rows_of(summary, 1_250)
    counts = [int((made == place).sum()) for place in range(4)]
    # By frequency: car, house, boat, and all others.
    assert counts == [600, 300, 0, 100]
    assert np.isnan(made).sum() == 250
    assert cells_of(summary, np.array([2.0, 0.0, 1.0, 9.0, np.nan])).tolist()[:4] == [1, 0, 2, 3]


def test_the_same_rows_every_time_and_no_column_in_another_s_order() -> None:
    first, second = (NumericSummary.of(name, NUMBERS["normal"]) for name in ("a", "b"))
    assert (rows_of(first, 500) == rows_of(first, 500)).all()
    assert abs(np.corrcoef(rows_of(first, 500), rows_of(second, 500))[0, 1]) < 0.2
