"""What every other test of a cluster stands on."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import ImageFailed, KubectlFailed
from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.kubectl import Object, wait_until
from tests.cluster.manifests import deployment, inference_service, pod, service, serving_runtime

GET = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=2).read().decode())"
WRITE = "open('/app/written', 'w')"


def fetch(cluster: Cluster, namespace: str, pod_name: str, url: str) -> str:
    """What a pod gets from a URL; raises `KubectlFailed`."""
    return cluster.kubectl.run("exec", "-n", namespace, pod_name, "--", "python", "-c", GET, url)


def answers(cluster: Cluster, namespace: str, pod_name: str, url: str) -> set[str]:
    """The names of the pods that answered a few requests; none where one failed."""
    with suppress(KubectlFailed):
        return {fetch(cluster, namespace, pod_name, url).split()[0] for _ in range(8)}
    return set()


def same(wanted: set[str], ask: Callable[[], set[str]]) -> bool:
    return ask() == wanted


def pods(cluster: Cluster, namespace: str) -> list[Object]:
    found: list[Object] = cluster.kubectl.get("pods", namespace=namespace)["items"]
    return found


def has_endpoints(cluster: Cluster, namespace: str, number: int) -> bool:
    """Whether as many pods of the model are ready, by what a client would find."""
    slices = cluster.kubectl.get("endpointslices", namespace=namespace)["items"]
    endpoints = (endpoint for each in slices for endpoint in each.get("endpoints") or ())
    return len([endpoint for endpoint in endpoints if endpoint["conditions"]["ready"]]) == number


def test_every_node_is_ready(cluster: Cluster) -> None:
    nodes = cluster.kubectl.get("nodes")["items"]
    assert nodes
    for node in nodes:
        conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"


def test_pods_answer_through_their_service_by_name(cluster: Cluster, namespace: str, stand_in: str) -> None:
    cluster.kubectl.apply(
        [deployment("echo", stand_in, 2), service("echo"), pod("client", stand_in)], namespace=namespace
    )
    cluster.kubectl.rolled_out("deployment/echo", namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "pod/client", namespace=namespace)
    everyone = {found["metadata"]["name"] for found in pods(cluster, namespace)} - {"client"}
    for url in ("http://echo/", f"http://echo.{namespace}.svc.cluster.local/"):
        answered = partial(answers, cluster, namespace, "client", url)
        wait_until(f"An answer of each pod at {url}", partial(same, everyone, answered), timeout_s=60)


def test_a_pod_reaches_itself_through_its_service(cluster: Cluster, namespace: str, stand_in: str) -> None:
    cluster.kubectl.apply([deployment("lone", stand_in, 1), service("lone")], namespace=namespace)
    cluster.kubectl.rolled_out("deployment/lone", namespace=namespace)
    (lone,) = pods(cluster, namespace)
    name = lone["metadata"]["name"]
    wait_until("An answer", lambda: answers(cluster, namespace, name, "http://lone/") == {name}, timeout_s=60)


def test_an_image_that_was_not_loaded_is_an_error_soon(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl.apply([pod("absent", "trireme.test/absent:1")], namespace=namespace)

    def refused() -> bool:
        (found,) = pods(cluster, namespace)
        states = found["status"].get("containerStatuses", [])
        return any("waiting" in state["state"] and "Image" in state["state"]["waiting"]["reason"] for state in states)

    wait_until("The refusal", refused, timeout_s=60)


def test_an_image_from_a_dockerfile_runs_with_a_user_of_its_own_and_a_read_only_root(
    cluster: Cluster, namespace: str, stand_in: str
) -> None:
    cluster.kubectl.apply([pod("strict", stand_in)], namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "pod/strict", namespace=namespace)
    assert cluster.kubectl.run("exec", "-n", namespace, "strict", "--", "id", "-u").strip() == "10001"
    with pytest.raises(KubectlFailed, match="Read-only file system"):
        cluster.kubectl.run("exec", "-n", namespace, "strict", "--", "python", "-c", WRITE)


def test_pod_security_refuses_a_pod_that_may_be_root(cluster: Cluster, namespace: str, stand_in: str) -> None:
    loose = pod("loose", stand_in)
    del loose["spec"]["securityContext"]
    with pytest.raises(KubectlFailed, match='violates PodSecurity "restricted'):
        cluster.kubectl.apply([loose], namespace=namespace)


def test_a_dockerfile_that_fails_says_what_failed(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nRUN echo said-by-the-build && false\n")
    with pytest.raises(ImageFailed, match="said-by-the-build"):
        cluster.build_and_load(ImageSource("trireme.test/broken:1", tmp_path / "Dockerfile", tmp_path))


@pytest.mark.usefixtures("models")
def test_kserve_brings_an_inference_service_to_ready(cluster: Cluster, namespace: str, stand_in: str) -> None:
    wanted = [serving_runtime("stand-in", stand_in), inference_service("model", "stand-in"), pod("client", stand_in)]
    cluster.kubectl.apply(wanted, namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "inferenceservice/model", namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "pod/client", namespace=namespace)
    # Headless: the gateway keeps a channel to each pod's address.
    assert cluster.kubectl.get("service/model-predictor", namespace=namespace)["spec"]["clusterIP"] == "None"
    url = f"http://model-predictor.{namespace}.svc.cluster.local:8080/v2"
    wait_until("The model's answer", lambda: bool(answers(cluster, namespace, "client", url)), timeout_s=60)


@pytest.mark.usefixtures("models")
def test_kserve_leaves_the_number_of_replicas_to_an_autoscaler_of_ones_own(
    cluster: Cluster, namespace: str, stand_in: str
) -> None:
    wanted = inference_service("model", "stand-in")
    cluster.kubectl.apply([serving_runtime("stand-in", stand_in), wanted], namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "inferenceservice/model", namespace=namespace)
    for replicas in (2, 1):
        cluster.kubectl.run("scale", "deployment/model-predictor", f"--replicas={replicas}", "-n", namespace)
        # A change that makes KServe look at its Deployment again.
        wanted["metadata"]["annotations"]["test/replicas"] = str(replicas)
        cluster.kubectl.apply([wanted], namespace=namespace)
        wait_until(f"{replicas} ready", partial(has_endpoints, cluster, namespace, replicas), timeout_s=90)
    assert cluster.kubectl.get("horizontalpodautoscalers", namespace=namespace)["items"] == []


def test_the_webhook_refuses_nonsense(cluster: Cluster, namespace: str) -> None:
    nonsense = inference_service("model", "stand-in")
    nonsense["spec"]["predictor"]["minReplicas"] = 5
    with pytest.raises(KubectlFailed, match=r"admission webhook .* denied the request"):
        cluster.kubectl.apply([nonsense], namespace=namespace)


def test_an_unknown_field_is_refused(cluster: Cluster, namespace: str) -> None:
    misspelt = inference_service("model", "stand-in")
    misspelt["spec"]["predictor"]["minReplica"] = 1
    with pytest.raises(KubectlFailed, match="minReplica"):
        cluster.kubectl.apply([misspelt], namespace=namespace)
