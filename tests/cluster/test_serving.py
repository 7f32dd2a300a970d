"""A version published on a laptop, served in a cluster: the same bits, the same answers, at any number of replicas."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from contract.names import ModelVersion
from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.clients import Caller, Traffic, calling, traffic
from tests.cluster.serving.deployment import GATEWAY_SERVICE, Deployment
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, S3, initializer
from tests.cluster.serving.pictures import Published, answered_here
from tests.cluster.serving.s3 import BUCKET, SECRET, s3_server, upload
from tests.support.trained import trained_run
from training.publish import publish

# Two builds of one library may differ in the last bits of a float32.
SAME = 1e-6
TRAFFIC_S = 5
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
    for source in (GATEWAY, MODEL_SERVER, S3, initializer(_storage_initializer(cluster))):
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
    deployment = Deployment(cluster, namespace, published, {"uri": "pvc://models"})
    deployment.install()
    yield deployment
    claim.remove()


@pytest.fixture(scope="module")
def on_s3(cluster: Cluster, restricted: Callable[[], str], images: None, published: Published) -> Deployment:
    namespace = restricted()
    cluster.kubectl.apply(s3_server(namespace), namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "pod/s3", namespace=namespace)
    upload(cluster, namespace, published.folder)
    deployment = Deployment(cluster, namespace, published, {"uri": f"s3://{BUCKET}", "secret": SECRET})
    deployment.install()
    return deployment


@pytest.fixture(scope="module", params=["on_a_claim", "on_s3"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    found: Deployment = request.getfixturevalue(request.param)
    return found


@contextmanager
def reached(deployment: Deployment) -> Iterator[str]:
    """The gateway's address on this machine."""
    with forwarded(deployment.cluster.kubectl, deployment.namespace, GATEWAY_SERVICE, 80) as address:
        yield address


@pytest.fixture
def gateway(on_a_claim: Deployment) -> Iterator[str]:
    with reached(on_a_claim) as address:
        yield address


@pytest.fixture
def caller(gateway: str, published: Published) -> Iterator[Caller]:
    """Somebody who got an answer already."""
    with calling(gateway, published) as found:
        wait_until("The first answer", found.succeeds, timeout_s=60)
        yield found


def test_pictures_get_the_probabilities_in_the_cluster_that_they_get_on_the_laptop(
    deployment: Deployment, published: Published
) -> None:
    with reached(deployment) as address, calling(address, published) as caller:
        wait_until("The first answer", caller.succeeds, timeout_s=60)
        for picture in published.pictures:
            assert caller.probabilities(picture) == pytest.approx(picture.probabilities, abs=SAME)


def test_the_answer_names_the_published_version(caller: Caller, gateway: str, published: Published) -> None:
    answer = caller.predict(published.pictures[0]).json()
    assert ModelVersion(answer["model"], answer["version"]) == published.name
    model = httpx.get(f"http://{gateway}/v1/models/{published.name.model}").raise_for_status().json()
    assert model["stable"] == published.name.version


def test_the_gateway_s_image_holds_no_machine_learning_framework(on_a_claim: Deployment) -> None:
    names = ("tensorflow", "keras", "onnxruntime", "openvino", "sklearn", "onnx", "training", "modelserver")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    command = ("exec", "-n", on_a_claim.namespace, f"deployment/{on_a_claim.gateway}", "-c", "gateway", "--")
    assert on_a_claim.cluster.kubectl.run(*command, "python", "-c", code).strip() == "[]"


def test_a_second_replica_gets_traffic_within_seconds_and_leaves_without_a_failed_request(
    on_a_claim: Deployment, gateway: str, published: Published
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
    with reached(on_a_claim) as address, calling(address, second) as caller:
        wait_until("An answer of the new version", lambda: _version(caller, second) == 2, timeout_s=120)
        for picture in second.pictures[:3]:
            assert caller.probabilities(picture) == pytest.approx(picture.probabilities, abs=SAME)


def _version(caller: Caller, published: Published) -> int | None:
    answer = caller.predict(published.pictures[0])
    return int(answer.json()["version"]) if answer.is_success else None
