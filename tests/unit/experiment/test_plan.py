"""The file of an experiment."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtest.errors import ExperimentInvalid
from loadtest.experiment.cells import cells
from loadtest.experiment.plan import read
from tests.unit.experiment.conftest import CLUSTER, LOCAL, plan

PLANS = Path(__file__).parents[3] / "loadtest" / "plans"


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_plans_that_come_along_are_right_and_run_within_twelve_minutes(path: Path) -> None:
    found = read(path)
    assert found.name == path.stem
    assert len(cells(found)) * (found.load.seconds + found.pause_s + 6) < 12 * 60


def test_all_loads_of_one_number_of_replicas_come_together() -> None:
    some = plan(replicas=[1, 3], repeats=2, load={"users": [5, 9]})
    assert [(one.replicas, one.repeat, one.users) for one in cells(some)] == [
        (1, 1, 5), (1, 1, 9), (1, 2, 5), (1, 2, 9), (3, 1, 5), (3, 1, 9), (3, 2, 5), (3, 2, 9),
    ]  # fmt: skip
    assert len({one.name for one in cells(some)}) == 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"replicas": [0]}, "replicas.0"),
        ({"replicas": []}, "replicas"),
        ({"replicas": ["hpa"]}, "needs a cluster"),
        ({"replicas": ["hpa"], "target": {**CLUSTER, "hpa": None}}, "needs a cluster"),
        ({"target": {"kind": "moon"}}, "target"),
        ({"target": {"kind": "local", "settings": {"PATH": "/"}}}, "settings"),
        ({"target": {**CLUSTER, "workload": "pod/some"}}, "workload"),
        ({"target": {**CLUSTER, "urls": []}}, "urls"),
        ({"load": {"seconds": 5, "warm_up_s": 5}}, "shorter than the load"),
        ({"load": {"mix": {"predict": 0}}}, "names no user"),
        ({"load": {"scenario": "steady"}}, "There is no scenario 'steady'"),
        ({"users": [1]}, "users"),
        ({"name": "../up"}, "name"),
    ],
)
def test_what_is_wrong_in_it_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump({**LOCAL, **changes}))
    with pytest.raises(ExperimentInvalid, match=said):
        read(path)


@pytest.mark.parametrize("content", ["[", "just text"])
def test_what_is_no_plan_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(content)
    with pytest.raises(ExperimentInvalid, match=r"plan\.yaml"):
        read(path)
