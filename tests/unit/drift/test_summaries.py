"""What a version's folder keeps of a distribution."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from contract.drift.pictures import Figures, figures
from contract.drift.reference import Reference, reference_of_pictures, reference_of_rows
from contract.drift.summaries import CategoricalSummary, NumericSummary
from contract.errors import VersionDamaged
from tests.support.table_versions import SCHEMA


def test_ten_bins_hold_about_the_same_counts() -> None:
    values = np.random.default_rng(0).normal(size=10_007).astype(np.float32)
    values[:7] = np.nan
    summary = NumericSummary.of("income", values)
    assert (summary.missing, summary.present, len(summary.counts)) == (7, 10_000, 10)
    assert all(abs(count - 1_000) <= 1 for count in summary.counts)
    assert summary.cells_of(values).tolist() == summary.cells.tolist()


@pytest.mark.parametrize("values", [[5.0] * 50, [0.0] * 95 + [1.0] * 5, [1.0] * 95 + [0.0] * 5, [1, 2, 3] * 9])
def test_few_different_values_have_a_bin_each(values: list[float]) -> None:
    summary = NumericSummary.of("count", np.array(values))
    different, counts = np.unique(values, return_counts=True)
    assert summary.counts == tuple(counts)
    assert summary.points == tuple(different)


def test_a_value_that_is_most_of_all_fills_one_bin() -> None:
    values = np.concatenate([np.zeros(600), np.arange(1, 401)])
    summary = NumericSummary.of("debt", values)
    assert summary.edges[0] == 0
    assert summary.counts[0] == 600
    assert sum(summary.counts) == 1_000


def test_nothing_but_missing_values_is_a_summary_too() -> None:
    summary = NumericSummary.of("gone", np.full(10, np.nan))
    assert (summary.missing, summary.present, summary.largest_gap(np.ones(3))) == (10, 0, 0)


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
def test_the_gap_is_the_statistic_of_kolmogorov_and_smirnov_to_a_hundredth(shift: float) -> None:
    chance = np.random.default_rng(1)
    then, now = chance.gamma(2, size=20_000), chance.gamma(2, size=3_000) + shift
    exact = stats.ks_2samp(then, now).statistic
    found = NumericSummary.of("x", then).largest_gap(now)
    assert exact - 0.011 <= found <= exact + 1e-12


def test_the_gap_of_few_different_values_is_exact() -> None:
    chance = np.random.default_rng(2)
    then, now = chance.poisson(3, 20_000).astype(float), chance.poisson(4, 3_000).astype(float)
    assert NumericSummary.of("x", then).largest_gap(now) == pytest.approx(stats.ks_2samp(then, now).statistic)


def test_the_most_frequent_categories_are_named_and_the_rest_is_counted() -> None:
    codes = np.repeat(np.arange(30), np.arange(1, 31)).astype(np.float32)
    summary = CategoricalSummary.of("city", np.append(codes, [np.nan, np.nan]), [f"c{code}" for code in range(30)])
    assert (summary.categories[0].name, summary.categories[0].count) == ("c29", 30)
    assert (len(summary.categories), summary.other, summary.missing) == (20, sum(range(1, 11)), 2)
    # A rare one, the most frequent one, one that was unknown then, and a missing one.
    now = summary.cells_of(np.array([0, 29, 99, np.nan]))
    assert now.tolist() == [1, *[0] * 19, 2, 1]


def test_a_summary_whose_lists_don_t_fit_is_refused() -> None:
    good = NumericSummary.of("x", np.arange(100.0)).model_dump()
    for wrong in ({"counts": [1]}, {"shares": [0.5]}, {"edges": sorted(good["edges"], reverse=True)}):
        with pytest.raises(ValidationError):
            NumericSummary.model_validate(good | wrong)


def test_a_table_s_columns_become_numbers_or_categories(tmp_path: Path) -> None:
    rows = np.array([[31, 2400.5, 1, 0], [40, np.nan, 0, 3]], np.float32)
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    reference, file = reference_of_rows(SCHEMA, rows, ("good", "bad"), probabilities)
    reference.write(tmp_path / file.file)
    assert Reference.read(tmp_path / file.file) == reference
    assert file.examples == 2
    assert [one.kind for one in reference.features] == ["numeric", "numeric", "categorical", "categorical"]
    assert reference.features[1].missing == 1
    employed, purpose = reference.features[2:]
    assert isinstance(employed, CategoricalSummary)
    assert isinstance(purpose, CategoricalSummary)
    assert {one.name: one.count for one in employed.categories} == {"false": 1, "true": 1}
    assert {one.name: one.count for one in purpose.categories} == {"car": 1, "house": 0, "other": 0, "(unknown)": 1}
    assert {one.name: one.count for one in reference.label.categories} == {"good": 2, "bad": 1}
    assert reference.confidence.present == 3


def test_a_damaged_file_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "reference.json").write_text('{"features": []}')
    for path in (tmp_path / "reference.json", tmp_path / "none.json"):
        with pytest.raises(VersionDamaged):
            Reference.read(path)


def test_a_picture_is_three_numbers() -> None:
    assert list(figures(np.full((32, 32, 3), 200, np.uint8))) == [200, 0, 0]
    half = np.zeros((32, 32, 1), np.uint8)
    half[:, 16:] = 100
    assert list(figures(half)) == pytest.approx([50, 50, 2 * 100**2 / 30])
    assert figures(np.full((1, 2, 3), 9, np.uint8)).sharpness == 0


@pytest.mark.parametrize("size", [32, 224, 1_000])
def test_brightness_contrast_and_sharpness_move_with_the_picture(size: int) -> None:
    noise = np.random.default_rng(3).integers(60, 190, (size, size, 3)).astype(np.uint8)
    blurred = ((noise.astype(int) + np.roll(noise, 1, 0) + np.roll(noise, 1, 1)) // 3).astype(np.uint8)
    plain, brighter, softer = figures(noise), figures(noise + 60), figures(blurred)
    assert brighter.brightness == pytest.approx(plain.brightness + 60, abs=0.5)
    assert brighter.contrast == pytest.approx(plain.contrast, abs=0.1)
    assert softer.contrast < plain.contrast
    # Of a large picture single pixels far apart are seen, which a blur of neighbours doesn't make alike.
    assert softer.sharpness < plain.sharpness


def test_pictures_have_a_reference() -> None:
    pictures = np.random.default_rng(4).integers(0, 256, (50, 8, 8, 3)).astype(np.uint8)
    reference, file = reference_of_pictures(pictures, ("cat", "dog"), np.full((5, 2), 0.5, np.float32))
    assert [one.name for one in reference.features] == list(Figures._fields)
    assert file.examples == 50
