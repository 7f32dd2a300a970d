"""Comparing two versions: the statistics, the ground that they stand on, and what is said."""

from dataclasses import replace

import numpy as np
import pytest

from contract.metrics import ClassScores
from tests.support.reports import make_answers, make_data, make_lineage, make_material
from training.evaluation import evaluate
from training.report.comparison import figures, labels, pictures
from training.report.comparison.comparison import Comparison
from training.report.comparison.contest import Contest
from training.report.comparison.paired import Paired, mcnemar
from training.report.errors import ComparisonInvalid
from training.report.material import Material

LABELS = ("cat", "dog", "frog")
DATA = make_data(LABELS, 30)


def side(version: int, *, skill: float = 2.0, names: tuple[str, ...] = LABELS) -> Material:
    """A version that was tested on DATA."""
    answers = make_answers(DATA.test.labels, len(names), skill=skill, seed=version)
    evaluation = evaluate("test", names, answers.truth, answers.probabilities)
    return Material("pets", evaluation, make_lineage(DATA, seed=version), (), answers, None, version)


@pytest.mark.parametrize(
    ("won", "lost", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 2**5), (0, 5, 2 / 2**5), (5, 5, 1.0), (8, 2, 2 * (1 + 10 + 45) / 2**10)],
)
def test_mcnemar_s_exact_p_value(won: int, lost: int, p: float) -> None:
    assert mcnemar(won, lost) == pytest.approx(p)


def test_mcnemar_s_test_takes_thousands_of_pairs() -> None:
    assert 0 < mcnemar(3200, 2800) < 1e-6
    assert mcnemar(3000, 3000) == 1.0


def paired(won: int, lost: int, count: int) -> Paired:
    first = np.zeros(count, bool)
    second = first.copy()
    second[:won] = True
    first[won : won + lost] = True
    return Paired(first, second)


def test_won_and_lost_pictures_are_found() -> None:
    found = paired(3, 1, 10)
    assert found.won.tolist() == [0, 1, 2]
    assert found.lost.tolist() == [3]
    assert found.difference == pytest.approx(0.2)


def test_the_interval_is_that_of_resampled_pictures() -> None:
    found = paired(120, 80, 1000)
    low, high = found.interval()
    # The normal approximation of the same: the deviation of a picture's difference is the root of 0.2 - 0.04².
    margin = 1.96 * np.sqrt((0.2 - 0.04**2) / 1000)
    assert low == pytest.approx(0.04 - margin, abs=0.003)
    assert high == pytest.approx(0.04 + margin, abs=0.003)
    assert found.interval() == (low, high)


def test_versions_without_any_difference_have_an_interval_of_nothing() -> None:
    assert paired(0, 0, 50).interval() == (0.0, 0.0)


def test_a_clear_difference_is_more_than_chance_and_a_small_one_is_not() -> None:
    clear = figures.sentence(Contest(side(1, skill=0.5), side(2, skill=4.0)))
    assert clear.startswith("Version 2 is ")
    assert "better than version 1 on the same test pictures, more than chance explains" in clear
    assert figures.sentence(Contest(side(1, skill=4.0), side(2, skill=0.5))).startswith("Version 1 is ")
    small = figures.sentence(Contest(side(1), side(2, skill=2.3)))
    assert "which may be chance" in small


def test_equally_many_right_answers_are_said_to_be() -> None:
    first = side(1)
    second = replace(first, version=2)
    assert "equally many of the same test pictures right" in figures.sentence(Contest(first, second))


def test_the_sentence_has_the_numbers_of_the_pairs() -> None:
    contest = Contest(side(1, skill=0.5), side(2, skill=4.0))
    found = contest.paired
    assert found is not None
    text = figures.sentence(contest)
    assert f"version 2 wins {len(found.won)} pictures and loses {len(found.lost)}, McNemar's p" in text


def test_other_test_pictures_can_not_be_compared_one_by_one() -> None:
    other = replace(side(2), lineage=make_lineage(make_data(LABELS, 29)))
    contest = Contest(side(1), other)
    assert contest.paired is None
    text = figures.sentence(contest)
    assert "stays open, because they were tested on different pictures or labels" in text
    assert "McNemar" not in text


def test_unknown_test_pictures_count_as_different() -> None:
    first, second = (replace(side(version), lineage=make_lineage()) for version in (1, 2))
    assert Contest(first, second).paired is None


def test_missing_answers_are_named() -> None:
    contest = Contest(replace(side(1), answers=None), side(2))
    assert contest.obstacle == "the answers of version 1 were not kept"


def test_labels_in_another_order_are_not_compared_picture_by_picture() -> None:
    assert Contest(side(1), side(2, names=("dog", "cat", "frog"))).paired is None


def test_a_new_label_is_left_out_and_said() -> None:
    text = labels.section(Contest(side(1), side(2, names=("cat", "dog", "toad", "newt")))).sentence
    assert "Compared are the 2 labels that both know; 1 only version 1 and 2 only version 2 knows." in text


@pytest.mark.parametrize("other", [side(1), side(2, names=("a", "b", "c"))], ids=["same", "no label in common"])
def test_what_can_not_be_compared_is_refused(other: Material) -> None:
    with pytest.raises(ComparisonInvalid):
        Contest(side(1), other)


def scores(label: str, recall: float) -> ClassScores:
    return ClassScores(label=label, support=10, roc_auc=None, precision=0.5, recall=recall, f1=0.5)


@pytest.mark.parametrize(
    ("cat", "dog", "text"),
    [
        (0.7, 0.4, "“cat” gains most, 20.0 points of recall (from 50.0% to 70.0%); {lost}."),
        (0.7, 0.5, "No label loses; “cat” gains most, 20.0 points of recall (from 50.0% to 70.0%)."),
        (0.5, 0.4, "No label gains; {lost}."),
        (0.5, 0.5, "No label's recall changes."),
    ],
)
def test_what_labels_gain_and_lose(cat: float, dog: float, text: str) -> None:
    pairs = tuple((scores(label, 0.5), scores(label, recall)) for label, recall in (("cat", cat), ("dog", dog)))
    lost = "“dog” loses most, 10.0 points of recall (from 50.0% to 40.0%)"
    assert labels.sentence(pairs) == text.format(lost=lost)


def test_pictures_that_one_version_gets_right_are_counted_by_label() -> None:
    contest = Contest(side(1, skill=-5), side(2, skill=9))
    section = pictures.won(contest)
    assert section is not None
    assert section.sentence == (
        "90 test pictures (100.0%) that version 1 gets wrong are right in version 2; "
        "30 of them are “cat”, as many as of 2 other labels."
    )
    nothing = pictures.lost(contest)
    assert nothing is not None
    assert nothing.sentence == "There is no picture that only version 1 gets right."


def test_a_comparison_is_a_page_with_pictures_where_they_are_at_hand() -> None:
    contest = Contest(side(1), side(2), DATA)
    comparison = Comparison(contest, pytest.fail)
    assert [part.name for part in comparison.parts] == ["figures", "labels", "won", "lost"]
    assert [bool(part.image) for part in comparison.parts] == [False, True, True, True]
    assert "seed" in comparison.html().decode()
    without = Comparison(replace(contest, data=None), pytest.fail)
    assert [bool(part.image) for part in without.parts] == [False, True, False, False]
    assert "The pictures themselves are missing" in without.html().decode()


def test_a_comparison_gives_programs_its_figures() -> None:
    contest = Contest(side(1), side(2))
    summary = Comparison(contest, pytest.fail).summary()
    found = contest.paired
    assert found is not None
    assert summary["won"] - summary["lost"] == pytest.approx(90 * summary["difference"])
    assert summary["p_value"] == found.p_value
    assert set(summary["recall"]) == set(LABELS)


def test_a_hundred_labels_can_be_compared() -> None:
    names = tuple(f"label with a number, which is {number}" for number in range(100))
    one = replace(make_material(names, each=2), version=1)
    other = replace(make_material(names, each=2, seed=1), version=2)
    parts = Comparison(Contest(one, other, one.data), pytest.fail).parts
    assert len(parts) == 4
