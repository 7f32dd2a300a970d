"""A retrain and its rollout on a real cluster: a Job, then the gateway's two slots, under callers who never stop."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.names import ModelVersion
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import KubectlFailed
from tests.cluster.kit.kubectl import Object, succeeds, wait_until
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving import accounts, postgres, retraining
from tests.cluster.serving.chart import install
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.clients import Access, Traffic, traffic
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES, TRAINING
from tests.cluster.serving.pictures import Picture, Published
from tests.integration.rollout.test_laptop import PICTURE, publish

RELEASE, SLOT_A, SLOT_B = "sail", "tiny-a", "tiny-b"
MODEL = "/v1/models/tiny"
ACCOUNT = "system:serviceaccount:{namespace}:sail-gateway"
SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
VALUES: dict[str, Any] = {
    "model": {
        "name": "tiny",
        "resources": SMALL,
    },
    "store": {"uri": "pvc://models"},
    "modelServer": {"image": MODEL_SERVER.name, "drainSeconds": 8, "stopSeconds": 5},
    "rollout": {"enabled": True, "policies": {"tiny": {"start": "wait"}}},
    "jobs": retraining.values("tiny"),
    "admission": {"enabled": True},
    "gateway": {
        "image": GATEWAY.name,
        "auth": {"secret": accounts.SECRET},
        "database": {"secret": postgres.SECRET},
        "replicas": 2,
        "settings": {"GATEWAY_RATE_LIMITS": "[]"},
        "resources": SMALL,
    },
}
WAIT_S = 300
"""For what takes seconds on a machine that does nothing else."""
ENOUGH = 40
"""Requests after which a version with a share of 40 percent has answered one."""


@dataclass(frozen=True)
class Site:
    """A release in a namespace, its claim, and a place where versions are made."""

    cluster: Cluster
    namespace: str
    claim: Claim
    folder: Path
    stand_in: str
    retrains: bool
    """Whether there is the trainer's image."""

    def fill(self) -> None:
        """Put a version of `tiny`, and pictures to retrain it on, into the claim, which becomes the trainer's."""
        publish(self.folder, 1)
        for folder in (self.folder / ModelVersion("tiny", 1).triton_name, retraining.write_pictures(self.folder)):
            self.claim.copy(folder, self.stand_in)
        self.claim.give(retraining.USER, self.stand_in)

    def publish(self, version: int) -> None:
        """Put another version of `tiny` into the claim, as a trainer outside the cluster does."""
        publish(self.folder, version)
        self.claim.copy(self.folder / ModelVersion("tiny", version).triton_name, self.stand_in)

    def deploy(self, **values: Any) -> None:
        """Install the chart or upgrade it, and wait for the gateways."""
        install(RELEASE, self.namespace, VALUES | values, self.cluster.kubeconfig)
        self.cluster.kubectl.rolled_out(f"deployment/{RELEASE}-gateway", namespace=self.namespace, timeout_s=WAIT_S)

    def service(self, slot: str) -> Object:
        """An InferenceService."""
        return self.cluster.kubectl.get(f"inferenceservice/{slot}", namespace=self.namespace)

    def pods(self, slot: str) -> set[str]:
        """The pods of a slot that are not on their way out."""
        label = f"serving.kserve.io/inferenceservice={slot}"
        found = json.loads(self.cluster.kubectl.run("get", "pods", "-l", label, "-n", self.namespace, "-o", "json"))
        return {pod["metadata"]["name"] for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]}

    def gateways(self) -> list[str]:
        """The gateways' pods."""
        label = "app.kubernetes.io/component=gateway"
        found = json.loads(self.cluster.kubectl.run("get", "pods", "-l", label, "-n", self.namespace, "-o", "json"))
        return [pod["metadata"]["name"] for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    @contextmanager
    def reached(self, key: str = "") -> Iterator[list[Access]]:
        """A way to each gateway."""
        with ExitStack() as stack:
            ways = [forwarded(self.cluster.kubectl, self.namespace, f"pod/{pod}", 8080) for pod in self.gateways()]
            addresses = [stack.enter_context(way) for way in ways]
            yield [Access(address, key or accounts.new_key(addresses[0], "admin")) for address in addresses]

    def may(self, *what: str) -> bool:
        """Whether the gateway's account may do something."""
        account = ACCOUNT.format(namespace=self.namespace)
        try:
            self.cluster.kubectl.run("auth", "can-i", *what, "--as", account, "-n", self.namespace)
        except KubectlFailed:
            return False
        return True


@pytest.fixture
def site(cluster: Cluster, settings: ClusterSettings, namespace: str, stand_in: str, tmp_path: Path) -> Iterator[Site]:
    retrains = "retrain" in settings.addons
    for source in (GATEWAY, MODEL_SERVER, POSTGRES, *([TRAINING] if retrains else [])):
        cluster.build_and_load(source)
    cluster.kubectl.apply([*postgres.server(namespace), accounts.secret()], namespace=namespace)
    claim = Claim(cluster, namespace, "models")
    claim.make()
    (tmp_path / "repository").mkdir()
    found = Site(cluster, namespace, claim, tmp_path / "repository", stand_in, retrains)
    found.fill()
    cluster.kubectl.wait("condition=Ready", "pod/postgres", namespace=namespace, timeout_s=WAIT_S)
    yield found
    claim.remove()


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
def test_a_retrain_its_canary_promotion_and_rollback_cost_no_request(site: Site, callers: Callers) -> None:
    (one, other), first = callers.clients, site.pods(SLOT_A)
    assert not succeeds(lambda: site.service(SLOT_B))
    bring_version_2(site, one, other)
    wait_until("The proof", lambda: version(one, 2).get("proven") is True, timeout_s=WAIT_S)
    done(one, "versions/2/canary", weight=40)
    callers.are_answered_by(1, 2)
    done(one, "versions/2/promote")
    callers.are_answered_by(2)
    # A sync by Helm changes no slot: they are the gateway's.
    install(RELEASE, site.namespace, VALUES, site.cluster.kubeconfig)
    callers.are_answered_by(2)
    done(other, "rollback")
    callers.are_answered_by(1)
    wait_until("The end of the second slot", lambda: site.pods(SLOT_B) == set(), timeout_s=WAIT_S)
    callers.are_answered_by(1)
    assert [some.failures() for some in callers.running] == [{}, {}]
    assert all(some.outcomes["200"] > ENOUGH for some in callers.running)
    assert site.pods(SLOT_A) == first
    is_stopped(site.service(SLOT_B))
    may_do(site)


def bring_version_2(site: Site, one: httpx.Client, other: httpx.Client) -> None:
    """By a retrain in the cluster, where the suite was asked for it."""
    if site.retrains:
        retrain_in_a_pod(site, one, other)
    else:
        site.publish(2)


def retrain_in_a_pod(site: Site, one: httpx.Client, other: httpx.Client) -> None:
    """A Job like the trainer's CronJob publishes version 2, and both gateways tell of it."""
    job = retraining.retrained(one, "tiny")
    assert job["state"] == "succeeded", (job["reason"], job["log"])
    assert (job["champion"], job["result"]["published"]) == (1, 2)
    told = retraining.told(other, job)
    assert [data["state"] for kind, data in told if kind == "state"][-2:] == ["running", "succeeded"]
    assert {"training", "publishing"} <= {data["stage"] for kind, data in told if kind == "progress"}
    made, trainer = retraining.pods(site.cluster, site.namespace, job)
    assert made == trainer


def is_stopped(told: Object) -> None:
    """The slot keeps what it served, does nothing, and goes with the chart."""
    assert told["metadata"]["annotations"]["serving.kserve.io/stop"] == "true"
    assert told["spec"]["predictor"]["model"]["storageUri"] == "pvc://models/tiny-v2"
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
