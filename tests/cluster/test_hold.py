"""A steady load at 80 % of what three replicas can do, for ten minutes, by the targets that the plan derives."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.addons.pipeline import Pipeline
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.serving.clients import Access
from tests.cluster.serving.images import ROOT
from tests.cluster.serving.locust import load
from tests.cluster.serving.scaled import MODEL, WAIT_S, Scaled, values
from tests.cluster.serving.watch import Say, Watch

pytestmark = pytest.mark.usefixtures("hold")
PICTURES = ROOT / "examples"
HELD_S = 600
REPLICAS = 3
SHARE = 0.8
THINK_S = 1.0
ANSWER_S = 0.1
"""About how long an answer takes: with the time of thought, what a user's turn takes."""
SATURATED_S = 20
# So little that three replicas, the gateway, the users and the cluster fit on two processors.
RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "100m", "memory": "1Gi"}}
ALONE = {"provider": "hpa", "model": {"minReplicas": 1, "maxReplicas": 1, "targets": {"cpuPercent": 100}}}


@pytest.mark.timeout(2400, func_only=True)
def test_a_steady_load_holds_three_replicas(
    cluster: Cluster, place: str, start: Callable[..., Pipeline], tmp_path: Path, say: Say
) -> None:
    scaled = Scaled(cluster, place, values({}, RESOURCES) | {"autoscaling": ALONE})
    start(scaled)
    scaled.install()
    wait_until("The only replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    watch = Watch(say)
    with scaled.reached() as access:
        one_s = most(access, tmp_path / "most")
        wanted_s = REPLICAS * SHARE * one_s
        plan = planned(tmp_path, one_s, wanted_s)
        watch.tell(f"a replica answers {one_s:.1f} a second at most; three get {wanted_s:.1f}; {plan['targets']}")
        bounded(scaled, plan, REPLICAS)
        watch.until("three replicas are ready", lambda: scaled.are_ready(REPLICAS), WAIT_S)
        users = round(wanted_s * (THINK_S + ANSWER_S))
        with load(access, MODEL, tmp_path / "steady", users=users, pictures=PICTURES, think_s=THINK_S) as steady:
            watch.until("every metric is there", lambda: len(scaled.seen()) == len(plan["targets"]), WAIT_S)
            bounded(scaled, plan, 1)
            held(scaled, watch)
    watch.tell(str(steady.total))
    assert steady.failures == []


def most(access: Access, folder: Path) -> float:
    """Answers a second of one replica that has more to do than it can."""
    with load(access, MODEL, folder, users=40, pictures=PICTURES, think_s=0.05) as saturating:
        time.sleep(SATURATED_S)
    return saturating.total.requests_per_s


def bounded(scaled: Scaled, plan: dict[str, Any], least: int) -> None:
    """Let the autoscaler have at least so many, and more than are wanted."""
    autoscaling = {"provider": "hpa", "model": plan | {"minReplicas": least, "maxReplicas": REPLICAS + 2}}
    Scaled(scaled.cluster, scaled.namespace, {**scaled.values, "autoscaling": autoscaling}).install()


def held(scaled: Scaled, watch: Watch) -> None:
    """Three replicas, and none more or less is asked for."""
    end = time.monotonic() + HELD_S
    while time.monotonic() < end:
        assert scaled.wanted() == len(scaled.replicas()) == REPLICAS, scaled.seen()
        time.sleep(2)
    watch.tell(f"three replicas for {HELD_S} seconds; sees {scaled.seen()}")


def planned(folder: Path, one_s: float, wanted_s: float) -> dict[str, Any]:
    """What the chart takes for such a load, by the project's own plan."""
    file = folder / "scaling.yaml"
    service = ("--service-ms", str(1000 / one_s), "--batch", "1", "--slo-ms", "1000", "--startup-s", "10")
    command = [sys.executable, "-m", "trireme", "autoscale", "plan", MODEL, "--rate", str(wanted_s), *service]
    subprocess.run([*command, "--values", str(file)], check=True, cwd=folder, env={"TRIREME_REPOSITORY": str(folder)})
    text = "".join(line for line in file.read_text().splitlines() if not line.startswith("#"))
    found: dict[str, Any] = json.loads(text)["autoscaling"]["model"]
    return found
