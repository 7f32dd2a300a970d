"""All cells together, and what they say of what was promised."""

from dataclasses import replace

import pytest

from loadtest.experiment.cells import Cell
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Replicas, SloPart
from loadtest.experiment.summary import rows, scaling, verdict
from tests.unit.experiment.conftest import asked, outcome, plan, recording

SOME = outcome(plan(), Cell(1, 10, 1), asked(20), recording([(1, 1)] * 10))


def cell(replicas: Replicas, rate: float, *, users: int = 10, repeat: int = 1, **changes: float | None) -> Outcome:
    given = {"replicas": replicas, "users": users, "repeat": repeat, "requests_per_s": rate, **changes}
    return replace(SOME, **given)  # type: ignore[arg-type] # the fields' own types


def test_repeats_are_one_row_of_medians_with_their_range() -> None:
    (row,) = rows([cell(1, 10), cell(1, 14, repeat=2, failures=3), cell(1, 11, repeat=3)])
    assert (row.requests_per_s, row.lowest, row.highest, row.repeats) == (11, 10, 14, 3)
    assert (row.failures, row.requests) == (3, 3 * SOME.requests)


def test_efficiency_is_of_the_most_that_each_number_of_replicas_answers() -> None:
    found = scaling(rows([cell(3, 50), cell(3, 120, users=99), cell(1, 50, users=99), cell(1, 40), cell("hpa", 999)]))
    assert [(one.replicas, one.users) for one in found] == [(1, 99), (3, 99)]
    assert found[1].speedup == pytest.approx(2.4)
    assert found[1].efficiency == pytest.approx(0.8)


def test_efficiency_is_told_from_the_fewest_replicas_whatever_their_number() -> None:
    assert scaling(rows([cell(2, 100), cell(4, 150)]))[1].efficiency == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("slo", "held"),
    [
        ({"p95_ms": 100}, [True]),
        ({"p95_ms": 99}, [False]),
        ({"failed": 0}, [False]),
        ({"failed": 0.1}, [True]),
        ({"efficiency": 0.85}, [True]),
        ({"efficiency": 0.95}, [False]),
        ({"decision_s": 30, "ready_s": 90}, []),
        ({}, []),
    ],
)
def test_each_promise_is_judged(slo: dict[str, float], held: list[bool]) -> None:
    # One replica may be too slow: the promise is that of the most.
    found = rows([cell(1, 100, p95_ms=5000.0), cell(2, 180, failures=5)])
    assert [one.held for one in verdict(SloPart(**slo), found)] == held


@pytest.mark.parametrize(
    ("decision_s", "ready_s", "held"),
    [(12.0, 40.0, [True, True]), (31.0, 91.0, [False, False]), (12.0, None, [True, False]), (None, None, [False] * 2)],
)
def test_the_autoscaler_is_judged_by_its_times(
    decision_s: float | None, ready_s: float | None, held: list[bool]
) -> None:
    found = rows([cell("hpa", 100, decision_s=decision_s, ready_s=ready_s)])
    assert [one.held for one in verdict(SloPart(decision_s=30, ready_s=90), found)] == held
