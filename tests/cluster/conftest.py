"""The suite's cluster: one for the whole session, wherever it comes from."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cluster.addons import prometheus
from tests.cluster.addons.pipeline import Pipeline, adapter_archive, monitored, objects
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import PlatformUnfit, ToolsMissing
from tests.cluster.kit.kubectl import Object
from tests.cluster.kit.provider import provide
from tests.cluster.kit.settings import AddOn, ClusterSettings
from tests.cluster.manifests import claim
from tests.cluster.serving import accounts
from tests.cluster.serving.callers import Callers
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.deployment import RELEASE
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, STAND_IN
from tests.cluster.serving.scaled import Scaled
from tests.cluster.serving.watch import Say
from tests.integration.rollout.test_laptop import publish

HERE = Path(__file__).parent
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests; making the cluster, which may build it first, has limits of its own."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def settings() -> ClusterSettings:
    return ClusterSettings()


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Shows what takes long."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    return reporter.write_line if reporter is not None else print


@pytest.fixture(scope="session")
def cluster(settings: ClusterSettings, say: Callable[[str], None]) -> Iterator[Cluster]:
    """A cluster with KServe. Where none can be had the tests are skipped, unless one was asked for by name."""
    try:
        found = provide(settings, say)
    except (PlatformUnfit, ToolsMissing) as error:
        if settings.source != "auto":
            raise
        pytest.skip(str(error))
    yield found
    found.stop()


@pytest.fixture(scope="session")
def autoscaling(settings: ClusterSettings) -> None:
    """Skips tests of autoscalers, unless they were asked for."""
    _ask_for("autoscaling", settings)


@pytest.fixture(scope="session")
def keda(settings: ClusterSettings) -> None:
    """Skips tests of KEDA, unless they were asked for."""
    _ask_for("keda", settings)


@pytest.fixture(scope="session")
def outages(settings: ClusterSettings) -> None:
    """Skips tests that kill things, unless they were asked for."""
    _ask_for("outages", settings)


@pytest.fixture(scope="session")
def upgrades(settings: ClusterSettings) -> None:
    """Skips tests of upgrades, unless they were asked for."""
    _ask_for("upgrades", settings)


def _ask_for(addon: AddOn, settings: ClusterSettings) -> None:
    if addon not in settings.addons:
        pytest.skip(f"It takes minutes, and is tried where TRIREME_CLUSTER_ADDONS={addon} asks for it.")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of one test, under Pod Security `restricted`."""
    name = f"test-{uuid4().hex[:8]}"
    metadata = {"name": name, "labels": RESTRICTED}
    cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    yield name
    cluster.kubectl.delete(f"namespace/{name}", wait=False)


@pytest.fixture
def calm(callers: Callers) -> float:
    """The time before the test, by the callers' clock."""
    return callers.now()


@pytest.fixture
def models(cluster: Cluster, namespace: str) -> Iterator[str]:
    """The name of a claim in the test's namespace, for models."""
    volume, wanted = claim("models", namespace)
    cluster.kubectl.apply([volume, wanted])
    yield wanted["metadata"]["name"]
    cluster.kubectl.delete(f"persistentvolume/{volume['metadata']['name']}", wait=False)


@pytest.fixture(scope="session")
def stand_in(cluster: Cluster) -> str:
    """The name of a loaded image that serves HTTP on port 8080, built from a Dockerfile of this repository."""
    return cluster.build_and_load(STAND_IN)


@pytest.fixture
def place(cluster: Cluster, namespace: str, stand_in: str, tmp_path: Path) -> Iterator[str]:
    """A namespace with a claim that holds a version of `tiny`, and with accounts."""
    for source in (GATEWAY, MODEL_SERVER):
        cluster.build_and_load(source)
    claim = Claim(cluster, namespace, "models")
    claim.make()
    publish(tmp_path, 1)
    claim.copy(tmp_path / "tiny-v1", stand_in)
    cluster.kubectl.apply([accounts.secret()], namespace=namespace)
    yield namespace
    claim.remove()


@pytest.fixture
def start(cluster: Cluster, settings: ClusterSettings, say: Say) -> Callable[..., Pipeline]:
    """Starts Prometheus, which reads a release and has more rules where they are given, and prometheus-adapter."""

    def started(scaled: Scaled, *more: Object) -> Pipeline:
        cluster.load(adapter_archive(settings, cluster.images, say))
        cluster.build_and_load(prometheus.image())
        scrape, groups = monitored(RELEASE, scaled.namespace, scaled.values)
        cluster.kubectl.apply(objects(cluster, scrape, [*groups, *more]))
        found = Pipeline(cluster)
        found.wait()
        return found

    return started
