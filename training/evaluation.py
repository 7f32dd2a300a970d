"""How good a classifier is: accuracy, precision, recall, F1, ROC-AUC and the confusion matrix."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from contract.metrics import ClassScores, Evaluation, Scores


def evaluate(
    split: str, labels: tuple[str, ...], truth: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> Evaluation:
    """Compare answers float32 [n, labels] with the true labels int64 [n]; n is at least 1.

    A precision, recall or F1 without examples is 0. ROC-AUC is one-vs-rest; it is None for a label that no example or
    every example has, and the average is over the others.
    """
    answers = probabilities.argmax(axis=1)
    numbers = list(range(len(labels)))
    areas = [_area(truth == number, probabilities[:, number]) for number in numbers]
    defined = [area for area in areas if area is not None]
    return Evaluation(
        split=split,
        examples=len(truth),
        accuracy=float(np.mean(answers == truth)),
        macro=_average(truth, answers, numbers, "macro"),
        weighted=_average(truth, answers, numbers, "weighted"),
        roc_auc=float(np.mean(defined)) if defined else None,
        classes=_classes(labels, truth, answers, areas),
        confusion=tuple(map(tuple, confusion_matrix(truth, answers, labels=numbers).tolist())),
    )


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
