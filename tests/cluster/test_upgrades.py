"""From an earlier chart to this one, from pinned to rollouts, and syncs after a promotion: no caller sees any of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object, wait_until
from tests.cluster.serving import accounts, postgres
from tests.cluster.serving.callers import Callers
from tests.cluster.serving.chart import CHART, helm, install
from tests.cluster.serving.claims import Claim
from tests.cluster.serving.clients import Access, history
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES
from tests.cluster.serving.previous import Previous, previous
from tests.cluster.serving.site import MODEL, RELEASE, SLOT_A, SLOT_B, VALUES, WAIT_S, Site
from tests.cluster.test_rollout import version
from tests.integration.rollout.test_laptop import PICTURE

PINNED: dict[str, Any] = {name: value for name, value in VALUES.items() if name not in {"rollout", "admission"}} | {
    "model": {**VALUES["model"], "version": 1},
}
GATEWAY_PODS = "app.kubernetes.io/component=gateway"
GATEWAYS = f"deployment/{RELEASE}-gateway"
pytestmark = [pytest.mark.timeout(900, func_only=True), pytest.mark.usefixtures("upgrades")]


@pytest.fixture(scope="module")
def before(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Previous:
    found = previous(tmp_path_factory.mktemp("previous"))
    for source in (GATEWAY, found.gateway, MODEL_SERVER, POSTGRES):
        cluster.build_and_load(source)
    return found


@pytest.fixture(scope="module")
def site(cluster: Cluster, before: Previous, stand_in: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The earlier release, pinned to version 1, in a store that has a version 2."""
    namespace = f"upgrades-{uuid4().hex[:8]}"
    metadata = {"name": namespace, "labels": RESTRICTED}
    cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    cluster.kubectl.apply([*postgres.server(namespace), accounts.secret()], namespace=namespace)
    claim = Claim(cluster, namespace, "models")
    claim.make()
    folder = tmp_path_factory.mktemp("laptop") / "repository"
    folder.mkdir()
    found = Site(cluster, namespace, folder, partial(claim.copy, image=stand_in), PINNED)
    found.publish(1)
    found.publish(2)
    cluster.kubectl.wait("condition=Ready", "pod/postgres", namespace=namespace, timeout_s=WAIT_S)
    found.deploy(chart=before.chart, gateway={**VALUES["gateway"], "image": before.gateway.name})
    yield found
    claim.remove()
    cluster.kubectl.delete(f"namespace/{namespace}", wait=False)


@pytest.fixture(scope="module")
def callers(site: Site) -> Callers:
    site.cluster.kubectl.wait(
        "condition=Ready", f"inferenceservice/{SLOT_A}", namespace=site.namespace, timeout_s=WAIT_S
    )
    with site.reached() as (way, *_):
        key = way.key
    found = Callers(site.cluster.kubectl, site.namespace)
    found.start(f"http://{RELEASE}-gateway{MODEL}/predict", key, PICTURE)
    return found


def storage_uri(site: Site, slot: str) -> str:
    return str(site.service(slot)["spec"]["predictor"]["model"]["storageUri"])


def managers(service: Object) -> set[str]:
    shown = service["metadata"].get("managedFields", [])
    return {one["manager"] for one in shown}


def runtimes(site: Site) -> set[str]:
    found = site.cluster.kubectl.run("get", "servingruntimes", "-n", site.namespace, "-o", "name").split()
    return {one.partition("/")[2] for one in found}


def runtimes_in_use(site: Site) -> set[str]:
    return {str(site.service(slot)["spec"]["predictor"]["model"]["runtime"]) for slot in (SLOT_A, SLOT_B)}


def predict(way: Access) -> dict[str, Any]:
    with way.client() as client:
        answer = client.post(f"{MODEL}/predict", content=PICTURE, headers={"Content-Type": "image/png"})
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


def images(site: Site) -> dict[str, str]:
    """The image of each gateway that is ready."""
    return {pod["metadata"]["name"]: image_of(pod) for pod in site.found(GATEWAY_PODS) if is_ready(pod)}


def image_of(pod: Object) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def is_ready(pod: Object) -> bool:
    found = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)


def settled(site: Site) -> None:
    """The newest gateways and the newest replicas of the stable slot, and nothing else."""
    for workload in (GATEWAYS, f"deployment/{SLOT_A}-predictor"):
        site.cluster.kubectl.rolled_out(workload, namespace=site.namespace, timeout_s=WAIT_S)


def test_two_gateway_versions_share_one_database_and_an_upgrade_fails_no_request(
    site: Site, callers: Callers, before: Previous, calm: float
) -> None:
    assert set(images(site).values()) == {before.gateway.name}
    install(RELEASE, site.namespace, PINNED, site.cluster.kubeconfig)
    both = {before.gateway.name, GATEWAY.name}
    wait_until("The first new pod", lambda: {image_of(pod) for pod in site.found(GATEWAY_PODS)} == both, timeout_s=60)
    site.cluster.kubectl.run("rollout", "pause", GATEWAYS, "-n", site.namespace)
    wait_until("Two versions side by side", lambda: set(images(site)) == set(site.gateways()), timeout_s=WAIT_S)
    assert set(images(site).values()) == both
    with site.reached() as ways:
        answered = {predict(way)["id"] for way in ways}
        for way in ways:
            with way.client() as client:
                wait_until("One history", lambda found=client: answered <= history(found), timeout_s=60)  # type: ignore[misc]
    callers.more()
    site.cluster.kubectl.run("rollout", "resume", GATEWAYS, "-n", site.namespace)
    settled(site)
    callers.more()
    assert callers.bad(calm) == []
    assert set(images(site).values()) == {GATEWAY.name}


def test_what_is_pinned_is_left_to_git(site: Site, callers: Callers) -> None:
    service = json.loads(
        site.cluster.kubectl.run(
            "get", f"inferenceservice/{SLOT_A}", "-n", site.namespace, "-o", "json", "--show-managed-fields"
        )
    )
    assert "trireme-gateway" not in managers(service)
    assert storage_uri(site, SLOT_A) == "pvc://models/tiny-v1"
    assert not any(site.may(verb, f"inferenceservices/{SLOT_A}") for verb in ("get", "patch", "delete"))


def test_from_pinned_to_rollouts_no_request_fails(site: Site, callers: Callers, calm: float) -> None:
    site.cluster.kubectl.run(
        "annotate", f"inferenceservice/{SLOT_A}", "helm.sh/resource-policy=keep", "-n", site.namespace
    )
    site.deploy(**VALUES)
    with releaser(site) as client:
        wait_until("The first version", lambda: version(client, 1).get("state") == "stable", timeout_s=WAIT_S)
        wait_until("The proof", lambda: version(client, 2).get("proven") is True, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []
    assert storage_uri(site, SLOT_A) == "pvc://models/tiny-v1"


@contextmanager
def releaser(site: Site) -> Iterator[httpx.Client]:
    """Somebody at one of the gateways who may release."""
    with ExitStack() as stack:
        way, *_ = stack.enter_context(site.reached())
        yield stack.enter_context(way.client())


def test_no_sync_undoes_a_promotion(site: Site, callers: Callers, calm: float, tmp_path: Path) -> None:
    with releaser(site) as client:
        client.post(f"{MODEL}/versions/2/promote", json={}).raise_for_status()
        wait_until("The promotion", lambda: version(client, 2).get("state") == "stable", timeout_s=WAIT_S)
        token = client.post("/v1/auth/token", json={"username": "admin", "password": accounts.PASSWORD})
        signed = token.raise_for_status().json()["access_token"]
    site.deploy(**VALUES)
    applied(site, tmp_path)
    changed = {**VALUES["modelServer"], "drainSeconds": 6}
    site.deploy(**{**VALUES, "modelServer": changed})
    wait_until("The changed runtime", lambda: runtimes_in_use(site) <= runtimes(site), timeout_s=60)
    site.cluster.kubectl.rolled_out(f"deployment/{SLOT_B}-predictor", namespace=site.namespace, timeout_s=WAIT_S)
    callers.more()
    assert callers.bad(calm) == []
    assert storage_uri(site, SLOT_B) == "pvc://models/tiny-v2"
    # The signing keys are the same, too.
    headers = {"Authorization": f"Bearer {signed}"}
    with site.reached() as (way, *_), httpx.Client(base_url=f"http://{way.address}", headers=headers) as client:
        assert version(client, 2).get("state") == "stable"


def applied(site: Site, folder: Path) -> None:
    """Apply what the chart renders to by `kubectl apply -k`, as those do who have no Helm."""
    given = ("--namespace", site.namespace, "--skip-tests")
    (folder / "trireme.yaml").write_text(helm("template", RELEASE, str(CHART), *given, values=VALUES))
    overlay = {"resources": ["trireme.yaml"], "namespace": site.namespace}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    site.cluster.kubectl.run("apply", "-k", str(folder))
    site.cluster.kubectl.rolled_out(GATEWAYS, namespace=site.namespace, timeout_s=WAIT_S)
