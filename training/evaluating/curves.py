"""ROC and precision-recall curves, each label against the rest."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from contract.jobs.documents import Curve
from training.evaluating.thinning import Line, thinned

MAX_POINTS = 200
"""Of one curve."""
MIN_POINTS = 20
ALL_POINTS = 20_000
"""Of all labels' ROC curves together, so that a result with a thousand labels can still be stored."""
DIGITS = 6


def curves(labels: tuple[str, ...], truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> tuple[Curve, ...]:
    """The curves of answers float32 [n, labels] to examples of the true labels int64 [n].

    A label that no example or every example has, has no curves and is left out.
    """
    most = min(MAX_POINTS, max(MIN_POINTS, ALL_POINTS // len(labels)))
    return tuple(_curves(labels, truth, probabilities, most))


def _curves(
    labels: tuple[str, ...], truth: NDArray[np.int64], probabilities: NDArray[np.float32], most: int
) -> Iterator[Curve]:
    for number, label in enumerate(labels):
        positive, chances = truth == number, probabilities[:, number].astype(np.float64)
        if positive.any() and not positive.all():
            yield Curve(
                label=label,
                roc=_points(thinned(_roc(positive, chances), most)),
                precision_recall=_points(thinned(_precision_recall(positive, chances), most)),
            )


def _roc(positive: NDArray[np.bool_], chances: NDArray[np.float64]) -> Line:
    wrong, right, _ = roc_curve(positive, chances)
    return np.stack([wrong, right], axis=1)


def _precision_recall(positive: NDArray[np.bool_], chances: NDArray[np.float64]) -> Line:
    precision, recall, _ = precision_recall_curve(positive, chances)
    # By ascending recall, as it is drawn.
    return np.stack([recall, precision], axis=1)[::-1]


def _points(line: Line) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in line.round(DIGITS).clip(0, 1))
