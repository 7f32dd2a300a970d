"""The metric of a cross-validation."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

from training.tables.dataset import Targets
from training.tables.fitted import Probabilities
from training.tables.recipe import Metric

Score = Callable[[Targets, Probabilities], float]


def score(metric: Metric, positive: int) -> Score:
    """The metric of true labels int64 [n] and answers float32 [n, labels]; F1 of more labels than two is their mean."""
    return {"roc_auc": _area, "accuracy": _accuracy, "f1": _f1(positive), "log_loss": _log_loss}[metric]


def utility(metric: Metric, scores: Sequence[float]) -> float:
    """What a search maximises: the mean, of log loss the negative one."""
    return float(np.mean(scores)) * (-1 if metric == "log_loss" else 1)


def _area(truth: Targets, answers: Probabilities) -> float:
    if answers.shape[1] == 2:
        return float(roc_auc_score(truth == 1, answers[:, 1]))
    return float(np.mean([roc_auc_score(truth == label, answers[:, label]) for label in range(answers.shape[1])]))


def _accuracy(truth: Targets, answers: Probabilities) -> float:
    return float(accuracy_score(truth, answers.argmax(axis=1)))


def _f1(positive: int) -> Score:
    def f1(truth: Targets, answers: Probabilities) -> float:
        taken, labels = answers.argmax(axis=1), range(answers.shape[1])
        if len(labels) > 2:
            return float(f1_score(truth, taken, labels=labels, average="macro", zero_division=0.0))
        return float(f1_score(truth, taken, pos_label=positive, zero_division=0.0))

    return f1


def _log_loss(truth: Targets, answers: Probabilities) -> float:
    chances = answers.astype(np.float64)
    return float(log_loss(truth, chances / chances.sum(axis=1, keepdims=True), labels=range(answers.shape[1])))
