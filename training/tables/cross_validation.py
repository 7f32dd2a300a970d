"""Stratified cross-validation of one set of parameters on the training rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.tables.link import Scores
from training.tables.pipeline import Parameters, Pipeline
from training.tables.rows import Rows
from training.tables.scores import Score


@dataclass(frozen=True)
class Validated:
    """The metric of each fold of each repeat, and the scores [n, …] of rows by models that didn't learn from them."""

    metrics: tuple[float, ...]
    out_of_fold: Scores
    """Of the first repeat: a mean over repeats would be that of an ensemble, which answers with less variance."""


@dataclass(frozen=True)
class CrossValidation:
    """Folds and repeats of a recipe."""

    pipeline: Pipeline
    rows: Rows
    score: Score
    advance: Callable[[], None]
    """Called after each fold."""

    def __call__(self, parameters: Parameters) -> Validated:
        """Validate parameters; preparation is fitted anew in each fold."""
        recipe = self.pipeline.recipe
        metrics: list[float] = []
        found: Scores | None = None
        for repeat in range(recipe.cross_validation.repeats):
            for learned, held_out in self.rows.folds(recipe.cross_validation.folds, recipe.seed + repeat):
                model = self.pipeline.fit(parameters, self.rows.take(learned))
                scores = model.scores(self.rows.features[held_out])
                metrics.append(self.score(self.rows.targets[held_out], model.answers(scores)))
                found = np.empty((len(self.rows), scores.shape[1])) if found is None else found
                if repeat == 0:
                    found[held_out] = scores
                self.advance()
        return Validated(tuple(metrics), found if found is not None else np.empty((0, 1)))
