"""How good a classifier is: accuracy, precision, recall, F1, ROC-AUC and the confusion matrix."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from contract.decision import Decision
from contract.metrics import ClassScores, Evaluation, Scores
from training.binary_scores import binary_scores

EVEN = 0.5
"""The threshold between two labels where nothing is decided: the more probable one is the answer."""


def evaluate(
    split: str,
    labels: tuple[str, ...],
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    decision: Decision | None = None,
) -> Evaluation:
    """Compare answers float32 [n, labels] with the true labels int64 [n]; n is at least 1.

    Accuracy, precision, recall, F1 and the confusion matrix are those of `answers`: with a decision, of its threshold.
    `binary` has its figures where both labels are there.

    A precision, recall or F1 without examples is 0. ROC-AUC is one-vs-rest; it is None for a label that no example or
    every example has, and the average is over the others.
    """
    taken = answers(labels, probabilities, decision)
    numbers = list(range(len(labels)))
    areas = [_area(truth == number, probabilities[:, number]) for number in numbers]
    defined = [area for area in areas if area is not None]
    return Evaluation(
        split=split,
        examples=len(truth),
        accuracy=float(np.mean(taken == truth)),
        macro=_average(truth, taken, numbers, "macro"),
        weighted=_average(truth, taken, numbers, "weighted"),
        roc_auc=float(np.mean(defined)) if defined else None,
        classes=_classes(labels, truth, taken, areas),
        confusion=tuple(map(tuple, confusion_matrix(truth, taken, labels=numbers).tolist())),
        binary=binary_scores(decision, labels, truth, probabilities) if decision and len(defined) == 2 else None,
    )


def evaluate_evenly(
    split: str, labels: tuple[str, ...], truth: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> Evaluation:
    """As `evaluate` without a decision; between two labels `binary` is there too, of the second one from a half on."""
    evaluation = evaluate(split, labels, truth, probabilities)
    if len(labels) > 2 or evaluation.roc_auc is None:
        return evaluation
    even = Decision(positive=labels[1], threshold=EVEN, rule="fixed")
    return evaluation.model_copy(update={"binary": binary_scores(even, labels, truth, probabilities)})


def answers(
    labels: Sequence[str], probabilities: NDArray[np.float32], decision: Decision | None = None
) -> NDArray[np.int64]:
    """Labels int64 [n] that probabilities float32 [n, labels] stand for: the most probable one, or as decided."""
    if decision is None:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    positive = labels.index(decision.positive)
    # In float64, as the gateway compares: a threshold rounded to float32 may lie on the other side of a probability.
    is_positive = np.greater_equal(probabilities[:, positive].astype(np.float64), decision.threshold)
    return np.where(is_positive, positive, 1 - positive)


def _area(positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> float | None:
    if positive.all() or not positive.any():
        return None
    return float(roc_auc_score(positive, scores))


def _average(truth: NDArray[np.int64], answers: NDArray[np.int64], numbers: list[int], kind: str) -> Scores:
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, answers, labels=numbers, average=kind, zero_division=0.0
    )
    return Scores(precision=precision, recall=recall, f1=f1)


def _classes(
    labels: tuple[str, ...], truth: NDArray[np.int64], answers: NDArray[np.int64], areas: list[float | None]
) -> tuple[ClassScores, ...]:
    columns = precision_recall_fscore_support(truth, answers, labels=range(len(labels)), zero_division=0.0)
    rows = zip(labels, *(column.tolist() for column in columns), areas, strict=True)
    return tuple(
        ClassScores(label=label, precision=precision, recall=recall, f1=f1, support=support, roc_auc=area)
        for label, precision, recall, f1, support, area in rows
    )
