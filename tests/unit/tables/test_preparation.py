import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from contract.columns import Column
from tests.support.mixed_table import COLUMNS, rows
from training.tables.errors import RecipeUnfit
from training.tables.preparation import fit_preparation
from training.tables.recipe import Preprocessing

NUMBERS, CATEGORIES = [0, 1, 3, 4], [2, 5]


@pytest.mark.parametrize("imputation", ["median", "mean"])
def test_rows_are_prepared_as_scikit_learn_would(imputation: str) -> None:
    features, _ = rows(300, 1, missing=0.2)
    later, _ = rows(100, 2, missing=0.2)
    later[3, 2] = 99
    rule = Preprocessing.model_validate({"imputation": imputation, "scaling": "standard"})
    numbers = make_pipeline(SimpleImputer(strategy=imputation), StandardScaler()).fit(features[:, NUMBERS])
    hot = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(features[:, CATEGORIES])
    prepared = fit_preparation(rule, COLUMNS, features).apply(later)
    assert prepared.dtype == np.float32
    assert np.allclose(prepared[:, :4], numbers.transform(later[:, NUMBERS]), atol=1e-5)
    assert sorted(prepared[:, 4:].T.tolist()) == sorted(hot.transform(later[:, CATEGORIES]).T.tolist())


def test_a_missing_category_is_a_category_of_its_own() -> None:
    features = np.array([[0], [1], [np.nan]], np.float32)
    column = Column(name="job", type="category", allowed=("a", "b", "c"), missing="nan")
    prepared = fit_preparation(Preprocessing(), [column], features).apply(np.array([[np.nan], [1], [2]], np.float32))
    assert prepared.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_native_categories_are_left_as_they_are() -> None:
    features, _ = rows(50, 1)
    rule = Preprocessing(scaling="standard", categories="native")
    preparation = fit_preparation(rule, COLUMNS, features)
    assert np.array_equal(preparation.apply(features)[:, CATEGORIES], features[:, CATEGORIES], equal_nan=True)
    assert preparation.natives == tuple(CATEGORIES)


def test_a_prepared_column_knows_where_it_comes_from() -> None:
    features, _ = rows(300, 1, missing=0)
    assert fit_preparation(Preprocessing(), COLUMNS, features).sources.tolist() == [*NUMBERS, *[2] * 4, *[5] * 12]


@pytest.mark.parametrize("imputation", ["median", "mean", "zero", "none"])
def test_columns_without_a_value_or_without_spread_give_no_infinity(imputation: str) -> None:
    features = np.stack([np.full(9, np.nan), np.full(9, 5)], axis=1).astype(np.float32)
    columns = [Column(name=name, type="float", missing="nan") for name in "ab"]
    rule = Preprocessing.model_validate({"imputation": imputation, "scaling": "standard"})
    prepared = fit_preparation(rule, columns, features).apply(np.array([[2, 7], [np.nan, 3e38]], np.float32))
    assert not np.isinf(prepared).any()
    assert np.isnan(prepared).sum() == (1 if imputation == "none" else 0)
    assert prepared[0].tolist() == [2, 2]


def test_one_hot_encoding_that_grows_too_wide_is_refused() -> None:
    names = tuple(map(str, range(6_000)))
    column = Column(name="word", type="category", allowed=names)
    with pytest.raises(RecipeUnfit, match="6,000 columns"):
        fit_preparation(Preprocessing(), [column], np.arange(6_000, dtype=np.float32)[:, None])
