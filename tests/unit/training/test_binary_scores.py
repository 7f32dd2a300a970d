import numpy as np
import pytest

from contract.decision import Decision
from training.binary_scores import binary_scores
from training.evaluation import answers, evaluate

LABELS = ("good", "bad")
TRUTH = np.array([0, 0, 1, 0, 1, 1])
CHANCES = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.9], np.float32)
ANSWERS = np.column_stack([1 - CHANCES, CHANCES])


def test_the_figures_are_those_of_the_definitions() -> None:
    found = binary_scores(Decision(positive="bad", threshold=0.35, rule="fixed"), LABELS, TRUTH, ANSWERS)
    assert found.ks == pytest.approx(2 / 3)
    assert found.gini == pytest.approx(2 * 8 / 9 - 1)
    assert found.brier == pytest.approx(np.mean((CHANCES - TRUTH) ** 2))
    assert found.log_loss == pytest.approx(-np.mean(np.log(np.where(TRUTH == 1, CHANCES, 1 - CHANCES))))
    assert found.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert (found.decided.precision, found.decided.recall) == pytest.approx((2 / 3, 2 / 3))


def test_the_positive_label_counts_whichever_it_is() -> None:
    found = binary_scores(Decision(positive="good", threshold=0.65, rule="fixed"), LABELS, TRUTH, ANSWERS)
    assert found.positive == "good"
    assert found.gini == pytest.approx(2 * 8 / 9 - 1)
    assert (found.decided.precision, found.decided.recall) == pytest.approx((2 / 3, 2 / 3))


def test_a_probability_on_the_threshold_is_positive_and_one_rounded_below_it_is_not() -> None:
    chances = np.array([0.5, 0.3], np.float32)  # the float32 next to 0.3 lies above it, that to 0.7 below
    rows = np.column_stack([1 - chances, chances])
    assert answers(LABELS, rows, Decision(positive="bad", threshold=0.5, rule="fixed")).tolist() == [1, 0]
    assert answers(LABELS, rows, Decision(positive="bad", threshold=float(chances[1]), rule="f1")).tolist() == [1, 1]
    assert answers(LABELS, rows, Decision(positive="bad", threshold=0.30000002, rule="f1")).tolist() == [1, 0]


def test_without_one_of_the_labels_there_are_no_binary_figures() -> None:
    decision = Decision(positive="bad", threshold=0.35, rule="fixed")
    found = evaluate("test", LABELS, np.zeros(6, np.int64), ANSWERS, decision)
    assert found.binary is None
    assert found.accuracy == pytest.approx(3 / 6)
