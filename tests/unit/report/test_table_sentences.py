"""The sentences about tables say what the numbers show."""

from dataclasses import replace

import numpy as np
import pytest

from contract.decision import Band, Decision
from tests.support.reports import make_lineage
from training.evaluation import answers as decided
from training.evaluation import evaluate
from training.report.answers import Answers
from training.report.comparison.comparison import Comparison
from training.report.comparison.contest import Contest
from training.report.findings import ColumnFindings, Findings, Try, Values
from training.report.material import Material
from training.report.report import Report
from training.report.sections import bands, gains, importance, missing, probability, ranges, scores, tries
from training.report.sections.calibration import reliability
from training.report.sections.two_labels import Ranked

LABELS = ("good", "bad")
DECISION = Decision(
    positive="bad",
    threshold=0.5,
    rule="fixed",
    bands=(Band(name="A", below=0.3), Band(name="B", below=0.6), Band(name="C", below=1.0)),
)


def values(rows: int = 100, gaps: int = 0, median: float = 5.0, unknown: int = 0) -> Values:
    quantiles = (0.0, 3.0, median, 7.0, 10.0)
    return Values(rows=rows, missing=gaps, quantiles=quantiles, unknown=unknown)


def column(name: str, train: Values | None = None, test: Values | None = None) -> ColumnFindings:
    return ColumnFindings(name=name, type="float", train=train or values(), test=test or values())


def findings(**changes: object) -> Findings:
    return Findings.model_validate(
        {
            "estimator": "lightgbm",
            "metric": "roc_auc",
            "folds": 3,
            "tries": (),
            "parameters": {},
            "importance": {"age": 0.1, "income": 0.02, "name": 0.0},
            "importance_of": "ROC-AUC",
            "counts": {"train": {"good": 80, "bad": 20}, "test": {"good": 8, "bad": 2}},
            "columns": tuple(column(name) for name in ("age", "income", "name")),
            "decision": DECISION,
            **changes,
        }
    )


def material(count: int = 400, **changes: object) -> Material:
    chance = np.random.default_rng(0)
    truth = (chance.random(count) < 0.3).astype(np.int64)
    risk = np.clip(0.35 + 0.25 * (truth - 0.5) + 0.15 * chance.normal(size=count), 0, 1)
    given = np.column_stack([1 - risk, risk]).astype(np.float32)
    answers = Answers(truth, given, decided(LABELS, given, DECISION))
    evaluation = evaluate("test", LABELS, truth, given, DECISION)
    lineage = make_lineage().model_copy(update={"source": "the file loans.csv"})
    return Material("loans", evaluation, lineage, answers=answers, findings=findings(**changes))


def ranked(chance: list[float], positive: list[int]) -> Ranked:
    order = np.argsort(-np.array(chance), kind="stable")
    return Ranked(np.array(chance)[order], np.array(positive, bool)[order], "bad", "good", DECISION)


def test_the_place_where_both_labels_are_furthest_apart() -> None:
    text = scores.sentence(ranked([0.9, 0.8, 0.7, 0.4, 0.2, 0.1], [1, 1, 0, 0, 1, 0]))
    assert "at a probability of 80.0%: 66.7% of the “bad” and 0.0% of the “good” rows" in text
    assert "66.7 points" in text


def test_the_distance_is_that_of_the_evaluation() -> None:
    one = material()
    found = Ranked.of(one)
    assert found is not None
    assert one.evaluation.binary is not None
    assert scores.distance(found).ks == pytest.approx(one.evaluation.binary.ks)


def test_rows_of_one_probability_share_their_gain() -> None:
    text = gains.sentence(ranked([0.5] * 10, [1, 0] * 5))
    assert "holds 10.0% of all “bad” rows, 1.0 times as many as a random tenth; the first half holds 50.0%" in text


def test_the_first_tenth_of_a_good_order_holds_most() -> None:
    chances = np.linspace(0.99, 0.01, 20).tolist()
    text = gains.sentence(ranked(chances, [1, 1, 0, 1] + [0] * 16))
    assert "holds 66.7% of all “bad” rows, 6.7 times as many" in text
    assert gains.table(ranked(chances, [1, 1, 0, 1] + [0] * 16)).rows[0] == ("1", "100.0%", "66.7%", "6.67", "6.67")


@pytest.mark.parametrize(
    ("positive", "words"),
    [
        ([0, 0, 0, 1, 1, 1], ["rises from band to band, from 0.0% in “A” to 100.0% in “C”"]),
        ([1, 0, 0, 0, 1, 1], ["doesn't rise from band to band: it is 50.0% in “A” and 0.0% in “B”"]),
    ],
)
def test_whether_the_rate_rises_from_band_to_band(positive: list[int], words: list[str]) -> None:
    rows = ranked([0.1, 0.29, 0.3, 0.59, 0.6, 1.0], positive)
    found = bands.in_bands(rows, DECISION)
    assert [band.rows for band in found] == [2, 2, 2]
    text = bands.sentence(found, "bad")
    assert all(word in text for word in words), text


def test_empty_bands_are_named() -> None:
    rows = ranked([0.1, 0.2, 0.7, 0.8], [0, 0, 1, 1])
    text = bands.sentence(bands.in_bands(rows, DECISION), "bad")
    assert text.endswith("; no test row is in “B”.")
    alone = ranked([0.7, 0.8], [0, 1])
    assert "All rows are in band “C”" in bands.sentence(bands.in_bands(alone, DECISION), "bad")


def test_what_the_columns_are_worth() -> None:
    text = importance.sentence(findings())
    assert "“age” is worth most: shuffling its values costs 0.100 of ROC-AUC, “income” follows with 0.020" in text
    assert "1 of 3 columns cost less than 0.0005" in text
    assert "No single column is needed" in importance.sentence(findings(importance={"age": 0.0001}))


def one_try(*marks: float) -> Try:
    return Try(parameters={"num_leaves": 4}, scores=marks, seconds=1.0)


def test_the_best_try_and_how_far_the_worst_is_behind() -> None:
    searched = findings(tries=(one_try(0.7, 0.72), one_try(0.8, 0.82), one_try(0.78, 0.8)))
    text = tries.sentence(searched)
    assert "Try 2 of 3 was the best, with ROC-AUC 0.8100 ± 0.0100 over 2 folds; the worst one is 0.1000 behind." in text
    assert tries.table(searched).rows[0][0] == "2"
    lower = searched.model_copy(update={"metric": "log_loss"})
    assert tries.best(lower) == 0
    assert tries.table(lower).rows[0][0] == "1"
    alike = findings(tries=(one_try(0.7, 0.9), one_try(0.69, 0.9)))
    assert "less than the folds of the best one differ" in tries.sentence(alike)
    assert "gives ROC-AUC 0.7100" in tries.sentence(findings(tries=(one_try(0.7, 0.72),)))


def test_missing_values_and_where_training_and_testing_differ() -> None:
    gaps = missing.lacking(findings(columns=(column("age", values(gaps=10), values(gaps=11)), column("income"))))
    text = missing.sentence(gaps, 2)
    assert "1 of 2 columns has missing values, most of them “age” with 10.0% of the training rows; the test" in text
    gaps = missing.lacking(findings(columns=(column("age", values(gaps=10), values(gaps=40)),)))
    assert "“age” is missing in 10.0% of the training and 40.0% of the test rows, 30.0 points" in missing.sentence(
        gaps, 1
    )
    assert missing.sentence([], 3) == "No value of the 3 columns is missing."


def test_numbers_that_shift_and_values_that_are_unknown() -> None:
    assert "no median lies apart" in ranges.sentence(findings())
    moved = findings(columns=(column("age"), column("income", test=values(median=7.0, unknown=3))))
    text = ranges.sentence(moved)
    assert "“income” differs most between training and testing: its median is 5 there and 7 here, 50%" in text
    assert "“income” is unknown to the recipe in 3 test rows" in text


def test_a_probability_that_is_right_and_one_that_is_too_high() -> None:
    chance = np.repeat(np.array([0.25, 0.75], np.float32), 100)
    right = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])
    assert "can be taken at face value" in probability.sentence(reliability(chance, right), "bad")
    wrong = np.concatenate([np.arange(100) < 25, np.arange(100) < 35])
    text = probability.sentence(reliability(chance, wrong), "bad")
    assert "too high by 20.0 points" in text
    assert "between 70% and 80%, where 100 rows with a mean probability of 75.0% are “bad” in 35.0%" in text


def test_a_table_s_report_has_the_sections_of_tables_and_speaks_of_rows() -> None:
    report = Report(material(tries=(one_try(0.7), one_try(0.8)), columns=(column("age", values(gaps=3)),)))
    assert [part.name for part in report.parts] == [
        "search", "confusion-matrix", "classes", "roc", "precision-recall", "scores", "gains", "bands", "importance",
        "calibration", "labels", "missing", "ranges",
    ]  # fmt: skip
    assert all(part.image for part in report.parts)
    page = report.html().decode()
    assert "picture" not in page
    assert report.record().findings is not None


def test_more_labels_leave_out_what_two_labels_have() -> None:
    truth = np.arange(30) % 3
    given = np.full((30, 3), 0.2, np.float32)
    given[np.arange(30), truth] = 0.6
    labels = ("a", "b", "c")
    counts = {name: dict.fromkeys(labels, 10) for name in ("train", "test")}
    answers, evaluation = Answers(truth, given), evaluate("test", labels, truth, given)
    told = findings(decision=None, counts=counts)
    names = {
        part.name for part in Report(Material("x", evaluation, make_lineage(), answers=answers, findings=told)).parts
    }
    assert {"roc", "calibration"} <= names
    assert not {"scores", "gains", "bands"} & names


def test_versions_of_a_table_are_compared_by_their_decisions() -> None:
    one = material()
    lineage = one.lineage.model_copy(update={"data": {"test": "0" * 64}})
    first = replace(one, version=1, lineage=lineage)
    assert first.answers is not None
    other = DECISION.model_copy(update={"threshold": 0.0})
    given = first.answers.probabilities
    answers = Answers(first.answers.truth, given, decided(LABELS, given, other))
    evaluation = evaluate("test", LABELS, answers.truth, given, other)
    contest = Contest(first, replace(first, version=2, answers=answers, evaluation=evaluation))
    comparison = Comparison(contest)
    assert "on the same test rows" in comparison.verdict
    assert contest.paired is not None
    assert contest.paired.difference == pytest.approx(evaluation.accuracy - one.evaluation.accuracy)
    page = comparison.html().decode()
    assert "picture" not in page
    assert "log loss" in page
