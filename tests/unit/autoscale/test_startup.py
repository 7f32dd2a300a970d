"""`trireme autoscale startup`: what Kubernetes noted of replicas' starts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loadtest.startup import CONTAINER, OWNER
from tests.support.kubernetes_api import NAMESPACE, Cluster, Fault, kubeconfig, serve_kubernetes
from trireme.autoscale.cli import autoscale
from trireme.autoscale.errors import StartupUnknown

Raw = dict[str, Any]


def at(second: int) -> str:
    return f"2026-12-01T08:{second // 60:02d}:{second % 60:02d}Z"


def pod(name: str, slot: str, *, scheduled: int, initialized: int, began: int, ready: int, restarts: int = 0) -> Raw:
    moments = {"PodScheduled": scheduled, "Initialized": initialized, "Ready": ready}
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": at(when)} for kind, when in moments.items()]
    container = {"name": CONTAINER, "restartCount": restarts, "state": {"running": {"startedAt": at(began)}}}
    return {
        "metadata": {"name": name, "labels": {OWNER: f"cifar10-{slot}"}, "creationTimestamp": at(0)},
        "status": {"conditions": conditions, "containerStatuses": [container]},
    }


def pulled(name: str, took: str) -> Raw:
    message = f'Successfully pulled image "server" in {took} ({took} including waiting). Image size: 9 bytes.'
    return {"reason": "Pulled", "message": message, "involvedObject": {"name": name}}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    pods = [
        pod("slow", "a", scheduled=60, initialized=75, began=135, ready=140),
        pod("quick", "b", scheduled=0, initialized=4, began=6, ready=11),
        pod("restarted", "a", scheduled=0, initialized=1, began=50, ready=51, restarts=1),
        pod("other", "a", scheduled=0, initialized=1, began=2, ready=3),
    ]
    pods[3]["metadata"]["labels"] = {OWNER: "other-a"}
    waiting = pod("waiting", "a", scheduled=0, initialized=0, began=0, ready=0)
    waiting["status"] = {"conditions": [{"type": "PodScheduled", "status": "False", "lastTransitionTime": at(0)}]}
    told = [pulled("slow", "58.25s"), pulled("slow", "1m1.5s"), pulled("other", "3s")]
    events = [*told, {"reason": "Pulled", "message": "Already present", "involvedObject": {"name": "quick"}}]
    held = {one["metadata"]["name"]: one for one in [*pods, waiting]}
    with serve_kubernetes(Cluster(pods=held, events=events)) as served:
        yield served


def run(cluster: Cluster, folder: Path, *more: str, model: str = "cifar10") -> str:
    where = ("--namespace", NAMESPACE, "--kubeconfig", str(kubeconfig(folder, cluster.url)))
    done = CliRunner().invoke(autoscale, ["startup", model, *where, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_each_phase_begins_where_the_one_before_ended(cluster: Cluster, tmp_path: Path) -> None:
    found = json.loads(run(cluster, tmp_path, "--json"))
    slow = {"pod": "slow", "node": 60, "storage": 15, "container": 60, "server": 5, "total": 140, "pulled": 119.75}
    quick = {"pod": "quick", "node": 0, "storage": 4, "container": 2, "server": 5, "total": 11, "pulled": 0}
    assert found["replicas"] == [slow, quick]
    assert found["median"] == {"node": 30, "storage": 9.5, "container": 31, "server": 5, "total": 75.5}


def test_people_are_told_what_to_tell_the_plan(cluster: Cluster, tmp_path: Path) -> None:
    shown = run(cluster, tmp_path)
    assert "median" in shown
    assert "restarted" not in shown
    assert "trireme autoscale plan --startup-s 140" in shown


def test_no_replica_and_no_answer_are_said(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(StartupUnknown, match="no replica of unknown"):
        run(cluster, tmp_path, model="unknown")
    cluster.faults.append(Fault("GET", "/pods", status=403, message="pods is forbidden"))
    with pytest.raises(StartupUnknown, match="pods is forbidden"):
        run(cluster, tmp_path)
