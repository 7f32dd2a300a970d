"""GPUs that aren't there: what the scheduler and the autoscaler make of them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import yaml

from tests.cluster.addons import kwok, workloads
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object, succeeds, wait_until
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving.chart import CHART, install
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.watch import Watch

pytestmark = pytest.mark.usefixtures("autoscaling")
NODES, GPUS, WITHOUT = 100, 8, 10
ALL, SOME = NODES * GPUS, 80
WAIT_S = 600
RELEASE, MODEL = "fleet", "big"
PREDICTOR = f"deployment/{MODEL}-a-predictor"
TOLERATED = [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in (kwok.FAKE, "nvidia.com/gpu")]
NAMES = 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}'
REFUSALS = 'jsonpath={range .items[*].status.conditions[?(@.reason=="Unschedulable")]}{.message}{"\\n"}{end}'
NO_ROOM = "Insufficient nvidia.com/gpu"


def fleet() -> dict[str, Any]:
    """The chart's profile for GPUs, and no gateway."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values-gpu.yaml").read_text())
    found["model"] |= {"name": MODEL, "version": 1, "tolerations": TOLERATED}
    found["store"] = {"uri": "pvc://models"}
    found["gateway"] |= {"replicas": 0, "image": "trireme.test/gateway:none"}
    return found


@pytest.fixture
def nodes(cluster: Cluster, settings: ClusterSettings, say: Callable[[str], None]) -> Iterator[list[str]]:
    """The names of 100 nodes with eight GPUs each; ten others have none."""
    cluster.load(kwok.archive(settings, cluster.images, say))
    cluster.kubectl.apply(kwok.objects())
    cluster.kubectl.rolled_out(f"deployment/{kwok.NAME}", namespace=workloads.NAMESPACE)
    with_gpus = [f"gpu-{number:03}" for number in range(NODES)]
    made = [kwok.node(name, GPUS) for name in with_gpus] + [kwok.node(f"cpu-{number}") for number in range(WITHOUT)]
    # Their room is in their status, which `apply` leaves out.
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    cluster.kubectl.run("create", "-f", "-", text=content)
    watch, every = Watch(say), ("nodes", "--selector=type=kwok")
    cluster.kubectl.run("wait", "--for=condition=Ready", *every, f"--timeout={WAIT_S}s", timeout_s=WAIT_S)
    watch.tell(f"{len(made)} nodes are ready")
    yield with_gpus
    cluster.kubectl.run("delete", *every)
    cluster.kubectl.delete(f"deployment/{kwok.NAME}", namespace=workloads.NAMESPACE)


@dataclass(frozen=True)
class Fleet:
    """A model's Deployment on many nodes."""

    cluster: Cluster
    namespace: str

    def scale(self, replicas: int) -> None:
        """Ask for so many replicas, as an autoscaler would."""
        self.cluster.kubectl.run("scale", PREDICTOR, f"--replicas={replicas}", "-n", self.namespace)

    def has(self, replicas: int) -> bool:
        """Whether there are exactly so many, and all ready."""
        status = self.cluster.kubectl.get(PREDICTOR, namespace=self.namespace)["status"]
        return int(status.get("readyReplicas", 0)) == int(status.get("replicas", 0)) == replicas

    def places(self) -> Counter[str]:
        """How many of the pods each node has; those on their way out too."""
        return Counter(self.cluster.kubectl.run("get", "pods", "-n", self.namespace, "-o", NAMES).split())

    def refusals(self) -> list[str]:
        """Why pods have no node."""
        return self.cluster.kubectl.run("get", "pods", "-n", self.namespace, "-o", REFUSALS).splitlines()


@pytest.fixture
def deployed(cluster: Cluster, namespace: str) -> Iterator[Fleet]:
    """The model with its one replica wanted."""
    claim = Claim(cluster, namespace, "models")
    claim.make()
    install(RELEASE, namespace, fleet(), cluster.kubeconfig)
    found = Fleet(cluster, namespace)
    there: Callable[[], Object] = partial(cluster.kubectl.get, PREDICTOR, namespace=namespace)
    wait_until("KServe's Deployment", lambda: succeeds(there), timeout_s=60)
    yield found
    # Before their nodes do: pods without a node stay for minutes.
    found.scale(0)
    wait_until("The end of every replica", lambda: not found.places(), timeout_s=WAIT_S)
    claim.remove()


@pytest.mark.timeout(1500, func_only=True)
def test_eight_hundred_replicas_come_and_go_on_a_hundred_nodes_and_only_where_gpus_are(
    nodes: list[str], deployed: Fleet, say: Callable[[str], None]
) -> None:
    up = Watch(say)
    deployed.scale(ALL)
    up.until(f"{ALL} replicas are ready", lambda: deployed.has(ALL), WAIT_S)
    deployed.scale(ALL + 1)
    wait_until("One too many", lambda: any(NO_ROOM in why for why in deployed.refusals()), timeout_s=WAIT_S)
    assert deployed.places() == dict.fromkeys(nodes, GPUS)
    down = Watch(say)
    deployed.scale(SOME)
    down.until(f"{SOME} are left", lambda: deployed.has(SOME) and deployed.places().total() == SOME, WAIT_S)
    assert deployed.places().keys() <= set(nodes)
