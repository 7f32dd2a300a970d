"""Curves are those of scikit-learn with fewer points, and the figures those of what the version decides."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score, roc_curve

from training.evaluating.curves import MAX_POINTS, curves
from training.evaluating.thinning import thinned

Pair = tuple[NDArray[np.int64], NDArray[np.float32]]


def answers(examples: int, labels: int = 3, seed: int = 0) -> Pair:
    random = np.random.default_rng(seed)
    truth = random.integers(0, labels, examples)
    scores = random.normal(0, 1, (examples, labels)) + 1.2 * np.eye(labels)[truth]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return truth, chances.astype(np.float32)


@pytest.mark.parametrize("examples", [30, 1_000, 20_000])
def test_few_points_enclose_the_same_area(examples: int) -> None:
    truth, chances = answers(examples)
    found = curves(("a", "b", "c"), truth, chances)
    assert [curve.label for curve in found] == ["a", "b", "c"]
    for number, curve in enumerate(found):
        roc, thick = np.array(curve.roc), np.array(curve.precision_recall)
        precision, recall, _ = precision_recall_curve(truth == number, chances[:, number])
        assert auc(*roc.T) == pytest.approx(roc_auc_score(truth == number, chances[:, number]), abs=0.002)
        assert auc(*thick.T) == pytest.approx(auc(recall, precision), abs=0.002)
        assert max(len(roc), len(thick)) <= MAX_POINTS
        assert (roc[0].tolist(), roc[-1].tolist(), thick[0].tolist()) == ([0, 0], [1, 1], [0, 1])
        assert (np.diff(roc, axis=0) >= 0).all()
        assert (np.diff(thick[:, 0]) >= 0).all()


def test_a_short_curve_keeps_all_its_points() -> None:
    truth, chances = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]], np.float32)
    (_, second) = curves(("a", "b"), truth, chances)
    wrong, right, _ = roc_curve(truth, chances[:, 1])
    assert second.roc == tuple(zip(wrong.tolist(), right.tolist(), strict=True))


def test_a_label_without_examples_has_no_curves() -> None:
    truth, chances = answers(50, labels=3)
    found = curves(("a", "b", "c"), np.where(truth == 2, 1, truth), chances)
    assert [curve.label for curve in found] == ["a", "b"]


def test_many_labels_have_curves_of_fewer_points() -> None:
    truth, chances = answers(3_000, labels=500)
    found = curves(tuple(f"label {number}" for number in range(500)), truth, chances)
    assert max(len(curve.roc) for curve in found) <= 40
    assert sum(len(curve.precision_recall) for curve in found) <= 20_000


def test_thinning_keeps_ends_and_corners() -> None:
    corner = np.array([[x, max(0.0, x - 5)] for x in np.linspace(0, 10, 101)])
    assert thinned(corner, 3).tolist() == [[0, 0], [5, 0], [10, 5]]
    straight = np.array([[x, x] for x in range(50)], float)
    assert thinned(straight, 20).tolist() == [[0, 0], [49, 49]]
