from typing import Any

import pytest

from tests.support import mixed_table
from tests.support.mixed_table import COLUMNS
from tests.unit.tables.conftest import Learn
from training.tables.checks import check_recipe
from training.tables.errors import ParametersRefused, RecipeUnfit

GRID = {"kind": "grid", "space": {"C": [0.1, 1.0]}}


@pytest.mark.parametrize(
    ("kind", "parts", "sentence"),
    [
        ("random_forest", {"preprocessing": {"categories": "native"}}, "knows no categories"),
        ("logistic_regression", {"preprocessing": {"categories": "native"}}, "knows no categories"),
        ("random_forest", {"estimator": {"early_stopping": 5}}, "can't stop early"),
        ("logistic_regression", {"calibration": "sigmoid", "labels": 3}, "Only two labels"),
        ("logistic_regression", {"search": {"kind": "grid"}}, "has a space"),
        ("logistic_regression", {"search": {"space": {"C": [1]}}}, "has a space"),
        (
            "lightgbm",
            {"search": {"kind": "grid", "space": {"max_bin": list(range(99)), "num_leaves": list(range(999))}}},
            "98,901 tries",
        ),
    ],
)
def test_parts_that_do_not_fit_are_told_before_anything_is_learned(
    kind: str, parts: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RecipeUnfit, match=sentence):
        check_recipe(mixed_table.recipe(kind, **parts))


@pytest.mark.parametrize(
    ("kind", "parts", "sentence"),
    [
        ("random_forest", {"estimator": {"parameters": {"max_dept": 3}}}, "'max_dept'; is 'max_depth' meant"),
        ("random_forest", {"estimator": {"parameters": {"class_weight": None}}}, "`estimator.class_weights`"),
        (
            "lightgbm",
            {"estimator": {"parameters": {"forcedsplits_filename": "x"}}},
            "no parameter 'forcedsplits_filename'",
        ),
        ("lightgbm", {"search": {"kind": "random", "space": {"C": [1]}}}, "no parameter 'C'"),
        ("logistic_regression", {"search": {"kind": "random", "space": {"C": []}}}, "no values of 'C'"),
        ("logistic_regression", {"search": {"kind": "grid", "space": {"C": {"low": 0, "high": 1}}}}, "A grid lists"),
        ("logistic_regression", {"search": {"kind": "random", "space": {"C": {"low": 2, "high": 1}}}}, "is empty"),
        (
            "logistic_regression",
            {"search": {"kind": "random", "space": {"C": {"low": 0, "high": 1, "log": True}}}},
            "logarithmic",
        ),
        (
            "lightgbm",
            {"search": {"kind": "random", "space": {"num_leaves": {"low": 2.5, "high": 9, "integer": True}}}},
            "whole numbers",
        ),
    ],
)
def test_a_parameter_that_can_not_be_is_named(kind: str, parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParametersRefused, match=sentence):
        check_recipe(mixed_table.recipe(kind, **parts))


@pytest.mark.parametrize(
    ("kind", "parameters", "sentence"),
    [
        ("random_forest", {"max_depth": "deep", "min_samples_leaf": 2}, r"refuses max_depth = 'deep'\.$"),
        ("lightgbm", {"num_leaves": 1}, r"refuses num_leaves = 1\.$"),
        ("logistic_regression", {"C": -1.0}, r"refuses C = -1\.0\.$"),
    ],
)
def test_a_value_that_the_library_refuses_is_named(
    learned: Learn, kind: str, parameters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParametersRefused, match=sentence):
        learned(mixed_table.recipe(kind, estimator={"parameters": parameters}), mixed_table.data())


def test_a_label_with_too_few_rows_for_the_folds_is_named(learned: Learn) -> None:
    data = mixed_table.data()
    data.train.targets[:] = 0
    data.train.targets[:2] = 1
    with pytest.raises(RecipeUnfit, match="label 'bad' has 2 training rows; 3 folds need at least 3"):
        learned(mixed_table.recipe(), data)


def test_missing_values_that_an_estimator_does_not_take_are_told(learned: Learn) -> None:
    recipe = mixed_table.recipe(preprocessing={"imputation": "none"})
    with pytest.raises(RecipeUnfit, match=f"takes no missing values, and '{COLUMNS[0].name}' may have some"):
        learned(recipe, mixed_table.data())


def test_validation_rows_of_one_label_calibrate_nothing(learned: Learn) -> None:
    data = mixed_table.data(validation=20)
    assert data.validation is not None
    data.validation.targets[:] = 1
    with pytest.raises(RecipeUnfit, match="one label only"):
        learned(mixed_table.recipe(calibration="sigmoid"), data)
