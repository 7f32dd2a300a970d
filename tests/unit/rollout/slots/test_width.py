"""How wide the slot beside the stable one is made, at a small Kubernetes API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.names import ModelVersion
from contract.served import Served, ServedModel
from gateway.holdings import Holdings
from gateway.kubernetes.place import Place
from gateway.replicas import ReplicaPool
from gateway.rollout.slots.api import SlotApi
from gateway.rollout.slots.plan import Slot
from gateway.rollout.slots.template import Raw, Template, read_templates
from gateway.rollout.slots.width import widened
from gateway.rollout.slots.world import Slots
from tests.support.kubernetes_api import NAMESPACE, Cluster, kubeconfig, serve_kubernetes
from tests.support.slots import CONFIG_MAP, config_map

STABLE, BESIDE = "tiny-a-predictor", "tiny-b-predictor"


def with_bound(most: str) -> Raw:
    found = config_map("tiny")
    found["data"]["tiny.max-replicas"] = most
    return found


def template(most: str | None = "3") -> Template:
    return read_templates(config_map("tiny") if most is None else with_bound(most))["tiny"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with serve_kubernetes(Cluster()) as cluster:
        yield cluster


@pytest.fixture
def api(cluster: Cluster, tmp_path: Path) -> Iterator[SlotApi]:
    api = SlotApi(Place(NAMESPACE, kubeconfig(tmp_path, cluster.url)), CONFIG_MAP)
    yield api
    api.close()


@pytest.mark.parametrize(
    ("stable", "beside", "wanted", "after"),
    [(1, 1, 1, 1), (3, 1, 3, 3), (2, 3, 2, 3), (9, 1, 3, 3), (3, 0, 3, 0)],
    ids=["as wide", "made wider", "never narrower", "up to the bound", "stopped"],
)
def test_a_slot_becomes_as_wide_as_the_stable_one(
    cluster: Cluster, api: SlotApi, stable: int, beside: int, wanted: int, after: int
) -> None:
    cluster.replicas |= {STABLE: stable, BESIDE: beside}
    assert widened(api, template(), Slot.A) == wanted
    assert cluster.replicas == {STABLE: stable, BESIDE: after}


def test_a_deployment_that_is_not_there_yet_is_waited_for(cluster: Cluster, api: SlotApi) -> None:
    cluster.replicas[STABLE] = 2
    assert widened(api, template(), Slot.A) == 2
    assert cluster.replicas == {STABLE: 2}


def test_where_kserve_holds_the_number_nothing_is_asked(cluster: Cluster, api: SlotApi) -> None:
    assert widened(api, template(None), Slot.A) == 1
    assert not cluster.requests


async def test_a_version_is_ready_when_it_is_as_wide_as_the_stable_one(
    cluster: Cluster, api: SlotApi, tmp_path: Path
) -> None:
    holdings = Holdings(tmp_path, interval_s=1)
    pool = ReplicaPool([f"127.0.0.1:{port}" for port in (1, 2, 3, 4)], asks=True)
    await holdings.attach(pool)
    slots = Slots(api, holdings)
    cluster.config_maps[CONFIG_MAP] = with_bound("3")
    cluster.replicas |= {STABLE: 2, BESIDE: 1}
    wanted = Served(models={"tiny": ServedModel(stable=1, versions=(1, 2))})
    slots.apply(wanted)
    for service in cluster.services.values():
        service["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    slots.apply(wanted)
    assert cluster.replicas == {STABLE: 2, BESIDE: 2}
    for held, ready in (((1, 1, 2, 1), False), ((1, 1, 2, 2), True)):
        for replica, version in zip(pool.everyone(), held, strict=True):
            replica.holds = frozenset({f"tiny-v{version}"})
        assert slots.is_ready(ModelVersion("tiny", 2)) is ready
    assert slots.is_ready(ModelVersion("tiny", 1))
    await pool.close()
