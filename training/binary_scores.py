"""Figures of a decision between two labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from contract.decision import Decision
from contract.metrics import BinaryScores, Scores


def binary_scores(
    decision: Decision, labels: Sequence[str], truth: NDArray[np.int64], answers: NDArray[np.float32]
) -> BinaryScores:
    """Figures of answers float32 [n, 2] to rows whose true labels int64 [n] are not all one."""
    positive = labels.index(decision.positive)
    is_positive = truth == positive
    chance = answers[:, positive].astype(np.float64)
    wrong, right, _ = roc_curve(is_positive, chance)
    return BinaryScores(
        positive=decision.positive,
        ks=float(np.max(np.abs(right - wrong))),
        gini=2 * float(roc_auc_score(is_positive, chance)) - 1,
        average_precision=min(1.0, float(average_precision_score(is_positive, chance))),
        brier=float(brier_score_loss(is_positive, chance)),
        log_loss=float(log_loss(is_positive, chance, labels=[False, True])),
        threshold=decision.threshold,
        decided=_decided(is_positive, chance >= decision.threshold),
    )


def _decided(truth: NDArray[np.bool_], answers: NDArray[np.bool_]) -> Scores:
    precision, recall, f1, _ = precision_recall_fscore_support(truth, answers, average="binary", zero_division=0.0)
    return Scores(precision=precision, recall=recall, f1=f1)
