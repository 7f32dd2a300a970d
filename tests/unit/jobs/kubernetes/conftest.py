import copy
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.jobs.documents import JobKind
from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.copying import name_of
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.launcher import Claimed
from gateway.kubernetes.place import Place
from tests.support.kubernetes_api import CRON_JOB, NAMESPACE, Cluster, kubeconfig, serve_kubernetes
from tests.unit.jobs.kubernetes import trainer


@dataclass
class Hand:
    """A clock that stands still."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def job() -> Claimed:
    return Claimed("019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f", "cifar10", JobKind.RETRAIN, 2, 3600)


@pytest.fixture
def name(job: Claimed) -> str:
    return name_of(job)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with serve_kubernetes(Cluster(cron_jobs={CRON_JOB: copy.deepcopy(trainer.CRON_JOB)})) as served:
        yield served


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def launcher(cluster: Cluster, tmp_path: Path, clock: Hand) -> AsyncIterator[KubernetesLauncher]:
    place = Place(NAMESPACE, kubeconfig(tmp_path, cluster.url))
    made = KubernetesLauncher(JobApi(place, 5.0), CRON_JOB, pull_s=300, clock=clock)
    yield made
    await made.close()
