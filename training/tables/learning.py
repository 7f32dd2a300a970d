"""Learning by a recipe: search, fit, calibrate, decide, evaluate."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

from contract.decision import Decision
from training.evaluation import evaluate
from training.settings import TrainingSettings
from training.steps import Steps
from training.tables.calibration import fit_sigmoid
from training.tables.candidates import count
from training.tables.checks import check_data, check_recipe
from training.tables.cross_validation import CrossValidation
from training.tables.dataset import TableData, Targets
from training.tables.importance import importance
from training.tables.learned import Learned
from training.tables.link import Scores, log_odds
from training.tables.pipeline import Pipeline, TableModel
from training.tables.recipe import Recipe
from training.tables.rows import Rows
from training.tables.scores import score
from training.tables.search import Found, ParameterSearch
from training.tables.threshold import decide


def learn(
    recipe: Recipe,
    data: TableData,
    settings: TrainingSettings,
    console: Console,
    show: Callable[[Console], Steps] = Steps,
) -> Learned:
    """Search the parameters, fit the best on all training rows, and measure the outcome on the test rows.

    `show` makes what is told of each step and each fold; what that raises ends the learning.

    Calibration and threshold come from the validation rows or, where there are none, from the training rows as models
    answered that had not learned from them. Test rows decide nothing.

    Raises:
        RecipeUnfit: the recipe's parts don't fit together, or not the data.
        ParametersRefused: the estimator doesn't know a parameter, or not its value.
    """
    check_recipe(recipe)
    check_data(recipe, data)
    threads = settings.threads or len(os.sched_getaffinity(0))
    with show(console) as steps, threadpool_limits(threads):
        return _Learning(recipe, data, threads, steps).run()


@dataclass(frozen=True)
class _Learning:
    recipe: Recipe
    data: TableData
    threads: int
    steps: Steps

    def run(self) -> Learned:
        found = self._search()
        model = self._fit(found)
        decision = self._decision(model, found)
        answers = model.probabilities(self.data.test.features)
        return Learned(
            fitted=model,
            decision=decision,
            evaluation=evaluate("test", self.data.labels, self.data.test.targets, answers, decision),
            test_probabilities=answers,
            parameters=_final(found, model),
            trials=found.trials,
            importance=self._importance(model),
        )

    @cached_property
    def _train(self) -> Rows:
        return Rows.of(self.data.train)

    @cached_property
    def _validation(self) -> Rows | None:
        return None if self.data.validation is None else Rows.of(self.data.validation)

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline(self.recipe, self.data.schema, len(self.data.labels), self.threads)

    @property
    def _positive(self) -> str:
        return self.recipe.target.positive or self.data.labels[-1]

    def _search(self) -> Found:
        rule = self.recipe.cross_validation
        tries = count(self.recipe.search)
        self.steps.begin("Search" if tries > 1 else "Cross-validation", tries * rule.folds * rule.repeats)
        measure = score(rule.metric, self.data.labels.index(self._positive))
        validate = CrossValidation(self._pipeline, self._train, measure, lambda: self.steps.advance(1))
        return ParameterSearch(self.recipe, validate, self.steps).run()

    def _fit(self, found: Found) -> TableModel:
        self.steps.begin("Fit on all training rows", 1)
        model = self._pipeline.fit(found.best.parameters, self._train, self._validation)
        if model.estimator.note:
            self.steps.note(model.estimator.note)
        if self.recipe.calibration == "none":
            return model
        scores, targets = self._unseen(model, found)
        return model.calibrated(fit_sigmoid(log_odds(scores, model.estimator.link), targets))

    def _unseen(self, model: TableModel, found: Found) -> tuple[Scores, Targets]:
        """Scores of rows by a model that didn't learn from them, and what they are."""
        if self._validation is None:
            return found.validated.out_of_fold, self._train.targets
        return model.scores(self._validation.features), self._validation.targets

    def _decision(self, model: TableModel, found: Found) -> Decision | None:
        if self.recipe.decision is None:
            return None
        scores, targets = self._unseen(model, found)
        place = self.data.labels.index(self._positive)
        chances = model.answers(scores)[:, place].astype(np.float64)
        return decide(self.recipe.decision, self._positive, targets == place, chances)

    def _importance(self, model: TableModel) -> dict[str, float]:
        names = self.data.schema.names
        self.steps.begin("Importance of the columns", len(names))
        return importance(model, Rows.of(self.data.test), names, self.recipe.seed, lambda: self.steps.advance(1))


def _final(found: Found, model: TableModel) -> dict[str, object]:
    return found.best.parameters if model.rounds is None else {**found.best.parameters, "n_estimators": model.rounds}
