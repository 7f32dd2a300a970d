"""What can't be learned is said before anything is: parts of a recipe that don't fit together, or not the data."""

import numpy as np

from training.tables.candidates import count
from training.tables.dataset import TableData
from training.tables.errors import ParametersRefused, RecipeUnfit
from training.tables.estimators.kinds import KINDS, check_names
from training.tables.recipe import Interval, Recipe, Search

MAX_TRIES = 10_000


def check_recipe(recipe: Recipe) -> None:
    """Raise `RecipeUnfit` where a recipe's parts don't fit together; needs no data."""
    _check_estimator(recipe)
    _check_search(recipe.search)
    check_names(recipe.estimator.kind, {**recipe.estimator.parameters, **recipe.search.space})
    if recipe.calibration == "sigmoid" and len(recipe.target.labels) != 2:
        raise RecipeUnfit("Only two labels can be calibrated by a sigmoid.")


def check_data(recipe: Recipe, data: TableData) -> None:
    """Raise `RecipeUnfit` where the data can't be learned from by this recipe."""
    counts = np.bincount(data.train.targets, minlength=len(data.labels))
    folds = recipe.cross_validation.folds
    least = 2 * folds if recipe.estimator.early_stopping else folds
    for label, rows in zip(data.labels, counts.tolist(), strict=True):
        if rows < least:
            raise RecipeUnfit(f"The label {label!r} has {rows} training rows; {folds} folds need at least {least}.")
    if not len(data.test):
        raise RecipeUnfit("There are no test rows.")
    if recipe.calibration == "sigmoid" and data.validation and len(np.unique(data.validation.targets)) < 2:
        raise RecipeUnfit("The validation rows have one label only, so that nothing can be calibrated on them.")
    names = [column.name for column in data.schema.columns if column.type != "category" and column.missing == "nan"]
    if recipe.preprocessing.imputation == "none" and names and not KINDS[recipe.estimator.kind].takes_missing:
        raise RecipeUnfit(
            f"{recipe.estimator.kind} takes no missing values, and {names[0]!r} may have some; choose an imputation."
        )


def _check_estimator(recipe: Recipe) -> None:
    kind = KINDS[recipe.estimator.kind]
    if recipe.preprocessing.categories == "native" and not kind.takes_natives:
        raise RecipeUnfit(f"{recipe.estimator.kind} knows no categories; encode them one-hot.")
    if recipe.estimator.early_stopping and not kind.watches:
        raise RecipeUnfit(f"{recipe.estimator.kind} can't stop early; only lightgbm can.")


def _check_search(search: Search) -> None:
    if (search.kind == "none") != (not search.space):
        raise RecipeUnfit("A search has a space of parameters, and without a search there is none.")
    for name, values in search.space.items():
        _check_values(search, name, values)
    if search.kind == "grid" and (tries := count(search)) > MAX_TRIES:
        raise RecipeUnfit(f"The grid has {tries:,} tries; search at random instead.")


def _check_values(search: Search, name: str, values: object) -> None:
    if not isinstance(values, Interval):
        if not values:
            raise ParametersRefused(f"The search has no values of {name!r}.")
        return
    if search.kind == "grid":
        raise ParametersRefused(f"A grid lists the values of {name!r}; intervals are for random and bayesian searches.")
    if values.low > values.high or (values.log and values.low <= 0):
        raise ParametersRefused(f"The interval of {name!r} is empty, or begins at or below 0 on a logarithmic scale.")
    if values.integer and not (values.low.is_integer() and values.high.is_integer()):
        raise ParametersRefused(f"The interval of {name!r} is of whole numbers and has other ends.")
