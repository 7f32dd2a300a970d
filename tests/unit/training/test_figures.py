"""A run's figures and curves as plain files."""

import numpy as np
import pytest
from sklearn.metrics import auc

from training.evaluation import evaluate
from training.figures.curves import POINTS, tables
from training.figures.metrics import figures
from training.report.answers import Answers

TWO, THREE = ("cat", "dog"), ("bad", "fair", "good")


def answers(labels: int, count: int = 3_000) -> Answers:
    """Answers that are right more often than not."""
    chance = np.random.default_rng(0)
    truth = chance.integers(0, labels, count)
    scores = chance.random((count, labels)) + 0.5 * (truth[:, None] == np.arange(labels))
    return Answers(truth, (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32))


def test_figures_are_those_of_the_evaluation_by_label() -> None:
    found = answers(3)
    evaluation = evaluate("test", THREE, found.truth, found.probabilities)
    content = figures(evaluation)
    assert content["accuracy"] == evaluation.accuracy
    assert content["classes"]["fair"]["recall"] == evaluation.classes[1].recall
    assert "binary" not in content
    assert "confusion" not in content


@pytest.mark.parametrize("positive", [0, 1])
def test_the_roc_curve_is_that_of_the_positive_label(positive: int) -> None:
    found = answers(2)
    evaluation = evaluate("test", TWO, found.truth, found.probabilities)
    columns, rows = tables(found, TWO, TWO[positive])["roc"]
    x, y = np.array(list(rows)).T
    assert columns == ("false_positive_rate", "true_positive_rate")
    assert len(x) <= POINTS
    assert auc(x, y) == pytest.approx(evaluation.classes[positive].roc_auc, abs=0.01)


def test_curves_of_many_labels_are_pooled() -> None:
    found = answers(3)
    _, rows = tables(found, THREE, None)["precision_recall"]
    points = np.array(list(rows))
    assert points[-1, 0] == 1.0
    assert points[-1, 1] == pytest.approx(1 / 3, abs=0.01)


def test_the_confusion_names_each_answer() -> None:
    found = answers(2, count=50)
    columns, rows = tables(found, TWO, "dog")["confusion"]
    pairs = list(rows)
    assert columns == ("actual", "predicted")
    assert len(pairs) == 50
    right = sum(actual == predicted for actual, predicted in pairs)
    assert right == int(found.right.sum())
