"""ROC, precision over recall, and the confusion as tables, from a run's answers."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from training.report.answers import Answers

POINTS = 200
"""Of a curve, at most."""
Numbers = NDArray[np.float64]
Row = tuple[str | float, ...]
Table = tuple[tuple[str, ...], Iterator[Row]]
"""Names of columns, and rows."""


def tables(answers: Answers, labels: Sequence[str], positive: str | None) -> dict[str, Table]:
    """Each table by its name.

    The curves are those of the positive label; without one, those of all labels against the rest, in one (micro).
    """
    truth, scores = _pooled(answers, None if positive is None else labels.index(positive))
    pairs = zip(answers.truth.tolist(), answers.labels.tolist(), strict=True)
    return {
        "roc": (("false_positive_rate", "true_positive_rate"), _thin(_roc, truth, scores)),
        "precision_recall": (("recall", "precision"), _thin(_precision_recall, truth, scores)),
        "confusion": (("actual", "predicted"), ((labels[actual], labels[answer]) for actual, answer in pairs)),
    }


def _pooled(answers: Answers, positive: int | None) -> tuple[NDArray[np.bool_], Numbers]:
    probabilities = answers.probabilities.astype(np.float64)
    if positive is not None:
        return answers.truth == positive, probabilities[:, positive]
    return (answers.truth[:, None] == np.arange(probabilities.shape[1])).ravel(), probabilities.ravel()


def _roc(truth: NDArray[np.bool_], scores: Numbers) -> tuple[Numbers, Numbers]:
    x, y, _ = roc_curve(truth, scores)
    return x, y


def _precision_recall(truth: NDArray[np.bool_], scores: Numbers) -> tuple[Numbers, Numbers]:
    y, x, _ = precision_recall_curve(truth, scores)
    return x[::-1], y[::-1]


def _thin(
    curve: Callable[[NDArray[np.bool_], Numbers], tuple[Numbers, Numbers]], truth: NDArray[np.bool_], scores: Numbers
) -> Iterator[Row]:
    x, y = curve(truth, scores)
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(np.int64))
    return zip(x[kept].round(6).tolist(), y[kept].round(6).tolist(), strict=True)
