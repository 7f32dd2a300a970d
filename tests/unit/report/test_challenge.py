"""The rule of a model, and what a report says about champion and challenger."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.reports import make_material
from training.report import style
from training.report.comparison.verdict import Verdict, compare
from training.report.section import Section
from training.report.sections import challenge


def verdict(right: int, champion_right: int, *, max_loss_points: float = 1.0, count: int = 1000) -> Verdict:
    order = np.arange(count)
    test = compare("test", order < champion_right, order < right)
    return Verdict(3, max_loss_points, (test,), {"feedback": "there is none."})


def section(given: Verdict) -> Section:
    made = challenge.section(replace(make_material(("cat", "dog")), verdict=given))
    assert made is not None
    return made


@pytest.mark.parametrize(("right", "holds"), [(900, True), (890, True), (889, False), (950, True)])
def test_the_rule_allows_a_loss_up_to_its_limit(right: int, holds: bool) -> None:
    assert verdict(right, 900).holds is holds


def test_without_a_champion_the_rule_asks_nothing() -> None:
    alone = Verdict(None, 0.2)
    assert alone.holds
    assert "no version to compare" in alone.sentence


def test_a_champion_that_could_not_be_compared_holds_nothing_up() -> None:
    assert Verdict(3, 0.2, not_compared={"test": "the labels differ."}).holds


def test_a_rejection_says_why_with_numbers_and_interval() -> None:
    sentence = verdict(850, 900, max_loss_points=0.2).sentence
    assert "85.00%" in sentence
    assert "90.00%" in sentence
    assert "-5.00 points (95% interval" in sentence
    assert "5.00 points worse, and the rule allows 0.2 points" in sentence


def test_a_comparison_has_interval_and_p_value() -> None:
    found = compare("test", np.array([True, False] * 50), np.array([True, True] * 50))
    assert (found.examples, found.difference) == (100, 0.5)
    assert found.interval[0] < 0.5 < found.interval[1]
    assert found.p_value < 0.001


def test_the_section_says_what_was_found_and_what_not() -> None:
    made = section(verdict(910, 900))
    assert made.sentence.startswith("Of the same 1,000 test pictures")
    assert made.sentence.endswith("Not compared on feedback: there is none.")
    assert made.table is not None
    assert made.table.rows[0][:2] == ("the test set", "1,000")
    assert made.draw is not None
    assert style.png(made.draw).startswith(b"\x89PNG")


def test_the_section_counts_on_which_uploads_the_new_model_is_better() -> None:
    better = compare("batch:1", np.array([False] * 10), np.array([True] * 10))
    worse = compare("batch:2", np.array([True] * 10), np.array([False] * 10))
    base = verdict(900, 900)
    made = section(replace(base, comparisons=(*base.comparisons, better, worse)))
    assert "On 1 of 2 uploaded batches of evaluation data" in made.sentence


def test_a_model_that_nobody_compared_has_no_section() -> None:
    assert challenge.section(make_material(("cat", "dog"))) is None


def test_without_a_champion_there_is_a_sentence_and_no_plot() -> None:
    made = section(Verdict(None, 0.2))
    assert (made.draw, made.table) == (None, None)
