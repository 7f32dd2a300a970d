"""What is seen of jobs on Kubernetes, and how they are ended."""

from typing import Any

import pytest

from gateway.jobs.errors import LauncherAway
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.launcher import Claimed, Fate, Sighting
from tests.support.kubernetes_api import Cluster, Fault
from tests.unit.jobs.kubernetes.conftest import Hand

Raw = dict[str, Any]


def over(kind: str, reason: str = "") -> Raw:
    return {"conditions": [{"type": kind, "status": "True", "reason": reason}]}


def container(state: Raw, name: str = "trainer") -> Raw:
    return {"containerStatuses": [{"name": name, "state": state}]}


def exited(code: int, reason: str = "Error") -> Raw:
    return container({"terminated": {"exitCode": code, "reason": reason}})


def waiting(reason: str) -> Raw:
    return container({"waiting": {"reason": reason, "message": "registry.internal.test refused"}})


@pytest.fixture
async def launched(launcher: KubernetesLauncher, cluster: Cluster, job: Claimed, name: str) -> Raw:
    await launcher.launch(job)
    found: Raw = cluster.jobs[name]
    return found


async def test_a_job_that_was_just_made_runs(launcher: KubernetesLauncher, launched: Raw, job: Claimed) -> None:
    assert await launcher.look(job) == Sighting(Fate.RUNNING)


async def test_one_that_was_never_made_or_was_removed_is_gone(launcher: KubernetesLauncher, job: Claimed) -> None:
    assert await launcher.look(job) == Sighting(Fate.GONE, "The job's Kubernetes Job is not there any more.")


async def test_one_that_completed_is_gone_and_nobody_asks_why(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str
) -> None:
    launched["status"] = over("Complete")
    cluster.add_pod(name, exited(0, "Completed"))

    assert await launcher.look(job) == Sighting(Fate.GONE)


@pytest.mark.parametrize(
    ("condition", "pod", "says"),
    [
        ("PodFailurePolicy", {"reason": "Evicted", **exited(137)}, "evicted"),
        ("BackoffLimitExceeded", exited(137, "OOMKilled"), "more memory than it may"),
        ("DeadlineExceeded", None, "longer than its Kubernetes Job may"),
        ("BackoffLimitExceeded", {"conditions": [{"type": "DisruptionTarget", "status": "True"}]}, "taken from its"),
        ("BackoffLimitExceeded", exited(3), r"ended with status 3\.$"),
    ],
)
async def test_one_that_failed_says_why(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str,
    condition: str, pod: Raw | None, says: str,
) -> None:  # fmt: skip
    launched["status"] = over("Failed", condition)
    if pod is not None:
        cluster.add_pod(name, pod)

    seen = await launcher.look(job)

    assert seen.fate is Fate.GONE
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(seen.reason)


async def test_the_last_line_of_its_log_is_told_without_control_characters_and_short(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str
) -> None:
    launched["status"] = over("Failed", "BackoffLimitExceeded")
    cluster.add_pod(name, exited(1))
    cluster.logs["pod/trainer"] = b"first\n\x1b[31mthe disk is full \xff" + b"x" * 30_000

    reason = (await launcher.look(job)).reason

    assert reason is not None
    assert reason.startswith("The job's container ended with status 1; it last wrote: [31mthe disk is full")
    assert len(reason) <= 500
    assert reason.isprintable()


async def test_where_logs_may_not_be_read_the_reason_is_told_without_them(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str
) -> None:
    launched["status"] = over("Failed", "BackoffLimitExceeded")
    cluster.add_pod(name, exited(1))
    cluster.faults.append(Fault("GET", "/log", 403))

    assert (await launcher.look(job)).reason == "The job's container ended with status 1."


async def test_where_pods_may_not_be_read_the_job_itself_says_that_it_is_over(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster
) -> None:
    launched["status"] = over("Failed", "DeadlineExceeded")
    cluster.faults.append(Fault("GET", "/pods", 403))

    assert (await launcher.look(job)).fate is Fate.GONE


async def test_a_pod_without_a_node_waits_and_that_is_no_fault(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str, clock: Hand
) -> None:
    cluster.add_pod(name, {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]})

    for clock.now in (0, 10_000):
        assert await launcher.look(job) == Sighting(Fate.RUNNING, "The job waits for a node that has room for it.")


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("ErrImagePull", "The image of the job can't be pulled."),
        ("ImagePullBackOff", "The image of the job can't be pulled."),
        ("CreateContainerConfigError", "The container of the job can't be made."),
    ],
)
async def test_an_image_that_does_not_come_is_waited_for_a_while_and_then_its_job_is_removed(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str, clock: Hand,
    reason: str, says: str,
) -> None:  # fmt: skip
    cluster.add_pod(name, waiting(reason))

    assert await launcher.look(job) == Sighting(Fate.RUNNING, says)
    clock.now = 299
    assert await launcher.look(job) == Sighting(Fate.RUNNING, says)
    assert not cluster.sent("DELETE")
    clock.now = 300
    assert await launcher.look(job) == Sighting(Fate.GONE, says)
    assert len(cluster.sent("DELETE")) == 1


async def test_an_image_that_comes_after_all_is_forgiven(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str, clock: Hand
) -> None:
    cluster.add_pod(name, waiting("ErrImagePull"))
    await launcher.look(job)
    cluster.add_pod(name, container({"running": {}}))
    clock.now = 200
    await launcher.look(job)
    cluster.add_pod(name, waiting("ErrImagePull"))
    clock.now = 400

    assert (await launcher.look(job)).fate is Fate.RUNNING


async def test_ending_a_job_removes_it_and_it_runs_until_its_pods_are_gone(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str
) -> None:
    await launcher.end(job)
    assert (await launcher.look(job)).fate is Fate.RUNNING
    del cluster.jobs[name]

    assert (await launcher.look(job)).fate is Fate.GONE
    assert cluster.sent("DELETE")[0][0].endswith(f"/{name}?propagationPolicy=Foreground")


async def test_ending_a_job_that_is_gone_is_nothing(
    launcher: KubernetesLauncher, cluster: Cluster, job: Claimed
) -> None:
    await launcher.end(job)

    assert len(cluster.sent("DELETE")) == 1


@pytest.mark.parametrize(
    ("status", "says"), [(500, "can't be reached"), (0, "can't be reached"), (403, "may not look after jobs")]
)
async def test_what_can_not_be_asked_now_is_not_taken_for_gone(
    launcher: KubernetesLauncher, launched: Raw, cluster: Cluster, job: Claimed, status: int, says: str
) -> None:
    cluster.faults += [Fault("GET", "/jobs/", status), Fault("DELETE", "/jobs/", status)]

    with pytest.raises(LauncherAway, match=says):
        await launcher.look(job)
    with pytest.raises(LauncherAway, match=says):
        await launcher.end(job)


@pytest.mark.parametrize("nonsense", [{"conditions": "all"}, {"conditions": [None, 3]}, [], {"conditions": None}])
async def test_a_status_of_another_shape_is_no_news(
    launcher: KubernetesLauncher, launched: Raw, job: Claimed, cluster: Cluster, name: str, nonsense: object
) -> None:
    launched["status"] = nonsense
    cluster.pods["pod"] = {"metadata": {"labels": {"batch.kubernetes.io/job-name": name}}, "status": nonsense}

    assert await launcher.look(job) == Sighting(Fate.RUNNING)
