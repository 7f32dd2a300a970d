"""What a cell comes to."""

import pytest

from loadtest.errors import LocustFailed
from loadtest.experiment import tables
from loadtest.experiment.cells import Cell
from loadtest.experiment.outcome import cost_per_million
from loadtest.experiment.targets.target import Signal
from tests.unit.experiment.conftest import BEGAN, CLUSTER, asked, outcome, plan, recording

STEADY = [(1, 1)] * 10


def test_only_what_is_answered_well_after_the_warm_up_counts() -> None:
    found = outcome(plan(), Cell(1, 10, 1), asked(20, failed=5), recording(STEADY))
    assert (found.requests, found.failures, found.warm_up_failures) == (160, 40, 10)
    assert found.requests_per_s == pytest.approx(15)
    assert found.failed == 0.25
    assert (found.mean_ms, found.p50_ms, found.p99_ms) == (100, 100, 100)


def test_what_is_answered_after_the_load_does_not_count() -> None:
    assert outcome(plan(), Cell(1, 10, 1), asked(10, seconds=13), recording(STEADY)).requests == 80


def test_processors_are_what_was_computed_between_two_looks() -> None:
    assert outcome(plan(), Cell(1, 10, 1), asked(20), recording(STEADY)).cpu_cores == pytest.approx(0.5)


def test_a_million_predictions_cost_what_the_replicas_cost_in_that_time() -> None:
    found = outcome(plan(price_per_replica_hour=0.36), Cell(2, 10, 1), asked(20), recording([(2, 2)] * 10))
    assert found.cost_per_million == pytest.approx(0.36 * 2 / 3600 / 20 * 1e6) == pytest.approx(10)
    assert cost_per_million(None, 2, 20) is None


def test_the_way_from_load_to_decision_to_ready_replica_is_measured() -> None:
    seen = recording([(1, 1)] * 3 + [(3, 1)] * 4 + [(3, 2)] * 3)
    found = outcome(plan(replicas=["hpa"], target=CLUSTER), Cell("hpa", 10, 1), asked(20), seen)
    assert (found.decision_s, found.ready_s) == (3, 4)
    assert found.most_replicas == 2
    assert found.mean_replicas == pytest.approx((5 + 6) / 8)


def test_without_a_decision_there_is_no_time_of_one() -> None:
    found = outcome(plan(), Cell(1, 10, 1), asked(20), recording(STEADY))
    assert (found.decision_s, found.ready_s) == (None, None)


def test_a_load_that_nobody_answered_is_no_result() -> None:
    with pytest.raises(LocustFailed, match="No request succeeded"):
        outcome(plan(), Cell(1, 10, 1), asked(20, failed=20), recording(STEADY))


def test_each_second_has_its_answers_and_its_replicas() -> None:
    seen = recording([(1, 1)] * 9, Signal("items", 3.0, 2.0))
    table = tables.seconds(asked(20, failed=5), [10] * 10, BEGAN, seen)
    first, last = table.to_pylist()[0], table.to_pylist()[-1]
    assert (first["requests"], first["failures"], first["p95_ms"], first["users"]) == (20, 5, 100, 10)
    assert (first["ready"], last["ready"]) == (1, None)
    assert tables.signals(BEGAN, seen).to_pylist()[0] == {
        "second": pytest.approx(0.1), "name": "items", "value": 3.0, "target": 2.0,
    }  # fmt: skip
