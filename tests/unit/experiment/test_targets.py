"""Parts of what an experiment is tried on."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtest.errors import ExperimentInvalid, LimitImpossible
from loadtest.experiment.plan import LocalPart
from loadtest.experiment.targets import gpu
from loadtest.experiment.targets.autoscaler import signals
from loadtest.experiment.targets.local import LocalTarget, only
from loadtest.experiment.targets.quota import Pinned, Quota, Unlimited, limit
from loadtest.experiment.targets.target import Signal

COMPUTES = """
import sys, time
sys.stdin.readline()
before, end = time.process_time(), time.monotonic() + 1.5
while time.monotonic() < end:
    pass
print(time.process_time() - before)
"""


def test_a_process_is_held_to_its_share_of_a_processor() -> None:
    try:
        share = limit(0.2, 90)
    except LimitImpossible:
        pytest.skip("control groups can't be written here")
    assert isinstance(share, Quota)
    program = [sys.executable, "-c", COMPUTES]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        share.hold([process.pid])
        computed, _ = process.communicate("go\n", timeout=60)
    share.close()
    # 0.2 of 1.5 s, and a period more; without a limit an idle machine gives 1.5 s.
    assert float(computed) < 0.6


def test_a_control_group_of_version_2_gets_its_quota(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory")
    share = limit(0.5, 0, root=tmp_path)
    assert isinstance(share, Quota)
    assert [file.read_text() for file in tmp_path.glob("trireme-*/cpu.max")] == ["50000 100000"]
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"


def test_what_a_killed_run_left_is_swept_and_what_others_have_is_not(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu")
    for name in ("trireme-999999999-0", f"trireme-{os.getpid()}-7", "trireme-suite-999999999"):
        (tmp_path / name).mkdir()
    limit(0.5, 0, root=tmp_path)
    left = {group.name for group in tmp_path.iterdir() if group.is_dir()}
    assert left == {f"trireme-{os.getpid()}-0", f"trireme-{os.getpid()}-7", "trireme-suite-999999999"}


def test_without_control_groups_whole_processors_are_pinned_and_parts_refused(tmp_path: Path) -> None:
    assert isinstance(limit(None, 0, root=tmp_path), Unlimited)
    assert isinstance(limit(1, 0, root=tmp_path), Pinned)
    for cpus, number in ((0.5, 0), (1, len(os.sched_getaffinity(0)))):
        with pytest.raises(LimitImpossible, match="can't be held"):
            limit(cpus, number, root=tmp_path)


def test_only_the_newest_version_is_served(tmp_path: Path) -> None:
    for name in ("tiny-v2", "tiny-v10", "tiny-v11", "tiny-vx", "tiny-more-v20"):
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "card.json").write_text(name)
    (tmp_path / "all" / "tiny-v11" / "card.json").unlink()  # not published yet
    found = only(tmp_path / "all", "tiny", tmp_path / "one")
    assert [folder.name for folder in found.iterdir()] == ["tiny-v10"]
    with pytest.raises(ExperimentInvalid, match="no model 'none'"):
        only(tmp_path / "all", "none", tmp_path / "two")


def test_a_model_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    target = LocalTarget(LocalPart(kind="local", repository=tmp_path), "none")
    with pytest.raises(ExperimentInvalid):
        target.__enter__()
    assert not target._folder.exists()


def test_the_gpus_are_one_number_together() -> None:
    assert gpu.parse("40, 1024\n60, 2048\n") == (0.5, 3072 * 1024 * 1024)
    assert gpu.parse("") == (None, None)
    with pytest.raises(ValueError, match="could not convert"):
        gpu.parse("No devices were found")


HPA: dict[str, Any] = {
    "spec": {
        "metrics": [
            {
                "type": "External",
                "external": {
                    "metric": {"name": "trireme_items_in_flight"},
                    "target": {"type": "AverageValue", "averageValue": "3500m"},
                },
            },
            {
                "type": "Pods",
                "pods": {"metric": {"name": "busy"}, "target": {"type": "AverageValue", "averageValue": "1"}},
            },
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
            },
        ]
    },
    "status": {
        "currentMetrics": [
            {
                "type": "External",
                "external": {"metric": {"name": "trireme_items_in_flight"}, "current": {"averageValue": "7"}},
            },
            {"type": ""},
            {
                "type": "Resource",
                "resource": {"name": "cpu", "current": {"averageUtilization": 41, "averageValue": "410m"}},
            },
        ]
    },
}


def test_the_autoscaler_s_metrics_are_read_with_their_targets() -> None:
    assert signals(HPA) == [
        Signal("trireme_items_in_flight", 7, 3.5), Signal("busy", None, 1), Signal("cpu", 41, 60),
    ]  # fmt: skip
    assert signals({"spec": {}}) == []
