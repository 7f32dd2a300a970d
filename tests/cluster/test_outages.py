"""What fails on a real cluster, under callers inside it who never stop: one release, its store a real S3 server."""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contract.repository import CONFIG
from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import KubectlFailed
from tests.cluster.kit.kubectl import Object, succeeds, wait_until
from tests.cluster.serving import accounts
from tests.cluster.serving.callers import Callers, refusals_s
from tests.cluster.serving.chart import helm, install
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES, S3, initializer
from tests.cluster.serving.node import Node, node
from tests.cluster.serving.s3 import BUCKET, upload
from tests.cluster.serving.site import MODEL, RELEASE, SLOT_A, SLOT_B, VALUES, WAIT_S, Site
from tests.cluster.test_rollout import version
from tests.integration.rollout.test_laptop import PICTURE

DATABASE, STORE = f"{RELEASE}-database-0", f"{RELEASE}-store-0"
GATEWAY_PODS = "app.kubernetes.io/component=gateway"
GATEWAYS = f"deployment/{RELEASE}-gateway"
REPLICAS = 2
OUTAGE_S = 10
"""What is promised while nobody is there who could answer; a third of it was seen on two busy cores."""
CRASHES = """
import os, signal
class TritonPythonModel:
    def execute(self, requests):
        os.kill(os.getppid(), signal.SIGSEGV)
        os._exit(1)
"""
EATS_MEMORY = """
class TritonPythonModel:
    def initialize(self, arguments):
        self.kept = []
        while True:
            self.kept.append(b"x" * (64 << 20))
"""
BROKEN = {"RemoteDisconnected", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"}
"""What a caller sees whose gateway is killed."""
pytestmark = [pytest.mark.timeout(900, func_only=True), pytest.mark.usefixtures("outages")]


@pytest.fixture(scope="module")
def site(cluster: Cluster, stand_in: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A release with two gateways, two replicas of version 1, and a database and a store of its own."""
    kserves = str(cluster.kubectl.get("clusterstoragecontainer/default")["spec"]["container"]["image"])
    for source in (GATEWAY, MODEL_SERVER, POSTGRES, S3, initializer(kserves)):
        cluster.build_and_load(source)
    namespace = f"outages-{uuid4().hex[:8]}"
    metadata = {"name": namespace, "labels": RESTRICTED}
    cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    cluster.kubectl.apply([accounts.secret()], namespace=namespace)
    rows = Claim(cluster, namespace, f"data-{DATABASE}")
    rows.make()
    rows.give(1000, stand_in)
    folder = tmp_path_factory.mktemp("laptop") / "repository"
    folder.mkdir()
    found = Site(cluster, namespace, folder, partial(put, cluster, namespace), values(rows))
    install(RELEASE, namespace, found.values, cluster.kubeconfig)
    wait_until("The store", lambda: is_ready(found, STORE), timeout_s=WAIT_S)
    found.publish(1)
    cluster.kubectl.rolled_out(GATEWAYS, namespace=namespace, timeout_s=WAIT_S)
    yield found
    rows.remove()
    cluster.kubectl.delete(f"namespace/{namespace}", wait=False)


def values(rows: Claim) -> dict[str, Any]:
    database = {"enabled": True, "image": POSTGRES.name, "storage": "1Gi", "storageClass": rows.volume}
    return VALUES | {
        "model": {**VALUES["model"], "replicas": REPLICAS},
        "store": {"uri": f"s3://{BUCKET}", "embedded": {"enabled": True, "image": S3.name}},
        "gateway": {**VALUES["gateway"], "database": {"embedded": database}},
    }


def put(cluster: Cluster, namespace: str, folder: Path) -> None:
    """Publish into the release's own store, with the keys that the chart made."""
    data = cluster.kubectl.get(f"secret/{RELEASE}-store-writer", namespace=namespace)["data"]
    key, secret = (b64decode(data[name]).decode() for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    upload(cluster, namespace, folder, pod=STORE, keys=(key, secret))


def is_ready(site: Site, pod: str) -> bool:
    try:
        found = site.cluster.kubectl.get(f"pod/{pod}", namespace=site.namespace)
    except KubectlFailed:
        return False
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions(found))


@pytest.fixture(scope="module")
def on_node(cluster: Cluster, stand_in: str) -> Iterator[Node]:
    with node(cluster.kubectl, stand_in) as found:
        yield found


@pytest.fixture(scope="module")
def callers(site: Site) -> Callers:
    """Callers of the Service who are answered by version 1, which every replica has."""
    with site.reached() as (way, *_), way.client() as client:
        wait_until("The first version", lambda: version(client, 1).get("state") == "stable", timeout_s=WAIT_S)
        key = way.key
    wait_until("Every replica", lambda: ready(site, SLOT_A) == REPLICAS, timeout_s=WAIT_S)
    found = Callers(site.cluster.kubectl, site.namespace)
    found.start(f"http://{RELEASE}-gateway{MODEL}/predict", key, PICTURE)
    return found


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """Somebody who may release."""
    with site.reached() as (way, *_), way.client() as found:
        yield found


def slot_pods(site: Site, slot: str) -> list[Object]:
    return site.found(f"serving.kserve.io/inferenceservice={slot}")


def ready(site: Site, slot: str) -> int:
    pods = slot_pods(site, slot)
    return sum(one["status"] == "True" for pod in pods for one in conditions(pod) if one["type"] == "Ready")


def conditions(pod: Object) -> list[Object]:
    found: list[Object] = pod["status"].get("conditions", [])
    return found


def restarts(pods: list[Object]) -> dict[str, int]:
    return {
        pod["metadata"]["name"]: sum(
            one["restartCount"]
            for kind in ("containerStatuses", "initContainerStatuses")
            for one in pod["status"].get(kind, [])
        )
        for pod in pods
    }


def uid(pod: Object) -> str:
    return str(pod["metadata"]["uid"])


def test_helm_asks_from_a_pod(site: Site, callers: Callers) -> None:
    said = helm("test", RELEASE, "--namespace", site.namespace, "--timeout", "3m", kubeconfig=site.cluster.kubeconfig)
    assert "Phase:          Succeeded" in said


def test_one_of_several_model_servers_is_killed_and_no_request_fails(
    site: Site, callers: Callers, on_node: Node, calm: float
) -> None:
    one, _ = slot_pods(site, SLOT_A)
    on_node.kill("tritonserver", uid(one))
    wait_until("Its restart", lambda: restarts(slot_pods(site, SLOT_A))[one["metadata"]["name"]] == 1, timeout_s=WAIT_S)
    wait_until("Every replica", lambda: ready(site, SLOT_A) == REPLICAS, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def test_one_of_several_model_servers_pods_is_deleted_at_once_and_no_request_fails(
    site: Site, callers: Callers, calm: float
) -> None:
    one, _ = sorted(site.pods(SLOT_A))
    site.cluster.kubectl.run("delete", "pod", one, "-n", site.namespace, "--force", "--grace-period=0")
    wait_until("Its end", lambda: one not in site.pods(SLOT_A), timeout_s=WAIT_S)
    wait_until("Every replica", lambda: ready(site, SLOT_A) == REPLICAS, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def test_every_model_server_is_killed_and_callers_are_asked_to_come_back(
    site: Site, callers: Callers, on_node: Node, calm: float
) -> None:
    for pod in slot_pods(site, SLOT_A):
        on_node.kill("tritonserver", uid(pod))
    wait_until("Every replica", lambda: ready(site, SLOT_A) == REPLICAS, timeout_s=WAIT_S)
    callers.more()
    bad = callers.bad(calm)
    print(f"no model server: {refusals_s(bad):.1f} s, {len(bad)} refusals")
    assert 0 < refusals_s(bad) < OUTAGE_S


def test_a_gateway_leaves_and_no_request_fails(site: Site, callers: Callers, calm: float) -> None:
    one, *_ = site.gateways()
    site.cluster.kubectl.run("delete", "pod", one, "-n", site.namespace, timeout_s=WAIT_S)
    site.cluster.kubectl.rolled_out(GATEWAYS, namespace=site.namespace, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def test_every_pod_is_evicted_as_a_drain_does_it_and_no_request_fails(
    site: Site, callers: Callers, calm: float
) -> None:
    for label in (f"serving.kserve.io/inferenceservice={SLOT_A}", GATEWAY_PODS):
        for pod in site.found(label):
            # While another pod is on its way the budget refuses, and whoever drains asks again.
            eviction = partial(evict, site, pod)
            wait_until("Its eviction", partial(succeeds, eviction), timeout_s=WAIT_S)
    wait_until("Every replica", lambda: ready(site, SLOT_A) == REPLICAS, timeout_s=WAIT_S)
    site.cluster.kubectl.rolled_out(GATEWAYS, namespace=site.namespace, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def evict(site: Site, pod: Object) -> None:
    name = pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{site.namespace}/pods/{name}/eviction"
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": site.namespace}}
    site.cluster.kubectl.run("create", "--raw", path, "-f", "-", text=json.dumps(body))


def test_gateways_are_killed_one_after_the_other_and_only_their_own_connections_break(
    site: Site, callers: Callers, on_node: Node, calm: float
) -> None:
    for pod in site.found(GATEWAY_PODS):
        on_node.kill("python", uid(pod))
        wait_until("Its restart", partial(is_restarted, site, pod), timeout_s=WAIT_S)
        callers.more()
    bad = callers.bad(calm)
    print(f"gateways killed: {Counter(one['status'] for one in bad)}")
    # Requests in work break, and the Service leads to the dead gateway until it has noticed.
    assert {one["status"] for one in bad} <= BROKEN


def is_restarted(site: Site, before: Object) -> bool:
    """Whether every container of a pod runs once more, and the pod is ready."""
    name = before["metadata"]["name"]
    now = site.cluster.kubectl.get(f"pod/{name}", namespace=site.namespace)
    again = restarts([now])[name] - restarts([before])[name]
    return again >= len(before["spec"]["containers"] + before["spec"].get("initContainers", [])) and is_ready(
        site, name
    )


@pytest.mark.parametrize(("program", "pod"), [("postgres", DATABASE), ("weed", STORE)], ids=["database", "store"])
def test_the_database_or_the_store_is_killed_and_no_prediction_fails(
    site: Site, callers: Callers, on_node: Node, client: httpx.Client, calm: float, program: str, pod: str
) -> None:
    before = site.cluster.kubectl.get(f"pod/{pod}", namespace=site.namespace)
    on_node.kill(program, uid(before))
    wait_until("Its restart", lambda: is_restarted(site, before), timeout_s=WAIT_S)
    wait_until("The rollouts' return", lambda: client.get(f"{MODEL}/versions").is_success, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def test_the_database_s_pod_is_replaced_with_its_rows_and_no_prediction_fails(
    site: Site, callers: Callers, client: httpx.Client, calm: float
) -> None:
    site.cluster.kubectl.run("delete", "pod", DATABASE, "-n", site.namespace, "--force", "--grace-period=0")
    wait_until("Another pod", lambda: is_ready(site, DATABASE), timeout_s=WAIT_S)
    wait_until("The rollouts' return", lambda: version(client, 1).get("state") == "stable", timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []


def test_the_kubelet_is_killed_and_no_request_fails(site: Site, callers: Callers, on_node: Node, calm: float) -> None:
    before = restarts(slot_pods(site, SLOT_A)), site.gateways()
    # The way to it ends with it.
    with pytest.raises(KubectlFailed):
        on_node.kill("kubelet")
    wait_until("The kubelet's return", lambda: succeeds(on_node.reaches_pods), timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []
    assert (restarts(slot_pods(site, SLOT_A)), site.gateways()) == before


def with_program(code: str, folder: Path) -> None:
    """Have Triton run a program instead of a network."""
    configuration = folder / CONFIG
    configuration.write_text(
        configuration.read_text().replace('"onnxruntime"', '"python"').replace("model.onnx", "model.py")
    )
    (folder / "1" / "model.py").write_text(code)


def test_a_candidate_that_crashes_its_server_is_given_up_and_never_touches_the_stable_slot(
    site: Site, callers: Callers, client: httpx.Client, calm: float
) -> None:
    before = restarts(slot_pods(site, SLOT_A))
    site.publish(2, partial(with_program, CRASHES))
    wait_until("Its end", lambda: version(client, 2).get("state") == "retired", timeout_s=WAIT_S)
    assert version(client, 2)["proven"] is False
    callers.more()
    assert callers.bad(calm) == []
    assert restarts(slot_pods(site, SLOT_A)) == before


def test_a_candidate_that_eats_its_memory_is_never_proven_and_never_touches_the_stable_slot(
    site: Site, callers: Callers, client: httpx.Client, calm: float
) -> None:
    before = restarts(slot_pods(site, SLOT_A))
    site.publish(3, partial(with_program, EATS_MEMORY))
    wait_until("Its slot", lambda: served(site, SLOT_B).endswith("tiny-v3/"), timeout_s=WAIT_S)
    wait_until("Its servers' deaths", lambda: sum(restarts(slot_pods(site, SLOT_B)).values()) > 1, timeout_s=WAIT_S)
    assert version(client, 3)["proven"] is False
    assert client.post(f"{MODEL}/versions/3/canary", json={"weight": 10}).status_code == 409
    callers.more()
    assert callers.bad(calm) == []
    assert restarts(slot_pods(site, SLOT_A)) == before


def served(site: Site, slot: str) -> str:
    """What a slot is told to serve; empty where there is none."""
    try:
        return str(site.service(slot)["spec"]["predictor"]["model"]["storageUri"])
    except KubectlFailed:
        return ""


def test_after_them_a_good_version_is_proven_and_promoted_and_no_request_fails(
    site: Site, callers: Callers, client: httpx.Client, calm: float
) -> None:
    site.publish(4)
    wait_until("The proof", lambda: version(client, 4).get("proven") is True, timeout_s=WAIT_S)
    client.post(f"{MODEL}/versions/4/promote", json={}).raise_for_status()
    callers.more()
    assert callers.bad(calm) == []


def test_uninstalled_it_leaves_nothing(site: Site, callers: Callers) -> None:
    kept = {"pod/callers"}
    helm("uninstall", RELEASE, "--namespace", site.namespace, kubeconfig=site.cluster.kubeconfig)
    wait_until("The end of everything", lambda: left(site) <= kept, timeout_s=WAIT_S, every_s=1)


def left(site: Site) -> set[str]:
    """What is in the namespace that the suite or Kubernetes didn't put there itself."""
    kinds: list[Any] = site.cluster.kubectl.run("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    own = ("events", "endpoints", "serviceaccounts", "secrets", "configmaps", "services", "endpointslices", "leases")
    asked = ",".join(kind for kind in kinds if kind.split(".")[0] not in own)
    found = site.cluster.kubectl.run("get", asked, "-n", site.namespace, "-o", "name", "--ignore-not-found").split()
    labelled = f"app.kubernetes.io/instance={RELEASE}"
    also = ("get", "configmaps,secrets,services,serviceaccounts", "-l", labelled, "-n", site.namespace, "-o", "name")
    policies = site.cluster.kubectl.run(
        "get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name"
    )
    ours = [one for one in policies.split() if site.namespace in one]
    return {*found, *site.cluster.kubectl.run(*also).split(), *ours}
