import numpy as np
import pytest

from training.evaluation import evaluate, evaluate_evenly

LABELS = ("a", "b", "c")


def answers(*numbers: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.eye(3, dtype=np.float32)[list(numbers)] * 0.7 + 0.1


def test_a_perfect_classifier_has_perfect_figures() -> None:
    result = evaluate("test", LABELS, np.array([0, 1, 2, 2]), answers(0, 1, 2, 2))
    assert (result.accuracy, result.macro.f1, result.weighted.recall, result.roc_auc) == (1, 1, 1, 1)
    assert result.confusion == ((1, 0, 0), (0, 1, 0), (0, 0, 2))


def test_the_figures_are_those_of_the_definitions() -> None:
    result = evaluate("test", LABELS, np.array([0, 0, 0, 1, 1, 2]), answers(0, 0, 1, 1, 2, 2))
    assert result.examples == 6
    assert result.accuracy == pytest.approx(4 / 6)
    assert result.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 1))
    first, second, third = result.classes
    assert (first.precision, first.support) == (1, 3)
    assert first.recall == pytest.approx(2 / 3)
    assert (second.precision, second.recall) == (0.5, 0.5)
    assert third.f1 == pytest.approx(2 / 3)
    assert result.macro.recall == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert result.weighted.precision == pytest.approx((3 * 1 + 2 * 0.5 + 1 * 0.5) / 6)


def test_the_area_is_the_chance_that_a_right_example_scores_higher() -> None:
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]], np.float32)
    result = evaluate("test", ("a", "b"), np.array([0, 0, 1, 1]), scores)
    assert result.classes[1].roc_auc == pytest.approx(3 / 4)
    assert result.roc_auc == pytest.approx(3 / 4)


def test_a_label_without_examples_has_no_area_and_scores_of_zero() -> None:
    result = evaluate("test", LABELS, np.array([0, 1]), answers(0, 1))
    assert result.classes[2].roc_auc is None
    assert (result.classes[2].recall, result.classes[2].support) == (0, 0)
    assert result.roc_auc == 1


def test_one_label_alone_has_no_area_at_all() -> None:
    assert evaluate("test", LABELS, np.array([1, 1]), answers(1, 0)).roc_auc is None


def test_two_labels_have_binary_figures_and_three_have_none() -> None:
    chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], np.float32)
    found = evaluate_evenly("test", ("cat", "dog"), np.array([0, 0, 1]), chances)
    assert found.binary is not None
    assert (found.binary.positive, found.binary.threshold, found.binary.decided.precision) == ("dog", 0.5, 0.5)
    assert found.accuracy == pytest.approx(2 / 3)
    assert evaluate_evenly("test", ("cat", "dog"), np.array([0, 0, 0]), chances).binary is None
    assert evaluate_evenly("test", LABELS, np.array([0, 1, 2]), answers(0, 1, 2)).binary is None
