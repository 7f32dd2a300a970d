"""The chart's autoscaler over a real metrics pipeline, with the real Triton, under Locust's users."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.addons import prometheus
from tests.cluster.addons.pipeline import Pipeline, adapter_archive, monitored, objects
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving import accounts
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.deployment import RELEASE
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, ROOT
from tests.cluster.serving.locust import load
from tests.cluster.serving.scaled import WAIT_S, Scaled, values
from tests.integration.rollout.test_laptop import publish

pytestmark = pytest.mark.usefixtures("autoscaling")
PICTURES = ROOT / "examples"
FEW, MANY = 2, 24
"""Users: two want one replica, all want three, however fast the machine is: either they send more than 24 requests a
second, or more than six of them wait."""
TARGETS = {"inFlight": 3, "itemRate": 12, "busyShare": 0.7, "queueRatio": 5, "cpuPercent": 80}
# Of one processor a third: three replicas leave something for all else.
RESOURCES = {"requests": {"cpu": "300m", "memory": "128Mi"}, "limits": {"cpu": "300m", "memory": "1Gi"}}
HELD_S = 45
"""Nine looks of the autoscaler of this cluster, and three of its windows."""
Say = Callable[[str], None]


@pytest.fixture
def scaled(cluster: Cluster, namespace: str, stand_in: str, tmp_path: Path) -> Iterator[Scaled]:
    """A release with an autoscaler; nobody tells that its metrics yet."""
    for source in (GATEWAY, MODEL_SERVER):
        cluster.build_and_load(source)
    claim = Claim(cluster, namespace, "models")
    claim.make()
    publish(tmp_path, 1)
    claim.copy(tmp_path / "tiny-v1", stand_in)
    cluster.kubectl.apply([accounts.secret()], namespace=namespace)
    yield Scaled(cluster, namespace, values(TARGETS, RESOURCES))
    claim.remove()


@pytest.fixture
def pipeline(cluster: Cluster, settings: ClusterSettings, scaled: Scaled, say: Say) -> Pipeline:
    """Prometheus, which reads this release, and prometheus-adapter."""
    archive = adapter_archive(settings, cluster.images, say)
    cluster.load(Path(archive))
    cluster.build_and_load(prometheus.image())
    cluster.kubectl.apply(objects(cluster, *monitored(RELEASE, scaled.namespace, scaled.values)))
    found = Pipeline(cluster)
    found.wait()
    return found


class Watch:
    """Tells when what came true, in seconds since the beginning."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._began = time.monotonic()

    def until(self, what: str, true: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
        """Wait for it, and tell."""
        wait_until(what, true, timeout_s=timeout_s, every_s=0.5)
        self.tell(what)

    def tell(self, what: str) -> None:
        """Tell that it came true now."""
        self._say(f"{time.monotonic() - self._began:6.1f} s  {what}")


@pytest.mark.timeout(1500, func_only=True)
def test_replicas_follow_the_load_without_a_failed_request_and_stay_while_nothing_is_known(
    scaled: Scaled, pipeline: Pipeline, tmp_path: Path, say: Say
) -> None:
    scaled.install()
    wait_until("The first replica", lambda: scaled.are_ready(1), timeout_s=WAIT_S)
    with scaled.reached() as access, load(access, "tiny", tmp_path / "few", users=FEW, pictures=PICTURES) as few:
        wait_until("A metric of every signal", lambda: len(scaled.seen()) == len(TARGETS), timeout_s=WAIT_S)
        watch = Watch(say)
        with load(access, "tiny", tmp_path / "many", users=MANY, pictures=PICTURES) as many:
            three_compute(scaled, watch)
            pipeline.lose()
            watch.until("the autoscaler sees nothing", scaled.is_blind)
        watch.tell("the load is over")
        three_stay(scaled)
        watch.tell("three replicas all the while")
        pipeline.bring_back()
        watch.until(f"one replica is left, at {scaled.seen()}", lambda: scaled.are_ready(1))
    for found in (few, many):
        watch.tell(str(found.total))
        assert found.failures == []
        assert found.total.requests > 0


def three_compute(scaled: Scaled, watch: Watch) -> None:
    """The autoscaler goes up to three replicas, and each gets its share."""
    watch.until("the autoscaler asks for more", lambda: scaled.wanted() > 1)
    watch.tell(f"sees {scaled.seen()}")
    watch.until("three replicas are ready", lambda: scaled.are_ready(3))
    watch.until("each of them computes", lambda: all(scaled.computed(pod) > 0 for pod in scaled.replicas()))


def three_stay(scaled: Scaled) -> None:
    """Three replicas, over more than the autoscaler's window."""
    end = time.monotonic() + HELD_S
    while time.monotonic() < end:
        assert scaled.wanted() == len(scaled.replicas()) == 3
        time.sleep(2)
