"""A retrain and its rollout on a real cluster: a Job, then the gateway's two slots, under callers who never stop."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.names import ModelVersion
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import succeeds, wait_until
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving import accounts, postgres, retraining, s3
from tests.cluster.serving.chart import install
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.clients import Access, Traffic, traffic
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES, S3, TRAINING, initializer
from tests.cluster.serving.pictures import Picture, Published
from tests.cluster.serving.site import MODEL, RELEASE, SLOT_A, SLOT_B, VALUES, WAIT_S, Site
from tests.integration.rollout.test_laptop import PICTURE

ENOUGH = 40
"""Requests after which a version with a share of 40 percent has answered one."""


@pytest.fixture(scope="session")
def retrains(settings: ClusterSettings) -> bool:
    """Whether the trainer's image is there."""
    return "retrain" in settings.addons


@pytest.fixture
def site(cluster: Cluster, namespace: str, stand_in: str, tmp_path: Path, *, retrains: bool) -> Iterator[Site]:
    for source in (GATEWAY, MODEL_SERVER, POSTGRES):
        cluster.build_and_load(source)
    cluster.kubectl.apply([*postgres.server(namespace), accounts.secret()], namespace=namespace)
    claim = Claim(cluster, namespace, retraining.CLAIM)
    claim.make()
    (tmp_path / "repository").mkdir()
    copy, jobs = partial(claim.copy, image=stand_in), retraining.values("tiny")
    copy(retraining.write_pictures(tmp_path / "repository"))
    found = Site(cluster, namespace, tmp_path / "repository", copy, VALUES | {"jobs": jobs})
    found = with_bucket(found) if retrains else found
    found.publish(1)
    cluster.kubectl.wait("condition=Ready", "pod/postgres", namespace=namespace, timeout_s=WAIT_S)
    yield found
    claim.remove()


def with_bucket(site: Site) -> Site:
    """The same with a real S3 server as its store, by keys that only read, and for jobs by some that write."""
    cluster, namespace = site.cluster, site.namespace
    kserves = str(cluster.kubectl.get("clusterstoragecontainer/default")["spec"]["container"]["image"])
    for source in (TRAINING, S3, initializer(kserves)):
        cluster.build_and_load(source)
    cluster.kubectl.apply(s3.s3_server(namespace), namespace=namespace)
    cluster.kubectl.wait("condition=Ready", "pod/s3", namespace=namespace, timeout_s=WAIT_S)
    store = {"uri": f"s3://{s3.BUCKET}", "secret": s3.SECRET}
    jobs = site.values["jobs"] | {"storeSecret": s3.WRITER_SECRET}
    put = partial(s3.upload, cluster, namespace)
    return replace(site, put=put, values={**site.values, "store": store, "jobs": jobs})


def version(client: httpx.Client, number: int) -> dict[str, Any]:
    """What the gateway says of a version; empty where it knows nothing of it."""
    shown = client.get(f"{MODEL}/versions")
    listed = shown.json()["versions"] if shown.is_success else []
    return next((one for one in listed if one["version"] == number), {})


def done(client: httpx.Client, path: str, **body: Any) -> None:
    client.post(f"{MODEL}/{path}", json=body).raise_for_status()


def answering(client: httpx.Client) -> set[int]:
    # A key each: who comes again meets the same version.
    keys = [{"Content-Type": "image/png", "X-Request-Key": str(n)} for n in range(ENOUGH)]
    answers = [client.post(f"{MODEL}/predict", content=PICTURE, headers=headers) for headers in keys]
    return {answer.raise_for_status().json()["version"] for answer in answers}


def all_answer(clients: list[httpx.Client], *versions: int) -> None:
    for client in clients:
        wait_until(f"Answers of {versions}", lambda found=client: answering(found) == {*versions}, timeout_s=WAIT_S)  # type: ignore[misc]


@contextmanager
def calling(ways: list[Access], folder: Path) -> Iterator[list[Traffic]]:
    """Callers of every gateway, who never stop."""
    published = Published(folder, ModelVersion("tiny", 1), (Picture(PICTURE, {}),))
    with ExitStack() as stack:
        yield [stack.enter_context(traffic(way, published, callers=3)) for way in ways]


@dataclass(frozen=True)
class Callers:
    """Somebody who may release at each gateway, and callers who never stop."""

    clients: list[httpx.Client]
    running: list[Traffic]

    def are_answered_by(self, *versions: int) -> None:
        """Wait until every gateway answers by these versions."""
        all_answer(self.clients, *versions)


@pytest.fixture
def callers(site: Site) -> Iterator[Callers]:
    """Callers of a release that serves version 1."""
    site.deploy()
    with site.reached() as ways, ExitStack() as stack:
        clients = [stack.enter_context(way.client()) for way in ways]
        wait_until("The first version", lambda: version(clients[0], 1).get("state") == "stable", timeout_s=WAIT_S)
        all_answer(clients, 1)
        with calling(ways, site.folder) as running:
            yield Callers(clients, running)


@pytest.mark.timeout(2400, func_only=True)
def test_a_retrain_its_canary_promotion_and_rollback_cost_no_request(
    site: Site, callers: Callers, *, retrains: bool
) -> None:
    (one, other), first = callers.clients, site.pods(SLOT_A)
    assert not succeeds(lambda: site.service(SLOT_B))
    bring_version_2(site, one, other, in_a_pod=retrains)
    wait_until("The proof", lambda: version(one, 2).get("proven") is True, timeout_s=WAIT_S)
    done(one, "versions/2/canary", weight=40)
    callers.are_answered_by(1, 2)
    other_jobs(one, in_pods=retrains)
    done(one, "versions/2/promote")
    callers.are_answered_by(2)
    # A sync by Helm changes no slot: they are the gateway's.
    install(RELEASE, site.namespace, site.values, site.cluster.kubeconfig)
    callers.are_answered_by(2)
    done(other, "rollback")
    callers.are_answered_by(1)
    wait_until("The end of the second slot", lambda: site.pods(SLOT_B) == set(), timeout_s=WAIT_S)
    callers.are_answered_by(1)
    assert [some.failures() for some in callers.running] == [{}, {}]
    assert all(some.outcomes["200"] > ENOUGH for some in callers.running)
    assert site.pods(SLOT_A) == first
    is_stopped(site)
    may_do(site)


def bring_version_2(site: Site, one: httpx.Client, other: httpx.Client, *, in_a_pod: bool) -> None:
    """By a retrain in the cluster, where the suite was asked for it."""
    if in_a_pod:
        retrain_in_a_pod(site, one, other)
    else:
        site.publish(2)


def retrain_in_a_pod(site: Site, one: httpx.Client, other: httpx.Client) -> None:
    """A Job like the trainer's CronJob publishes version 2 into the bucket, and both gateways tell of it."""
    job = retraining.job(one, f"{MODEL}/retrain", note="in a pod")
    assert job["state"] == "succeeded", (job["reason"], job["log"])
    assert (job["champion"], job["result"]["published"]) == (1, 2)
    told = retraining.told(other, job)
    assert [data["state"] for kind, data in told if kind == "state"][-2:] == ["running", "succeeded"]
    assert {"training", "publishing"} <= {data["stage"] for kind, data in told if kind == "progress"}
    made, trainer = retraining.pods(site.cluster, site.namespace, job)
    assert made == trainer


def other_jobs(client: httpx.Client, *, in_pods: bool) -> None:
    """An evaluation and a drift report of version 2, where the suite was asked for jobs."""
    if not in_pods:
        return
    evaluated = retraining.job(client, f"{MODEL}/evaluate", version=2)
    assert evaluated["state"] == "succeeded", (evaluated["reason"], evaluated["log"])
    found = evaluated["result"]
    assert (found["version"], found["data"], found["evaluation"]["split"]) == (2, "test", "test")
    assert found["server"].startswith("Triton ")
    reported = retraining.job(client, f"{MODEL}/drift/report", version=2, window_s=3600)
    assert reported["state"] == "succeeded", (reported["reason"], reported["log"])
    assert reported["result"]["predictions"] >= ENOUGH


def is_stopped(site: Site) -> None:
    """The slot keeps what it served, does nothing, and goes with the chart."""
    told, uri = site.service(SLOT_B), site.values["store"]["uri"]
    assert told["metadata"]["annotations"]["serving.kserve.io/stop"] == "true"
    assert told["spec"]["predictor"]["model"]["storageUri"].rstrip("/") == f"{uri}/tiny-v2"
    assert [one["kind"] for one in told["metadata"]["ownerReferences"]] == ["ConfigMap"]


def may_do(site: Site) -> None:
    """The gateway's account may own its two slots and make Jobs, and nothing else."""
    assert all(site.may(verb, f"inferenceservices/{slot}") for verb in ("get", "patch") for slot in (SLOT_A, SLOT_B))
    assert all(site.may(verb, "jobs.batch") for verb in ("create", "get", "delete"))
    for forbidden in (
        ("patch", "inferenceservices/other"),
        ("create", "inferenceservices"),
        ("delete", f"inferenceservices/{SLOT_A}"),
        ("list", "inferenceservices"),
        ("get", "secrets"),
        ("create", "pods"),
        ("patch", "jobs.batch"),
        ("create", "cronjobs.batch"),
        ("patch", "deployments"),
        ("patch", f"configmaps/{RELEASE}-slots"),
    ):
        assert not site.may(*forbidden), forbidden
