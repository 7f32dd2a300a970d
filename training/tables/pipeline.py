"""Preparation, estimator and calibration as one model: fitted, asked, and written as one ONNX graph."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from contract.inputs import TableInput
from training.tables.calibration import Sigmoid
from training.tables.dataset import Features
from training.tables.estimators import kinds
from training.tables.estimators.base import Fitted, Task, Watch
from training.tables.fitted import Probabilities
from training.tables.graph import Graph
from training.tables.link import Scores, add_log_odds, add_probabilities, log_odds, probabilities
from training.tables.preparation import Preparation, fit_preparation
from training.tables.recipe import Recipe
from training.tables.rows import Rows

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class TableModel:
    """What `training.tables.fitted.FittedModel` promises."""

    preparation: Preparation
    estimator: Fitted
    labels: int
    sigmoid: Sigmoid | None = None

    @property
    def rounds(self) -> int | None:
        """Rounds of boosting; None for other estimators."""
        return self.estimator.rounds

    def scores(self, features: Features) -> Scores:
        """The estimator's own scores of encoded rows, float64 [n, 1] or [n, labels]; see `Fitted`."""
        return self.estimator.scores(self.preparation.apply(features))

    def answers(self, scores: Scores) -> Probabilities:
        """Probabilities float32 [n, labels] of scores, calibrated."""
        if self.sigmoid is None:
            return probabilities(scores, self.estimator.link).astype(np.float32)
        calibrated = self.sigmoid(log_odds(scores, self.estimator.link))
        return probabilities(calibrated, "log-odds").astype(np.float32)

    def probabilities(self, features: Features) -> Probabilities:
        """See `FittedModel`."""
        return self.answers(self.scores(features))

    def to_onnx(self) -> bytes:
        """See `FittedModel`; raises `GraphTooLarge`."""
        graph = Graph(len(self.preparation.fill))
        scores = self.estimator.add_to(graph, self.preparation.add_to(graph))
        link = self.estimator.link
        if self.sigmoid is not None:
            scores, link = self.sigmoid.add_to(graph, add_log_odds(graph, scores, link)), "log-odds"
        return graph.to_bytes(add_probabilities(graph, scores, link, self.labels), self.labels)

    def calibrated(self, sigmoid: Sigmoid | None) -> "TableModel":
        """The same model with a calibration."""
        return replace(self, sigmoid=sigmoid)


@dataclass(frozen=True)
class Pipeline:
    """Fits a recipe's model, without calibration."""

    recipe: Recipe
    schema: TableInput
    labels: int
    threads: int

    def fit(self, parameters: Parameters, rows: Rows, watched: Rows | None = None) -> TableModel:
        """Fit on training rows; with early stopping it ends by `watched`.

        Without `watched`, one fold of the rows tells the number of rounds, for which all rows are then fitted.
        Raises `ParametersRefused` and `RecipeUnfit`.
        """
        patience = self.recipe.estimator.early_stopping
        if not patience or watched is not None:
            return self._fit(parameters, rows, watched if patience else None)
        learned, held_out = next(islice(rows.folds(self.recipe.cross_validation.folds, self.recipe.seed), 1))
        rounds = self._fit(parameters, rows.take(learned), rows.take(held_out)).rounds
        return self._fit({**parameters, "n_estimators": rounds}, rows, None)

    def _fit(self, parameters: Parameters, rows: Rows, watched: Rows | None) -> TableModel:
        preparation = fit_preparation(self.recipe.preprocessing, self.schema.columns, rows.features)
        prepared = Rows(preparation.apply(rows.features), rows.targets)
        watch = None
        if watched is not None:
            ready = Rows(preparation.apply(watched.features), watched.targets)
            watch = Watch(ready, self.recipe.estimator.early_stopping)
        estimator = kinds.fit(self.recipe.estimator.kind, prepared, parameters, self._task(preparation), watch)
        return TableModel(preparation, estimator, self.labels)

    def _task(self, preparation: Preparation) -> Task:
        return Task(
            labels=self.labels,
            seed=self.recipe.seed,
            threads=self.threads,
            balanced=self.recipe.estimator.class_weights == "balanced",
            natives=preparation.natives,
            ranks=self.recipe.cross_validation.metric == "roc_auc",
        )
