"""A version published on a laptop, served in a cluster: the same bits, the same answers, at any number of replicas."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from contract.names import ModelVersion
from loadtest.kubernetes_api import KubernetesApi
from loadtest.startup import startups
from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.serving import accounts, postgres
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.clients import Access, Caller, Traffic, calling, history, traffic
from tests.cluster.serving.deployment import OWN_CLAIM, Deployment
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES, S3, initializer
from tests.cluster.serving.pictures import Published, answered_here
from tests.cluster.serving.s3 import BUCKET, SECRET, s3_server, upload
from tests.support.trained import trained_run
from training.publish import publish

# Two builds of one library may differ in the last bits of a float32.
SAME = 1e-6
TRAFFIC_S = 5
SYNCHRONOUS = {
    "log": {"durability": "sync"},
    "state": {"storage": "1Gi"},
    # All callers of the tests show one key.
    "settings": {"GATEWAY_RATE_LIMITS": "[]"},
}
TOGETHER = {"replicas": 2, "database": {"secret": postgres.SECRET}}
KILL_A_STUB = (
    "import glob, os, signal\n"
    "for path in glob.glob('/proc/[0-9]*/cmdline'):\n"
    "    if b'triton_python_backend_stub' in open(path, 'rb').read().split(b'\\0')[0]:\n"
    "        os.kill(int(path.split('/')[2]), signal.SIGKILL)\n"
)


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, Published]:
    """A network, trained on real pictures for a moment and published as `make run` does it, and then once more."""
    root = tmp_path_factory.mktemp("laptop")
    run, repository = trained_run(root), root / "repository"
    names = [publish(run, repository).card.name for _ in range(2)]
    first, second = (answered_here(repository, name, count=20) for name in names)
    return first, second


@pytest.fixture(scope="module")
def published(versions: tuple[Published, Published]) -> Published:
    return versions[0]


@pytest.fixture(scope="module")
def images(cluster: Cluster) -> None:
    for source in (GATEWAY, MODEL_SERVER, S3, POSTGRES, initializer(_storage_initializer(cluster))):
        cluster.build_and_load(source)


def _storage_initializer(cluster: Cluster) -> str:
    found = cluster.kubectl.get("clusterstoragecontainer/default")
    return str(found["spec"]["container"]["image"])


@pytest.fixture(scope="module")
def restricted(cluster: Cluster) -> Iterator[Callable[[], str]]:
    """Makes namespaces under Pod Security `restricted`, which end with this module."""
    made: list[str] = []

    def make() -> str:
        made.append(f"serving-{uuid4().hex[:8]}")
        metadata = {"name": made[-1], "labels": RESTRICTED}
        cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        return made[-1]

    yield make
    for name in made:
        cluster.kubectl.delete(f"namespace/{name}", wait=False)


@pytest.fixture(scope="module")
def on_a_claim(
    cluster: Cluster, restricted: Callable[[], str], images: None, stand_in: str, published: Published
) -> Iterator[Deployment]:
    namespace = restricted()
    claim = Claim(cluster, namespace, "models")
    claim.make()
    claim.copy(published.folder, stand_in)
    state = Claim(cluster, namespace, OWN_CLAIM)
    state.make()
    state.give(1000, stand_in)
    cluster.kubectl.apply([accounts.secret()], namespace=namespace)
    yield Deployment(cluster, namespace, published, {"uri": "pvc://models"}, SYNCHRONOUS).installed()
    claim.remove()
    state.remove()


@pytest.fixture(scope="module")
def on_s3(cluster: Cluster, restricted: Callable[[], str], images: None, published: Published) -> Deployment:
    namespace = restricted()
    servers = [*s3_server(namespace), *postgres.server(namespace), accounts.secret()]
    cluster.kubectl.apply(servers, namespace=namespace)
    for server in ("s3", "postgres"):
        cluster.kubectl.wait("condition=Ready", f"pod/{server}", namespace=namespace)
    upload(cluster, namespace, published.folder)
    store = {"uri": f"s3://{BUCKET}", "secret": SECRET}
    return Deployment(cluster, namespace, published, store, TOGETHER).installed()


@pytest.fixture(scope="module", params=["on_a_claim", "on_s3"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    found: Deployment = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def gateway(on_a_claim: Deployment) -> Iterator[Access]:
    with on_a_claim.reached() as access:
        yield access


@pytest.fixture
def caller(gateway: Access, published: Published) -> Iterator[Caller]:
    """Somebody who got an answer already."""
    with calling(gateway, published) as found:
        wait_until("The first answer", found.succeeds, timeout_s=60)
        yield found


def test_pictures_get_the_probabilities_in_the_cluster_that_they_get_on_the_laptop(
    deployment: Deployment, published: Published
) -> None:
    with deployment.reached() as access, calling(access, published) as caller:
        wait_until("The first answer", caller.succeeds, timeout_s=60)
        for picture in published.pictures:
            assert caller.probabilities(picture) == pytest.approx(picture.probabilities, abs=SAME)


def test_the_answer_names_the_published_version(caller: Caller, gateway: Access, published: Published) -> None:
    answer = caller.predict(published.pictures[0]).json()
    assert ModelVersion(answer["model"], answer["version"]) == published.name
    with gateway.client() as client:
        model = client.get(f"/v1/models/{published.name.model}").raise_for_status().json()
    assert model["stable"] == published.name.version


def test_it_is_known_what_a_replica_s_start_took(
    on_a_claim: Deployment, caller: Caller, say: Callable[[str], None]
) -> None:
    api = KubernetesApi(on_a_claim.cluster.kubeconfig, on_a_claim.namespace)
    try:
        (found,) = startups(api, on_a_claim.published.name.model)
    finally:
        api.close()
    say(f"{found.pod}: {found.phases}")
    assert found.pod in on_a_claim.replicas()
    assert found.phases.total > 0


def test_the_gateway_s_image_holds_no_machine_learning_framework(on_a_claim: Deployment) -> None:
    names = ("tensorflow", "keras", "onnxruntime", "openvino", "sklearn", "onnx", "training", "modelserver")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    command = ("exec", "-n", on_a_claim.namespace, on_a_claim.gateway, "-c", "gateway", "--")
    assert on_a_claim.cluster.kubectl.run(*command, "python", "-c", code).strip() == "[]"


def test_a_second_replica_gets_traffic_within_seconds_and_leaves_without_a_failed_request(
    on_a_claim: Deployment, gateway: Access, published: Published
) -> None:
    (first,) = on_a_claim.replicas()
    with traffic(gateway, published) as running:
        on_a_claim.scale(2)
        wait_until("A second replica", lambda: sum(on_a_claim.replicas().values()) == 2, timeout_s=120)
        (second,) = on_a_claim.replicas().keys() - {first}
        wait_until("Traffic for the second replica", lambda: on_a_claim.computed(second) > 0, timeout_s=TRAFFIC_S)
        on_a_claim.scale(1)
        wait_until("The end of a replica", lambda: len(on_a_claim.pods()) == 1, timeout_s=120)
        _let_more_through(running)
    assert running.failures() == {}


def test_without_a_key_nobody_is_answered_and_a_viewer_gets_no_prediction(
    on_a_claim: Deployment, gateway: Access, published: Published
) -> None:
    viewer = replace(gateway, key=accounts.new_key(gateway.address, "viewer"))
    cases = ((replace(gateway, key="none"), 401), (viewer, 403), (gateway, 200))
    for access, status in cases:
        with calling(access, published) as caller:
            assert caller.predict(published.pictures[0]).status_code == status
    assert httpx.get(f"http://{gateway.address}/v1/models", timeout=60).status_code == 401
    assert httpx.get(f"http://{gateway.address}/metrics", timeout=60).status_code == 401


def test_an_answered_prediction_and_a_key_are_found_after_the_pod_was_deleted_at_once(
    on_a_claim: Deployment, published: Published
) -> None:
    (pod,) = on_a_claim.gateways()
    with on_a_claim.reached() as access, calling(access, published) as caller:
        answered = {caller.predict(picture).raise_for_status().json()["id"] for picture in published.pictures}
        on_a_claim.delete_at_once(pod)
    on_a_claim.cluster.kubectl.rolled_out(on_a_claim.gateway, namespace=on_a_claim.namespace)
    with on_a_claim.reached() as access, access.client() as client:
        wait_until("A history with every answer", lambda: answered <= history(client), timeout_s=60)


def test_two_gateways_know_the_same_keys_and_write_one_history(on_s3: Deployment, published: Published) -> None:
    answered: set[str] = set()
    for pod in on_s3.gateways():
        with on_s3.reached(f"pod/{pod}", 8080) as access, calling(access, published) as caller:
            wait_until("The first answer", caller.succeeds, timeout_s=60)
            answered |= {caller.predict(picture).raise_for_status().json()["id"] for picture in published.pictures}
    assert len(answered) == 2 * len(published.pictures)
    with on_s3.reached() as access, access.client() as client:
        wait_until("A history with every answer", lambda: answered <= history(client), timeout_s=60)


def _let_more_through(running: Traffic) -> None:
    enough = running.outcomes["200"] + 100
    wait_until("More answers", lambda: running.outcomes["200"] >= enough, timeout_s=60)


def test_a_replica_whose_backend_died_is_started_again(on_a_claim: Deployment, caller: Caller) -> None:
    (pod,) = on_a_claim.replicas()
    before = on_a_claim.restarts(pod)
    on_a_claim.execute(pod, "python", "-c", KILL_A_STUB)
    wait_until("A failed answer", lambda: not caller.succeeds(), timeout_s=30)
    wait_until("A good answer", caller.succeeds, timeout_s=120)
    assert on_a_claim.restarts(pod) == before + 1


def test_without_a_replica_the_gateway_asks_to_come_back_later_and_finds_the_next_one_by_itself(
    on_a_claim: Deployment, caller: Caller, published: Published
) -> None:
    on_a_claim.scale(0)
    wait_until("A refusal", lambda: not caller.succeeds(), timeout_s=60)
    for _ in range(2):
        refusal = caller.predict(published.pictures[0])
        assert refusal.status_code == 503
        assert int(refusal.headers["Retry-After"]) >= 1
        assert refusal.json()["code"] == "model-server-unavailable"
        wait_until("The end of every replica", lambda: on_a_claim.pods() == [], timeout_s=120)
    on_a_claim.scale(1)
    wait_until("A good answer", caller.succeeds, timeout_s=120)


def test_another_version_takes_over_together_with_a_changed_runtime(
    on_a_claim: Deployment, versions: tuple[Published, Published], stand_in: str
) -> None:
    _, second = versions
    Claim(on_a_claim.cluster, on_a_claim.namespace, "models").copy(second.folder, stand_in)
    replace(on_a_claim, published=second).install(drainSeconds=2)
    with on_a_claim.reached() as access, calling(access, second) as caller:
        wait_until("An answer of the new version", lambda: _version(caller, second) == 2, timeout_s=120)
        for picture in second.pictures[:3]:
            assert caller.probabilities(picture) == pytest.approx(picture.probabilities, abs=SAME)


def _version(caller: Caller, published: Published) -> int | None:
    answer = caller.predict(published.pictures[0])
    return int(answer.json()["version"]) if answer.is_success else None
