"""What the gateway's account may do in a real cluster, tried with its own token, as whoever took it over would."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.launcher import Fate
from gateway.kubernetes.errors import ApiRefused
from gateway.rollout.slots.api import SlotApi
from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object, succeeds, wait_until
from tests.cluster.serving.chart import HelmFailed, helm
from tests.cluster.serving.escapes import JOB_ESCAPES, SLOT_ESCAPES
from tests.cluster.serving.held import JOB, WAIT_S, Held, hold, values

CHART = Path(__file__).parents[2] / "helm" / "trireme"


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"admission-{uuid4().hex[:8]}"
    metadata = {"name": name, "labels": RESTRICTED}
    cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    yield name
    cluster.kubectl.delete(f"namespace/{name}", wait=False)


@pytest.fixture(scope="module")
def held(cluster: Cluster, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    yield hold(cluster, namespace, "sail", "tiny", tmp_path_factory.mktemp("held"))
    helm("uninstall", "sail", "--namespace", namespace, kubeconfig=cluster.kubeconfig)
    policies = cluster.kubectl.run("get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name")
    assert f"trireme.{namespace}.sail" not in policies


@pytest.mark.parametrize("part", ["jobs", "replicas", "slots"])
def test_the_api_server_understands_every_rule(cluster: Cluster, held: Held, part: str) -> None:
    name = f"validatingadmissionpolicy/trireme.{held.namespace}.sail.{part}"
    wait_until("The look at types", lambda: "typeChecking" in status(cluster, name), timeout_s=WAIT_S)
    assert not status(cluster, name)["typeChecking"].get("expressionWarnings")


def status(cluster: Cluster, name: str) -> Object:
    return dict(cluster.kubectl.get(name).get("status") or {})


async def test_the_gateway_makes_follows_and_ends_its_jobs(cluster: Cluster, held: Held) -> None:
    launcher = KubernetesLauncher(JobApi(held.place, 30.0), "sail-trainer", pull_s=300)
    await launcher.launch(JOB)
    jobs = cluster.kubectl.get("jobs", namespace=held.namespace)["items"]
    assert [job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] for job in jobs] == ["manual"]
    assert (await launcher.look(JOB)).fate is Fate.RUNNING
    await launcher.end(JOB)
    await launcher.close()


def test_the_gateway_makes_changes_and_stops_its_slots(cluster: Cluster, held: Held) -> None:
    api = SlotApi(held.place, "sail-slots")
    for version in (1, 999_999_999):
        api.apply(held.slot(version))
    stopped = held.slot(2)
    stopped["metadata"]["annotations"]["serving.kserve.io/stop"] = "true"
    api.apply(stopped)
    found = api.find("tiny-a")
    api.close()
    assert found is not None
    assert found["spec"]["predictor"]["model"]["storageUri"] == "pvc://models/published/tiny-v2"
    # What others write there is no reason to refuse what the gateway says.
    change = '{"metadata": {"labels": {"team": "ml"}}, "spec": {"predictor": {"maxReplicas": 4}}}'
    cluster.kubectl.run("patch", "inferenceservice/tiny-a", "-n", held.namespace, "--type=merge", "-p", change)
    held.make(held.slot(3))


@pytest.mark.parametrize("escape", JOB_ESCAPES)
def test_a_job_that_is_no_copy_of_the_trainer_is_refused(held: Held, escape: str) -> None:
    change, message = JOB_ESCAPES[escape]
    said = held.refusal(held.job(), change)
    assert f"trireme.{held.namespace}.sail.jobs" in said
    assert message in said


@pytest.mark.parametrize("escape", SLOT_ESCAPES)
def test_an_inference_service_that_is_not_the_template_is_refused(held: Held, escape: str) -> None:
    change, message = SLOT_ESCAPES[escape]
    # The other slot: it is not there yet, so nothing of it stood before.
    made = held.slot() | {}
    made["metadata"]["name"] = "tiny-b"
    said = held.refusal(made, change)
    assert f"trireme.{held.namespace}.sail.slots" in said
    assert message in said


def test_a_slot_that_is_there_can_not_be_changed_into_what_it_must_not_be(held: Held) -> None:
    change, message = SLOT_ESCAPES["environment from a Secret"]
    assert message in held.refusal(held.slot(), change)


@pytest.mark.parametrize(
    "what",
    [
        ("get", "secrets"),
        ("create", "pods"),
        ("create", "pods/exec"),
        ("create", "serviceaccounts/token"),
        ("patch", "jobs"),
        ("patch", "cronjobs/sail-trainer"),
        ("get", "cronjobs/other"),
        ("patch", "configmaps/sail-slots"),
        ("patch", "inferenceservices/other"),
        ("delete", "inferenceservices/tiny-a"),
        ("patch", "validatingadmissionpolicies"),
        ("delete", "validatingadmissionpolicybindings"),
    ],
    ids=" ".join,
)
def test_what_is_not_listed_rbac_refuses(held: Held, what: tuple[str, str]) -> None:
    assert not held.may(*what)


def test_others_are_not_held(cluster: Cluster, held: Held) -> None:
    job = held.job()
    JOB_ESCAPES["image"][0](job)
    cluster.kubectl.apply([job], namespace=held.namespace, dry_run=True)


def test_releases_stand_side_by_side_each_held_to_its_own(cluster: Cluster, held: Held, tmp_path: Path) -> None:
    other = hold(cluster, held.namespace, "other", "pets", tmp_path)
    other.make(other.job())
    other.make(other.slot())
    held.make(held.job())
    foreign: Object = held.job()
    assert f"trireme.{held.namespace}.other.jobs" in other.refusal(foreign, lambda _: None)
    helm("uninstall", "other", "--namespace", held.namespace, kubeconfig=cluster.kubeconfig)
    assert held.refusal(held.job(), JOB_ESCAPES["image"][0])


def test_an_old_kserve_is_refused_and_a_new_one_is_not(cluster: Cluster, namespace: str) -> None:
    for version, is_taken in (("0.19.3", False), ("0.20.0-rc0", True), ("0.21.0", True)):
        cluster.kubectl.apply([controller(f"kserve/kserve-controller:v{version}")], namespace=namespace)
        given = (*("upgrade", "--install", "old", str(CHART)), "--namespace", namespace, "--dry-run=server")
        asked = values("old") | {"kserve": {"namespace": namespace}}
        if is_taken:
            helm(*given, values=asked, kubeconfig=cluster.kubeconfig)
            continue
        with pytest.raises(HelmFailed, match=r"This cluster has KServe 0\.19, and the chart needs 0\.20 or newer"):
            helm(*given, values=asked, kubeconfig=cluster.kubeconfig)
    assert succeeds(lambda: cluster.kubectl.delete("deployment/kserve-controller-manager", namespace=namespace))


def controller(image: str) -> Object:
    """What looks like KServe's controller, and runs nowhere."""
    labels = {"app": "kserve-controller-manager"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "manager", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "kserve-controller-manager"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod},
    }


def test_a_slot_gets_more_replicas_up_to_the_bound_and_never_fewer(cluster: Cluster, held: Held) -> None:
    cluster.kubectl.apply([deployment("tiny-b-predictor", held.namespace)])
    api = SlotApi(held.place, "sail-slots")
    api.scale("tiny-b-predictor", 3)
    assert api.replicas("tiny-b-predictor") == 3
    for replicas, why in ((4, "no more replicas than"), (2, "takes no replicas away")):
        with pytest.raises(ApiRefused, match=why):
            api.scale("tiny-b-predictor", replicas)
    with pytest.raises(ApiRefused, match="forbidden"):
        api.scale("sail-gateway", 1)
    assert api.replicas("tiny-b-predictor") == 3
    api.close()


def deployment(name: str, namespace: str) -> Object:
    labels = {"app": name}
    containers = [{"name": "c", "image": "trireme.test/nothing:none"}]
    pod = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
