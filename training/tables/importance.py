"""Permutation importance: what the answers lose when one column's values are shuffled."""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import accuracy_score

from training.tables.dataset import Features
from training.tables.fitted import FittedModel
from training.tables.rows import Rows
from training.tables.scores import Score, score

SAMPLE = 5_000
REPEATS = 3


def importance(
    model: FittedModel, rows: Rows, columns: tuple[str, ...], seed: int, advance: Callable[[], None]
) -> dict[str, float]:
    """How much ROC-AUC (accuracy beyond two labels) is lost on average, by column, from the most to the least.

    Of at most `SAMPLE` rows; about 0 for a column that the model doesn't need. `advance` is called after each column.
    Source: Breiman, Random forests (2001).
    """
    random = np.random.default_rng(seed)
    sample = rows.take(np.sort(random.permutation(len(rows))[:SAMPLE]))
    measure = _measure(sample)
    whole = measure(sample.targets, model.probabilities(sample.features))
    lost: dict[str, float] = {}
    for place, name in enumerate(columns):
        shuffled = _shuffled(sample.features, place, random)
        answers = np.split(model.probabilities(shuffled), REPEATS)
        lost[name] = whole - float(np.mean([measure(sample.targets, some) for some in answers]))
        advance()
    return dict(sorted(lost.items(), key=lambda item: -item[1]))


def _shuffled(features: Features, place: int, random: np.random.Generator) -> Features:
    """The rows `REPEATS` times, one after the other, with one column shuffled each time."""
    rows = np.tile(features, (REPEATS, 1))
    rows[:, place] = np.concatenate([random.permutation(features[:, place]) for _ in range(REPEATS)])
    return rows


def _measure(rows: Rows) -> Score:
    labels = np.unique(rows.targets)
    if labels.tolist() == [0, 1]:
        return score("roc_auc", 1)
    return lambda truth, answers: float(accuracy_score(truth, answers.argmax(axis=1)))
