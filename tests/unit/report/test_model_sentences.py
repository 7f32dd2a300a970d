"""The sentences about the model say what the numbers show."""

import numpy as np
import pytest

from contract.metrics import ClassScores
from tests.support.reports import make_answers
from training.report.answers import Answers
from training.report.sections import calibration, classes, confusion, curves, mistakes, precision_recall, roc
from training.report.sections.curves import Course
from training.report.sections.ranking import curves as curves_of


def course(accuracy: list[float], validation: list[float]) -> Course:
    ones = np.ones(len(accuracy))
    return Course(ones, np.array(accuracy), np.array(validation), ones)


@pytest.mark.parametrize(
    ("accuracy", "validation", "words"),
    [
        ([0.4], [0.5], ["The only epoch ended with 50.0%", "10.0 points better on validation than on its augmented"]),
        (
            [0.5, 0.7],
            [0.6, 0.71],
            ["The last of 2 epochs was the best", "71.0%", "training and validation are 1.0 point apart"],
        ),
        (
            [0.5, 0.7, 0.9],
            [0.6, 0.7, 0.68],
            ["Epoch 2 of 3", "70.0%", "the last one has 2.0 points less", "22.0 points better", "drift apart"],
        ),
        ([0.5, 0.6], [0.6, 0.6], ["Epoch 1 of 2", "and no later one was better", "0.0 points apart"]),
    ],
)
def test_training_curves(accuracy: list[float], validation: list[float], words: list[str]) -> None:
    text = curves.sentence(course(accuracy, validation))
    assert all(word in text for word in words), text


def test_a_history_with_a_missing_figure_still_has_curves() -> None:
    found = Course.of(({"loss": 1.0, "accuracy": 0.5, "validation_accuracy": None, "learning_rate": 0.1},))
    assert np.isnan(found.validation).all()
    assert found.best == 0


LABELS = ("cat", "dog", "frog")


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (
            [[8, 2, 0], [5, 5, 0], [1, 0, 9]],
            ["takes “dog” for “cat”:", "5 of 10 pictures, 50.0%", "62.5% of all 8 mistakes", "happens twice"],
        ),
        (
            [[8, 1, 1], [0, 9, 1], [0, 0, 1]],
            ["takes “cat” for “dog” (as often as 2 other mistakes)", "33.3% of all 3", "happens never"],
        ),
        ([[0, 1, 0], [0, 1, 0], [0, 0, 1]], ["1 of 1 picture, 100.0%", "all 1 mistake;", "never"]),
        ([[3, 0, 0], [0, 4, 0], [0, 0, 5]], ["None of the 12 test pictures is taken"]),
    ],
)
def test_the_most_frequent_mistake(matrix: list[list[int]], words: list[str]) -> None:
    text = confusion.sentence(np.array(matrix), LABELS)
    assert all(word in text for word in words), text


def scores(label: str, precision: float, recall: float) -> ClassScores:
    f1 = 2 * precision * recall / (precision + recall)
    return ClassScores(label=label, support=10, roc_auc=None, precision=precision, recall=recall, f1=f1)


def test_the_weakest_label_with_its_reason() -> None:
    text = classes.sentence((scores("cat", 0.9, 0.5), scores("dog", 0.9, 0.9)))
    assert "“cat” is the weakest label with an F1 of 0.643" in text
    assert "misses more of its own pictures (recall 50.0%) than it takes of others (precision 90.0%)" in text
    assert "“dog” is the strongest with 0.900" in text
    text = classes.sentence((scores("cat", 0.9, 0.9), scores("dog", 0.5, 0.9)))
    assert "“dog” is the weakest" in text
    assert "takes more pictures of others (precision 50.0%) than it misses of its own (recall 90.0%)" in text


def test_labels_that_are_equally_good_are_said_to_be() -> None:
    assert (
        classes.sentence((scores("cat", 0.8, 0.8), scores("dog", 0.8, 0.8)))
        == "The F1 of both labels is the same, 0.800."
    )


def binary(*first: float) -> Answers:
    """Two labels, two pictures of each, with these probabilities of the first label."""
    column = np.array(first, np.float32)
    return Answers(np.array([0, 0, 1, 1]), np.stack([column, 1 - column], axis=1))


def test_the_roc_sentence_says_how_often_pairs_are_in_order() -> None:
    answers = binary(0.9, 0.3, 0.4, 0.1)  # one of four pairs is in the wrong order
    section = curves_of(answers, ("cat", "dog"), roc._rank)
    assert "in 75.00% of all pairs" in roc.sentence(section)
    perfect = curves_of(binary(0.9, 0.8, 0.2, 0.1), ("cat", "dog"), roc._rank)
    assert roc.sentence(perfect).startswith("Each label's pictures all get a higher probability")


def test_the_roc_sentence_names_the_worst_and_the_best_label() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2])
    rows = [[0.5, 0.4, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.4, 0.5, 0.1], [0.1, 0.0, 0.9], [0.1, 0.1, 0.8]]
    text = roc.sentence(curves_of(Answers(truth, np.array(rows, np.float32)), LABELS, roc._rank))
    assert text.startswith("“cat” is told from the rest worst")
    assert "75.00%" in text
    assert "for “frog”, the best, it is 100.00%" in text


def test_a_label_without_test_pictures_has_no_curve() -> None:
    answers = make_answers(np.array([0, 0, 1, 1]), 3)
    assert {curve.label for curve in curves_of(answers, LABELS, roc._rank)} == {"cat", "dog"}


def test_what_recall_costs_in_precision() -> None:
    found = precision_recall.costs(binary(0.9, 0.3, 0.4, 0.1), ("cat", "dog"))
    # Both cats are found only together with one dog; both dogs only together with one cat.
    assert [cost.precision for cost in found] == pytest.approx([2 / 3, 2 / 3])
    assert (
        "To find 90% of the “cat” pictures one must accept a precision of 66.7%, and for any other label the same."
        in precision_recall.sentence(found)
    )


def test_calibration_says_which_way_and_where() -> None:
    confidence = np.repeat(np.array([0.95, 0.65], np.float32), [50, 50])
    right = np.concatenate([np.arange(50) < 45, np.arange(50) < 10])  # 90 % and 20 %
    bins = calibration.reliability(confidence, right)
    assert calibration.calibration_error(bins) == pytest.approx(0.25)
    text = calibration.sentence(bins)
    assert "too high by 25.0 points on average" in text
    assert (
        "worst between 60% and 70%, where 50 answers with a mean confidence of 65.0% "
        "are right in 20.0%: 45.0 points too high"
    ) in text


def test_confidences_that_are_too_low_are_said_to_be() -> None:
    text = calibration.sentence(calibration.reliability(np.full(100, 0.6, np.float32), np.ones(100, bool)))
    assert "too low by 40.0 points" in text


def test_good_calibration_is_said_to_be_good() -> None:
    text = calibration.sentence(calibration.reliability(np.full(100, 0.7, np.float32), np.arange(100) < 70))
    assert text.startswith("Confidences can be taken at face value")


def test_a_confidence_of_one_belongs_to_the_last_bin() -> None:
    assert calibration.reliability(np.ones(3, np.float32), np.ones(3, bool))[-1].count == 3


def test_a_bin_with_few_answers_is_not_called_the_worst() -> None:
    confidence = np.array([0.05] + [0.95] * 999, np.float32)
    right = np.array([True] + [True] * 800 + [False] * 199)
    assert "between 90% and 100%" in calibration.sentence(calibration.reliability(confidence, right))


def test_the_surest_mistake() -> None:
    found = mistakes.Mistakes.of(binary(0.9, 0.05, 0.6, 0.1))
    assert found.indices.tolist() == [1, 2], "the surest first"
    text = mistakes.sentence(found, ("cat", "dog"))
    assert text.startswith("The surest mistake takes “cat” for “dog” with 95.0%")
    assert "1 of 2 mistakes (50.0%) is made with a confidence of 90% or more" in text


def test_no_mistake_is_said_too() -> None:
    assert (
        mistakes.sentence(mistakes.Mistakes.of(binary(0.9, 0.9, 0.1, 0.1)), LABELS)
        == "There is no mistake in 4 test pictures."
    )
