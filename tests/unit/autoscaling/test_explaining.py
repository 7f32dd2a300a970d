"""What an autoscaler did, explained from recordings in the formats of `autoscaling/v2` and its events."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.autoscaling.api import event_of
from gateway.autoscaling.decisions import Event
from gateway.autoscaling.explaining import Explained, Explanation, explain
from gateway.autoscaling.reading import Metric, Reading, Rules
from loadtest.capacity import hpa as simulated

CASES = Path(__file__).with_name("cases")


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def readings(case: dict[str, Any]) -> list[Reading]:
    return [Reading.of(datetime.fromisoformat(one["time"]).timestamp(), one["hpa"]) for one in case["looks"]]


def events(case: dict[str, Any]) -> list[Event]:
    return [event_of(one) for one in case["events"]]


def explained(case: dict[str, Any]) -> Explanation:
    return explain(readings(case), events(case))


def said(one: Explained) -> dict[str, Any]:
    metric = one.metric
    return {
        "before": one.before,
        "after": one.after,
        "metric": metric and metric.name,
        "value": metric and metric.value,
        "target": metric and metric.target,
        "wanted": one.wanted,
        "limit": one.limit.kind,
        "sentence": one.sentence,
    }


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_case_is_explained(path: Path) -> None:
    case = load(path)
    found = explained(case)
    assert [said(one) for one in found.steps] == case["expected"]["steps"]
    now = case["expected"].get("now")
    if now is not None:
        assert {name: said(found.now)[name] for name in now} == now


def test_a_step_is_told_once_however_often_it_is_looked_at() -> None:
    case = load(CASES / "up-limited-by-a-percent-policy.json")
    late = dict(case["looks"][1]["hpa"])
    late["status"] = {**late["status"], "currentReplicas": 4}
    looks = [*case["looks"], {"time": "2026-11-30T12:00:20Z", "hpa": case["looks"][1]["hpa"]}]
    looks.append({"time": "2026-11-30T12:00:30Z", "hpa": late})
    assert len(explained({**case, "looks": looks}).steps) == 1


def test_a_look_that_came_late_does_not_take_new_values_for_the_reason() -> None:
    case = load(CASES / "up-by-cpu-without-a-limit.json")
    late = case["looks"][1]["hpa"]
    late["status"]["currentReplicas"] = 5
    late["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] = 57
    (step,) = explained(case).steps
    assert (step.before, step.after, step.metric) == (3, 5, None)
    assert step.sentence.endswith("above target; the values weren't recorded.")


def test_a_decision_without_an_event_is_told_all_the_same() -> None:
    case = load(CASES / "up-limited-by-a-percent-policy.json")
    (step,) = explained({**case, "events": []}).steps
    assert "the policy of 100 % in 15 s allowed 4" in step.sentence


@pytest.mark.parametrize("value", [1.0, 4.4, 4.6, 5.0, 5.4, 5.6, 12.0])
@pytest.mark.parametrize("current", [1, 3, 10])
def test_a_metric_asks_for_what_the_simulated_controller_makes_of_it(value: float, current: int) -> None:
    """`loadtest.capacity.hpa` is held to the cases of Kubernetes' documentation by tests of its own."""
    rules = Rules((), 0, "Max", 0.1)
    metric = Metric("External", "items", "averageValue", value, 5.0)
    expected = simulated.by_total(value * current, 5.0, current, simulated.UP, simulated.DOWN)
    assert metric.wanted(current, rules, rules) == expected
