"""KEDA, which asks Prometheus itself, over the real Triton: under Locust's users, and while nobody asks."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cluster.addons import keda, prometheus, workloads
from tests.cluster.addons.pipeline import START_S, monitored
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving.clients import Access
from tests.cluster.serving.deployment import RELEASE
from tests.cluster.serving.locust import load
from tests.cluster.serving.scaled import QUICK, WAIT_S, Scaled, values
from tests.cluster.serving.watch import Say, Watch
from tests.cluster.test_autoscaling import (
    FEW,
    MANY,
    PICTURES,
    RESOURCES,
    TARGETS,
    three_compute,
    three_stay,
)
from tests.unit.gateway.rig import png

pytestmark = pytest.mark.usefixtures("keda", "running")
# No metrics-server is here: it would answer for CPU alone.
SIGNALS = TARGETS | {"cpuPercent": None}
SLEEP_AFTER_S = 15
HEALTH = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8080/health/ready').read().decode())"
"""Prints what the gateway says of its models, from inside its pod."""


def held(**model: Any) -> dict[str, Any]:
    """The values of a release that KEDA scales."""
    scaling = {"targets": SIGNALS, "behavior": QUICK, **model}
    return values({}, RESOURCES, autoscaling={"provider": "keda", "prometheus": prometheus.ADDRESS, "model": scaling})


@pytest.fixture(scope="module")
def running(cluster: Cluster, settings: ClusterSettings, say: Say) -> None:
    """KEDA."""
    keda.start(cluster, settings, say)


def scraped(scaled: Scaled) -> None:
    """Start Prometheus, which reads a release; returns when it is ready."""
    cluster = scaled.cluster
    cluster.build_and_load(prometheus.image())
    nodes = cluster.kubectl.get("nodes")["items"]
    found = monitored(RELEASE, scaled.namespace, scaled.values)
    cluster.kubectl.apply(prometheus.objects(prometheus.image().name, found[0], nodes, found[1]))
    cluster.kubectl.rolled_out(f"deployment/{prometheus.NAME}", namespace=workloads.NAMESPACE, timeout_s=START_S)


def prometheuses(cluster: Cluster, replicas: int) -> None:
    """Take Prometheus away, or bring it back."""
    name = f"deployment/{prometheus.NAME}"
    cluster.kubectl.run("scale", name, f"--replicas={replicas}", "-n", workloads.NAMESPACE)


@pytest.mark.timeout(1200, func_only=True)
def test_replicas_follow_the_load_without_a_failed_request_and_stay_while_prometheus_is_away(
    cluster: Cluster,
    place: str,
    tmp_path: Path,
    say: Say,
) -> None:
    scaled = Scaled(cluster, place, held())
    scraped(scaled)
    scaled.install()
    wait_until("The first replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access, load(access, "tiny", tmp_path / "few", users=FEW, pictures=PICTURES) as few:
        wait_until("A metric of every signal", lambda: len(scaled.seen()) == len(TARGETS) - 1, timeout_s=WAIT_S)
        watch = Watch(say)
        with load(access, "tiny", tmp_path / "many", users=MANY, pictures=PICTURES) as many:
            three_compute(scaled, watch)
            prometheuses(cluster, 0)
            watch.until("KEDA falls back", scaled.falls_back, WAIT_S)
        watch.tell("the load is over")
        three_stay(scaled)
        watch.tell("three replicas all the while")
        prometheuses(cluster, 1)
        watch.until("one replica is left", lambda: scaled.are_ready(1), WAIT_S)
        watch.tell(f"sees {scaled.seen()}")
    for found in (few, many):
        watch.tell(str(found.total))
        assert found.failures == []
        assert found.total.requests > 0


@pytest.mark.timeout(900, func_only=True)
def test_a_model_that_nobody_asks_for_sleeps_is_woken_by_who_asks_and_sleeps_again(
    cluster: Cluster,
    place: str,
    say: Say,
) -> None:
    scaled = Scaled(cluster, place, held(minReplicas=0, sleepAfterSeconds=SLEEP_AFTER_S))
    scraped(scaled)
    scaled.install()
    wait_until("The first replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access:
        watch = Watch(say)
        asleep(scaled, watch)
        refused = ask(access)
        assert (refused.status_code, code(refused), refused.headers["retry-after"]) == (503, "model-waking", "15")
        watch = Watch(say)
        watch.until("a replica is wanted", lambda: bool(scaled.replicas()), WAIT_S)
        watch.until("it is ready", lambda: scaled.are_ready(1), WAIT_S)
        watch.until("it answers", lambda: ask(access).is_success, WAIT_S)
        asleep(scaled, watch)


def asleep(scaled: Scaled, watch: Watch) -> None:
    """Return when no replica is there and the gateway knows it; nobody may ask meanwhile, which would wake it."""
    watch.until("it sleeps", lambda: not scaled.replicas(), WAIT_S)
    gateway = f"deployment/{RELEASE}-gateway"

    def is_known() -> bool:
        command = ("exec", "-n", scaled.namespace, gateway, "--", "python", "-c", HEALTH)
        return "model-waking" in scaled.cluster.kubectl.run(*command)

    watch.until("the gateway knows it", is_known, WAIT_S)


def ask(access: Access) -> httpx.Response:
    """One picture's answer."""
    with access.client() as client:
        return client.post("/v1/models/tiny/predict", content=png(), headers={"Content-Type": "image/png"})


def code(answer: httpx.Response) -> str | None:
    """The problem's code, where the answer is one."""
    return None if answer.is_success else answer.json()["code"]
