"""Logistic regression of scikit-learn."""

import warnings
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.tables.dataset import Features
from training.tables.estimators.base import Parameters, Task, Watch
from training.tables.graph import LARGEST, Graph
from training.tables.link import Link, Scores
from training.tables.rows import Rows

_ITERATIONS = 1_000


@dataclass(frozen=True)
class FittedLogistic:
    """A logistic regression; its scores are log-odds."""

    library: LogisticRegression
    note: str | None = None
    link: Link = "log-odds"
    rounds: int | None = None

    def scores(self, rows: Features) -> Scores:
        """See `Fitted`."""
        found: Scores = np.clip(self.library.decision_function(rows.astype(np.float64)), -LARGEST, LARGEST)
        return found[:, None] if found.ndim == 1 else found

    def add_to(self, graph: Graph, rows: str) -> str:
        """See `Fitted`; in float64, because large numbers that nearly cancel lose their digits in float32."""
        weights = graph.constant(self.library.coef_.T.astype(np.float64))
        bias = graph.constant(np.broadcast_to(self.library.intercept_, len(self.library.coef_)).astype(np.float64))
        product = graph.add("MatMul", graph.cast(rows, TensorProto.DOUBLE), weights)
        scores = graph.clip(graph.add("Add", product, bias), LARGEST, np.float64)
        return graph.cast(scores, TensorProto.FLOAT)


class LogisticKind:
    """See `Kind`."""

    parameters = frozenset(
        {"C", "dual", "fit_intercept", "intercept_scaling", "l1_ratio", "max_iter", "solver", "tol"},
    )
    takes_missing = False
    takes_natives = False
    watches = False

    def fit(self, rows: Rows, parameters: Parameters, task: Task, _watch: Watch | None) -> FittedLogistic:
        """See `Kind`."""
        wanted = {"max_iter": _ITERATIONS, **parameters}
        library = LogisticRegression(**wanted, class_weight=task.class_weight, random_state=task.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `_note` says it
            library.fit(rows.features.astype(np.float64), rows.targets)
        return FittedLogistic(library, _note(library))


def _note(library: LogisticRegression) -> str | None:
    if library.n_iter_.max() < library.max_iter:
        return None
    return (
        f"Logistic regression stopped after {library.max_iter:,} iterations without an end in sight; "
        "scaled numbers (`scaling: standard`) or a higher `max_iter` help."
    )
