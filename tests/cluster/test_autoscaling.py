"""The chart's autoscaler over a real metrics pipeline, with the real Triton, under Locust's users."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.addons.pipeline import Pipeline
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kserve import MANAGER
from tests.cluster.kit.kserve import NAMESPACE as KSERVE
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.serving.callers import Callers
from tests.cluster.serving.deployment import RELEASE
from tests.cluster.serving.images import POSTGRES, ROOT
from tests.cluster.serving.locust import Load, load
from tests.cluster.serving.scaled import MODEL, QUICK, SLOT, WAIT_S, Scaled, values
from tests.cluster.serving.watch import Say, Watch
from tests.integration.rollout.test_laptop import PICTURE

pytestmark = pytest.mark.usefixtures("autoscaling")
PICTURES = ROOT / "examples"
FEW, MANY = 2, 24
"""Users: two want one replica, all want three, however fast the machine is: either they send more than 24 requests a
second, or more than six of them wait."""
TARGETS = {"inFlight": 3, "itemRate": 12, "busyShare": 0.7, "queueRatio": 5, "cpuPercent": 80}
# Of one processor a third: three replicas leave something for all else.
RESOURCES = {"requests": {"cpu": "300m", "memory": "128Mi"}, "limits": {"cpu": "300m", "memory": "1Gi"}}
LEFT_S = 10
"""Far more than KServe takes from its look to a change of the Deployment."""
GATEWAYS = {
    "enabled": True,
    "minReplicas": 1,
    "maxReplicas": 2,
    "cpuPercent": 100,
    "requestsInFlight": 2,
    "behavior": QUICK,
}
HELD_S = 45
"""Nine looks of the autoscaler of this cluster, and three of its windows."""
GPU_TARGETS = dict.fromkeys(TARGETS) | {"gpuBusyShare": 0.35, "gpuMemoryShare": 0.9, "cpuPercent": 100}
GPU_RESOURCES = RESOURCES | {"limits": RESOURCES["limits"] | {"nvidia.com/gpu": "1"}}
GPU_SIGNALS = {"trireme_gpu_busy_share", "trireme_gpu_memory_share", "cpu"}
GPU_S = 0.05
"""For which the GPUs that aren't there would compute a picture."""
DCGM = {
    "name": "dcgm",
    "rules": [
        {
            "record": "DCGM_FI_DEV_GPU_UTIL",
            "expr": f"100 * clamp_max({GPU_S} * sum by (namespace, pod) (rate(nv_inference_count[30s])), 1)",
        },
        {"record": "DCGM_FI_DEV_FB_USED", "expr": "0 * sum by (namespace, pod) (nv_inference_count) + 4096"},
        {"record": "DCGM_FI_DEV_FB_FREE", "expr": "0 * sum by (namespace, pod) (nv_inference_count) + 12288"},
    ],
}
"""What NVIDIA's exporter would say, out of what the pods really do."""


@pytest.mark.timeout(1500, func_only=True)
def test_replicas_follow_the_load_without_a_failed_request_and_stay_while_nothing_is_known(
    cluster: Cluster, place: str, start: Callable[..., Pipeline], tmp_path: Path, say: Say
) -> None:
    scaled = Scaled(cluster, place, values(TARGETS, RESOURCES))
    pipeline = start(scaled)
    scaled.install()
    wait_until("The first replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access, load(access, "tiny", tmp_path / "few", users=FEW, pictures=PICTURES) as few:
        wait_until("A metric of every signal", lambda: len(scaled.seen()) == len(TARGETS), timeout_s=WAIT_S)
        watch = Watch(say)
        with load(access, "tiny", tmp_path / "many", users=MANY, pictures=PICTURES) as many:
            three_compute(scaled, watch)
            kserve_begins_again(scaled, watch)
            pipeline.lose()
            watch.until("the autoscaler sees nothing", scaled.is_blind, WAIT_S)
        watch.tell("the load is over")
        three_stay(scaled)
        watch.tell("three replicas all the while")
        pipeline.bring_back()
        watch.until("one replica is left", lambda: scaled.are_ready(1), WAIT_S)
        watch.tell(f"sees {scaled.seen()}")
    none_failed(few, many, watch=watch)


def none_failed(*loads: Load, watch: Watch) -> None:
    """All users got answers."""
    for found in loads:
        watch.tell(str(found.total))
        assert found.failures == []
        assert found.total.requests > 0


def three_compute(scaled: Scaled, watch: Watch) -> None:
    """The autoscaler goes up to three replicas, and each gets its share."""
    watch.until("the autoscaler asks for more", lambda: scaled.wanted() > 1, WAIT_S)
    watch.tell(f"sees {scaled.seen()}")
    watch.until("three replicas are ready", lambda: scaled.are_ready(3), WAIT_S)
    watch.until("each of them computes", lambda: all(scaled.computed(pod) > 0 for pod in scaled.replicas()), WAIT_S)


def kserve_begins_again(scaled: Scaled, watch: Watch) -> None:
    """A new KServe looks at the InferenceService, and leaves it three replicas."""
    kubectl, where = scaled.cluster.kubectl, ("-n", KSERVE)
    kubectl.run("delete", "pods", f"--selector=control-plane={MANAGER}", *where)
    kubectl.rolled_out(f"deployment/{MANAGER}", namespace=KSERVE, timeout_s=WAIT_S)
    name = f'"isvc":"{SLOT}","namespace":"{scaled.namespace}"'
    watch.until(
        "a new KServe looks at the model",
        lambda: name in kubectl.run("logs", f"deployment/{MANAGER}", *where, "--tail=-1"),
        WAIT_S,
    )
    three_stay(scaled, LEFT_S)
    watch.tell("three replicas all the while")


def three_stay(scaled: Scaled, seconds: float = HELD_S) -> None:
    """Three replicas, and no other number is wanted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert scaled.wanted() == len(scaled.replicas()) == 3
        time.sleep(2)


@pytest.mark.timeout(1500, func_only=True)
def test_gateways_follow_the_requests_in_flight_without_a_failed_one(
    cluster: Cluster, place: str, start: Callable[..., Pipeline], say: Say
) -> None:
    cluster.build_and_load(POSTGRES)
    scaled = Scaled(cluster, place, several_gateways())
    start(scaled)
    scaled.install()
    wait_until("The model", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access:
        key = access.key
    watch, (few, many) = Watch(say), (Callers(cluster.kubectl, place, name) for name in ("few", "many"))
    url = f"http://{RELEASE}-gateway/v1/models/{MODEL}/predict"
    few.start(url, key, PICTURE, callers=1)
    many.start(url, key, PICTURE, callers=MANY)
    watch.until("two gateways are ready", lambda: gateways(scaled) == [True, True], WAIT_S)
    many.more()
    assert many.bad() == []
    many.end()
    watch.until("one gateway is left", lambda: gateways(scaled) == [True], WAIT_S)
    few.more()
    assert few.bad() == []


def several_gateways() -> dict[str, Any]:
    """Values of a release with one or two gateways."""
    found = values(TARGETS, RESOURCES)
    # So many processors that one caller keeps no second gateway.
    resources = {"requests": {"cpu": "400m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
    database = {"embedded": {"enabled": True, "image": POSTGRES.name}}
    gateway = found["gateway"] | {"database": database, "resources": resources}
    return found | {"gateway": gateway, "autoscaling": {"gateway": GATEWAYS}}


def gateways(scaled: Scaled) -> list[bool]:
    """Of each of the gateway's pods, those on their way out among them, whether it is ready."""
    label = "app.kubernetes.io/component=gateway"
    found = scaled.cluster.kubectl.run("get", "pods", "-l", label, "-n", scaled.namespace, "-o", "json")
    return [
        any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
        for pod in json.loads(found)["items"]
    ]


@pytest.fixture
def gpus(cluster: Cluster) -> Iterator[Callable[[int], None]]:
    """Gives the node so many GPUs, by name alone; takes them away at the end."""
    first = json.loads(cluster.kubectl.run("get", "nodes", "--selector=type!=kwok", "-o", "json"))["items"][0]
    patch = ("patch", "node", first["metadata"]["name"], "--subresource=status", "--type=json", "--patch")
    path = "/status/capacity/nvidia.com~1gpu"

    def give(number: int) -> None:
        cluster.kubectl.run(*patch, json.dumps([{"op": "add", "path": path, "value": str(number)}]))

    yield give
    # A path has to be there to be removed.
    cluster.kubectl.run(*patch, json.dumps([{"op": op, "path": path, "value": "0"} for op in ("add", "remove")]))


@pytest.mark.timeout(1500, func_only=True)
def test_gpus_load_decides_how_many_replicas_are_wanted_and_there_are_as_many_as_gpus(
    cluster: Cluster,
    place: str,
    start: Callable[..., Pipeline],
    gpus: Callable[[int], None],
    tmp_path: Path,
    say: Say,
) -> None:
    scaled = Scaled(cluster, place, values(GPU_TARGETS, GPU_RESOURCES))
    start(scaled, DCGM)
    scaled.install()
    wait_until("A replica without a GPU", lambda: scaled.waits_for("nvidia.com/gpu"), timeout_s=WAIT_S)
    gpus(2)
    wait_until("The first replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access, load(access, "tiny", tmp_path / "many", users=MANY, pictures=PICTURES) as many:
        watch = Watch(say)
        watch.until("the autoscaler asks for more", lambda: scaled.wanted() > 1, WAIT_S)
        watch.until("it sees every signal", lambda: scaled.seen().keys() == GPU_SIGNALS, WAIT_S)
        watch.tell(str(scaled.seen()))
        watch.until("two replicas are ready", lambda: list(scaled.replicas().values()).count(True) == 2, WAIT_S)
        watch.until("the third waits for a GPU", lambda: scaled.waits_for("nvidia.com/gpu"), WAIT_S)
    watch.tell(str(many.total))
    assert many.failures == []
