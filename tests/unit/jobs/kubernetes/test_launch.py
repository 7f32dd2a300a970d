"""Launching a job on Kubernetes, over real HTTP with the official client."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from contract.jobs.documents import JobKind
from gateway.jobs.errors import LauncherAway, LaunchFailed
from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.launcher import Claimed
from gateway.kubernetes.place import Place
from tests.support.kubernetes_api import CRON_JOB, NAMESPACE, Cluster, Fault, kubeconfig, serve_kubernetes
from tests.unit.jobs.kubernetes import trainer

RFC_1123 = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


def made(cluster: Cluster) -> dict[str, Any]:
    (_, body), *more = cluster.sent("POST")
    assert not more
    sent: dict[str, Any] = json.loads(body)
    return sent


def as_bytes(value: Any) -> bytes:
    """With its keys in the order that they came in."""
    return json.dumps(value).encode()


async def test_the_pod_is_the_cron_job_s_byte_for_byte_whatever_fields_it_has(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    await launcher.launch(job)

    assert as_bytes(made(cluster)["spec"]["template"]["spec"]) == as_bytes(trainer.POD)


async def test_all_else_that_the_cron_job_says_of_its_jobs_is_copied_too(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    await launcher.launch(job)

    copied, wanted = made(cluster)["spec"], trainer.CRON_JOB["spec"]["jobTemplate"]["spec"]
    assert {**copied, "template": None} == {**wanted, "template": None}
    assert copied["template"]["metadata"]["labels"] == wanted["template"]["metadata"]["labels"]


async def test_only_the_pod_s_annotations_say_which_job_it_is(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    await launcher.launch(job)

    sent = made(cluster)
    assert sent["spec"]["template"]["metadata"]["annotations"] == {
        "sidecar.example.test/inject": "false",
        "trireme.dev/job": job.id,
        "trireme.dev/attempt": "2",
    }
    assert sent["metadata"]["labels"]["trireme.dev/job"] == job.id
    assert set(sent["metadata"]) == {"name", "labels", "annotations", "ownerReferences"}


async def test_it_goes_when_the_cron_job_goes(launcher: KubernetesLauncher, cluster: Cluster, job: Claimed) -> None:
    await launcher.launch(job)

    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": CRON_JOB, "uid": trainer.CRON_JOB["metadata"]["uid"]}
    assert made(cluster)["metadata"]["ownerReferences"] == [{**owner, "controller": True}]


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize("attempt", [1, 100])
async def test_its_name_is_a_name_to_kubernetes_and_the_same_each_time(
    launcher: KubernetesLauncher, cluster: Cluster, kind: JobKind, attempt: int
) -> None:
    job = Claimed("019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f", "m", kind, attempt, 1)

    await launcher.launch(job)
    await launcher.launch(job)

    assert len(cluster.jobs) == 1
    assert re.fullmatch(RFC_1123, next(iter(cluster.jobs)))


async def test_another_attempt_is_another_job(launcher: KubernetesLauncher, cluster: Cluster, job: Claimed) -> None:
    await launcher.launch(job)
    await launcher.launch(Claimed(job.id, job.model, job.kind, job.attempt + 1, job.time_limit_s))

    assert len(cluster.jobs) == 2


async def test_an_answer_that_is_lost_launches_nothing_twice(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    cluster.faults.append(Fault("POST", "/jobs", after=True, times=1))

    with pytest.raises(LaunchFailed, match="Kubernetes can't be reached") as failed:
        await launcher.launch(job)
    assert failed.value.again
    await launcher.launch(job)

    assert len(cluster.jobs) == 1


async def test_without_null_maps_and_with_them_the_copy_is_the_same(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    template = cluster.cron_jobs[CRON_JOB]["spec"]["jobTemplate"]
    template["metadata"] = None
    del template["spec"]["template"]["metadata"]

    await launcher.launch(job)

    annotations = {"trireme.dev/job": job.id, "trireme.dev/attempt": "2"}
    assert made(cluster)["spec"]["template"]["metadata"] == {"annotations": annotations}


@pytest.mark.parametrize("suspend", [False, None, "true"])
async def test_a_cron_job_that_is_not_suspended_is_no_template(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed, suspend: object
) -> None:
    cluster.cron_jobs[CRON_JOB]["spec"]["suspend"] = suspend

    with pytest.raises(LaunchFailed, match="not suspended") as failed:
        await launcher.launch(job)

    assert not failed.value.again
    assert not cluster.jobs


async def test_a_cron_job_that_makes_no_sense_is_refused(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    cluster.cron_jobs[CRON_JOB]["spec"]["jobTemplate"] = {"spec": {"template": None}}

    with pytest.raises(LaunchFailed, match="none that can be copied"):
        await launcher.launch(job)


async def test_a_missing_cron_job_is_said(launcher: KubernetesLauncher, cluster: Cluster, job: Claimed) -> None:
    cluster.cron_jobs.clear()

    with pytest.raises(LaunchFailed, match=r"^The CronJob of the trainer is not there\.$") as failed:
        await launcher.launch(job)

    assert not failed.value.again


@pytest.mark.parametrize(
    ("method", "path", "status", "message", "says", "again"),
    [
        ("GET", "/cronjobs/", 403, "forbidden", "may not read the CronJob", False),
        ("POST", "/jobs", 403, "forbidden: no", "may not make Jobs", False),
        ("POST", "/jobs", 403, "exceeded quota: count/jobs", "quota leaves no room", True),
        ("POST", "/jobs", 422, "ValidatingAdmissionPolicy denied", "refuses the job's Job", False),
        ("GET", "/cronjobs/", 500, "", "can't be reached", True),
        ("POST", "/jobs", 503, "", "can't be reached", True),
        ("POST", "/jobs", 429, "", "can't be reached", True),
        ("POST", "/jobs", 401, "", "can't be reached", True),
        ("POST", "/jobs", 0, "", "can't be reached", True),
    ],
)
async def test_each_refusal_is_one_sentence_in_our_own_words(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed, method: str, path: str, status: int, message: str,
    says: str, again: bool,
) -> None:  # fmt: skip
    cluster.faults.append(Fault(method, path, status, message))

    with pytest.raises(LaunchFailed, match=says) as failed:
        await launcher.launch(job)

    assert failed.value.again is again
    assert message not in failed.value.detail or not message


async def test_an_api_server_that_says_nothing_is_given_up_in_time(
    cluster: Cluster, job: Claimed, tmp_path: Path
) -> None:
    cluster.faults.append(Fault("GET", "/cronjobs/", delay_s=1.0, times=1))
    place = Place(NAMESPACE, kubeconfig(tmp_path, cluster.url))
    launcher = KubernetesLauncher(JobApi(place, 0.1), CRON_JOB, pull_s=300)

    began = time.monotonic()
    with pytest.raises(LaunchFailed, match="can't be reached"):
        await launcher.launch(job)

    assert time.monotonic() - began < 0.9
    await launcher.close()


async def test_an_api_server_that_restarts_is_asked_again(job: Claimed, tmp_path: Path) -> None:
    cluster = Cluster(cron_jobs={CRON_JOB: trainer.CRON_JOB})
    with serve_kubernetes(cluster):
        port = int(cluster.url.rpartition(":")[2])
        launcher = KubernetesLauncher(
            JobApi(Place(NAMESPACE, kubeconfig(tmp_path, cluster.url)), 5.0), CRON_JOB, pull_s=300
        )
        await launcher.launch(job)

    with pytest.raises(LauncherAway, match="can't be reached"):
        await launcher.look(job)
    with serve_kubernetes(cluster, port):
        assert (await launcher.look(job)).fate.value == "running"
    await launcher.close()


async def test_the_account_s_token_is_shown(launcher: KubernetesLauncher, cluster: Cluster, job: Claimed) -> None:
    await launcher.launch(job)

    assert set(cluster.tokens) == {"Bearer the-token"}
