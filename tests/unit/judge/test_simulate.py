"""How often the judge is wrong, in canaries that are played from fixed seeds."""

import random

import pytest

from gateway.judge.simulate import Scenario, failures, simulate, table


@pytest.mark.parametrize(("answers", "rate"), [(50, 0.001), (450, 0.05), (20, 0.6), (5, 1.0)])
def test_failures_are_binomial(answers: int, rate: float) -> None:
    rng = random.Random(3)  # noqa: S311 - reproducible, and no secret
    drawn = [failures(rng, answers, rate) for _ in range(4000)]
    expected, error = answers * rate, (answers * rate * (1 - rate) / 4000) ** 0.5
    assert max(drawn) <= answers
    assert abs(sum(drawn) / 4000 - expected) <= 4 * error


def test_a_canary_that_is_as_good_is_hardly_ever_rolled_back_in_a_hundred_looks() -> None:
    found = simulate(Scenario("as good", 0.02, 0.02, looks=100), 100)
    assert found.rolled_back <= 0.05


def test_a_canary_that_is_as_good_is_promoted() -> None:
    found = simulate(Scenario("as good", 0.001, 0.001), 30)
    assert found.promoted >= 0.9


def test_a_canary_that_is_worse_is_rolled_back_and_seldom_promoted() -> None:
    found = simulate(Scenario("worse", 0.06, 0.01), 50)
    assert found.rolled_back >= 0.95
    assert found.promoted <= 0.02
    assert found.answers is not None
    assert found.answers < 1000


def test_a_canary_that_is_worse_by_just_what_is_allowed_is_seldom_decided_wrongly() -> None:
    found = simulate(Scenario("at the margin", 0.025, 0.02, looks=100), 100)
    assert found.rolled_back + found.promoted <= 0.05


def test_a_slower_canary_is_rolled_back() -> None:
    found = simulate(Scenario("slower", 0.001, 0.001, 2.0, looks=20, answers=100), 5)
    assert found.rolled_back == 1
    assert "| slower | 20 | 100.0% | 0.0% | 0.0% |" in table([found])
