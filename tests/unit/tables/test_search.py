import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count as counting
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.support import mixed_table
from tests.support.mixed_table import SCHEMA
from training.steps import Steps
from training.tables.candidates import count
from training.tables.cross_validation import CrossValidation, Validated
from training.tables.pipeline import Pipeline
from training.tables.recipe import Recipe
from training.tables.rows import Rows
from training.tables.scores import score
from training.tables.search import Found, ParameterSearch

Judge = Callable[[Mapping[str, Any]], float]
INTERVAL = {"low": 0.01, "high": 100, "log": True}


@dataclass
class Validator:
    """Stands for a cross-validation; remembers what it was asked."""

    judge: Judge
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, parameters: Mapping[str, Any]) -> Validated:
        self.asked.append(dict(parameters))
        return Validated((self.judge(parameters),) * 2, np.full((1, 1), len(self.asked), np.float64))


def hunt(recipe: Recipe, validator: Validator, clock: Iterator[float] | None = None) -> Found:
    ticks = clock or counting(0.0)
    steps = Steps(Console(file=io.StringIO()))
    return ParameterSearch(recipe, validator, steps, clock=lambda: next(ticks)).run()


def searching(kind: str, space: dict[str, Any], **more: Any) -> Recipe:
    return mixed_table.recipe(search={"kind": kind, "space": space, **more})


def test_a_grid_tries_everything_once_and_keeps_the_best() -> None:
    recipe = searching("grid", {"C": [1, 2, 3], "fit_intercept": [True, False]})
    validator = Validator(lambda asked: asked["C"] - 2 * asked["fit_intercept"])
    found = hunt(recipe, validator)
    assert len(validator.asked) == count(recipe.search) == 6
    assert found.best.parameters == {"C": 3, "fit_intercept": False}
    assert found.best.scores == (3, 3)
    assert found.validated.out_of_fold == validator.asked.index(found.best.parameters) + 1
    assert len(found.trials) == 6


def test_without_a_search_the_recipes_own_parameters_are_tried() -> None:
    validator = Validator(lambda _: 1.0)
    recipe = mixed_table.recipe(estimator={"parameters": {"C": 7}})
    assert [trial.parameters for trial in hunt(recipe, validator).trials] == [{"C": 7}]


@pytest.mark.parametrize("kind", ["random", "bayesian"])
def test_one_seed_tries_the_same_and_another_one_something_else(kind: str) -> None:
    def tried(seed: int) -> list[dict[str, Any]]:
        validator = Validator(lambda asked: -asked["C"])
        hunt(searching(kind, {"C": INTERVAL}, trials=15).model_copy(update={"seed": seed}), validator)
        return validator.asked

    assert tried(1) == tried(1) != tried(2)
    assert all(0.01 <= asked["C"] <= 100 for asked in tried(1))


def test_a_bayesian_search_comes_closer_than_one_at_random() -> None:
    def distance(kind: str) -> float:
        recipe = searching(kind, {"C": INTERVAL}, trials=40)
        found = hunt(recipe, Validator(lambda asked: -abs(np.log(asked["C"]) - 1.2345)))
        return -found.best.scores[0]

    assert distance("bayesian") < distance("random")


def test_whole_numbers_stay_whole_and_words_words() -> None:
    space = {"max_iter": {"low": 5, "high": 9, "integer": True}, "solver": ["lbfgs", "saga", None]}
    validator = Validator(lambda _: 0.0)
    hunt(searching("random", space, trials=20), validator)
    assert {type(asked["max_iter"]) for asked in validator.asked} == {int}
    assert {asked["solver"] for asked in validator.asked} == {"lbfgs", "saga", None}


def test_what_was_tried_is_not_tried_again() -> None:
    validator = Validator(lambda asked: asked["C"])
    found = hunt(searching("random", {"C": [1, 2]}, trials=20), validator)
    assert len(validator.asked) == len(found.trials) == 2


def test_no_try_begins_after_the_budget() -> None:
    validator = Validator(lambda asked: asked["C"])
    clock = iter([0.0, 0.0, 4.0, 4.0, 4.0, 11.0, 11.0])  # begun; begin, end and look of each try
    hunt(searching("grid", {"C": [1, 2, 3, 4]}, budget_s=10), validator, clock)
    assert len(validator.asked) == 2


def test_one_try_is_made_however_small_the_budget() -> None:
    validator = Validator(lambda asked: asked["C"])
    assert len(hunt(searching("grid", {"C": [1, 2]}, budget_s=0.001), validator).trials) == 1


def test_the_least_log_loss_is_the_best() -> None:
    recipe = searching("grid", {"C": [3, 1, 2]})
    rule = recipe.cross_validation.model_copy(update={"metric": "log_loss"})
    found = hunt(recipe.model_copy(update={"cross_validation": rule}), Validator(lambda asked: asked["C"]))
    assert found.best.parameters == {"C": 1}


def validation(recipe: Recipe, rows: Rows, advance: Callable[[], None] = lambda: None) -> Validated:
    rule = recipe.cross_validation
    pipeline = Pipeline(recipe, SCHEMA, 2, threads=1)
    return CrossValidation(pipeline, rows, score(rule.metric, 1), advance)(recipe.estimator.parameters)


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "f1", "log_loss"])
def test_each_fold_of_each_repeat_has_its_figure(metric: str) -> None:
    done: list[None] = []
    recipe = mixed_table.recipe(cross_validation={"folds": 3, "repeats": 2, "metric": metric})
    rows = Rows.of(mixed_table.data().train)
    found = validation(recipe, rows, lambda: done.append(None))
    assert len(found.metrics) == len(done) == 6
    assert len(set(found.metrics)) > 3
    assert all(0 < figure < 1 for figure in found.metrics)
    assert found.out_of_fold.shape == (len(rows), 1)


def test_rows_are_scored_by_models_that_did_not_learn_from_them() -> None:
    """Labels by chance can be learned by heart, but not guessed."""
    rows = Rows.of(mixed_table.data(train=400).train)
    chance = Rows(rows.features, np.random.default_rng(5).permutation(rows.targets))
    recipe = mixed_table.recipe("random_forest", estimator={"parameters": {"n_estimators": 30}})
    found = validation(recipe, chance)
    assert (
        abs(score("roc_auc", 1)(chance.targets, np.column_stack([1 - found.out_of_fold, found.out_of_fold])) - 0.5)
        < 0.1
    )
    heart = Pipeline(recipe, SCHEMA, 2, threads=1).fit(recipe.estimator.parameters, chance)
    assert score("roc_auc", 1)(chance.targets, heart.probabilities(chance.features)) > 0.99
