"""Platt's calibration: a sigmoid of the log-odds, for two labels."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.tables.dataset import Targets
from training.tables.graph import Graph
from training.tables.link import Scores


@dataclass(frozen=True)
class Sigmoid:
    """Calibrated log-odds are `slope` times the log-odds plus `intercept`."""

    slope: float
    intercept: float

    def __call__(self, log_odds: Scores) -> Scores:
        """Calibrate log-odds of any shape."""
        return self.slope * log_odds + self.intercept

    def add_to(self, graph: Graph, log_odds: str) -> str:
        """Add the same to a graph; returns the name of the calibrated log-odds."""
        slope, intercept = graph.number(self.slope), graph.number(self.intercept)
        return graph.add("Add", graph.add("Mul", log_odds, slope), intercept)


def fit_sigmoid(log_odds: Scores, targets: Targets) -> Sigmoid:
    """Fit on log-odds [n, 1] of rows that the model didn't learn from, both labels among them.

    Source: Platt, Probabilistic outputs for support vector machines (1999), with his targets a little inside 0 and 1,
    which keep the slope finite where the labels don't overlap. Such a target is a row of each label with that weight.
    """
    positives = int(targets.sum())
    negatives = len(targets) - positives
    softened = np.where(targets == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    library = LogisticRegression(C=np.inf, max_iter=1_000)
    library.fit(
        np.concatenate([log_odds, log_odds]),
        np.repeat([1, 0], len(targets)),
        sample_weight=np.concatenate([softened, 1 - softened]),
    )
    return Sigmoid(float(library.coef_[0, 0]), float(library.intercept_[0]))
