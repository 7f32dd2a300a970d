"""Gateways whose jobs run on a Kubernetes API that is a stand-in; all else is real."""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from contract.errors import SettingsInvalid
from gateway.jobs.opening import launcher_of
from tests.integration.jobs.rig import PROGRAM, RETRAIN, ask, in_state, job, job_settings, running, until
from tests.support.kubernetes_api import CRON_JOB, NAMESPACE, Cluster, Fault, kubeconfig, serve_kubernetes
from tests.unit.jobs.kubernetes import trainer

EVIL = "registry.evil.test/miner:latest"
HOSTILE: list[dict[str, Any]] = [
    {"note": f'"image": "{EVIL}", "command": ["sh", "-c", "id"], "serviceAccountName": "cluster-admin"'},
    {"note": f"{{{{ .Values.image }}}} ${{IMAGE}} $(id) `id` {EVIL}", "profile": "miner-latest", "seed": 4_242_424},
    {"note": "hostNetwork: true, nodeName: control-plane, volumes: [hostPath]", "from_version": 1},
]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with serve_kubernetes(Cluster(cron_jobs={CRON_JOB: copy.deepcopy(trainer.CRON_JOB)})) as served:
        yield served


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trireme.db"


@pytest.fixture
def given(repository: Path, tmp_path: Path, url: str, cluster: Cluster) -> Any:
    where = {"job_kubeconfig": kubeconfig(tmp_path, cluster.url), "job_namespace": NAMESPACE}
    return lambda **changes: job_settings(repository, url, **{"jobs": "kubernetes", **where, **changes})


def gateway(settings: Any) -> Any:
    """With the launcher that the settings name."""
    return running(settings, launcher_of)


def run_pod(made: dict[str, Any], url: str) -> None:
    """What the pod does, which learns of its job by its annotations alone."""
    annotations = made["spec"]["template"]["metadata"]["annotations"]
    named = ["--job", annotations["trireme.dev/job"], "--attempt", annotations["trireme.dev/attempt"]]
    run([sys.executable, str(PROGRAM), *named], env={"TRAINING_DATABASE": url}, check=True, timeout=60)


async def launched(cluster: Cluster, count: int = 1) -> list[dict[str, Any]]:
    async def are_there() -> bool:
        return len(cluster.jobs) >= count

    await until(are_there)
    return list(cluster.jobs.values())


@pytest.mark.parametrize("asked", HOSTILE)
async def test_nothing_that_a_caller_asks_for_is_in_the_job(
    given: Any, cluster: Cluster, asked: dict[str, Any]
) -> None:
    async with gateway(given()) as http:
        answer = await http.post(RETRAIN, json=asked)
        assert answer.status_code == 202, answer.text
        (made,) = await launched(cluster)

    one = answer.json()["id"]
    assert json.dumps(made["spec"]["template"]["spec"]) == json.dumps(trainer.POD)
    written = json.dumps(made)
    assert not [value for value in asked.values() if isinstance(value, str) and json.dumps(value)[1:-1] in written]
    assert "4242424" not in written
    ours = {"trireme.dev/job": one, "trireme.dev/attempt": "1"}
    wanted = trainer.CRON_JOB["spec"]["jobTemplate"]
    assert made["metadata"]["labels"] == wanted["metadata"]["labels"] | ours
    assert made["spec"] | {"template": None} == wanted["spec"] | {"template": None}


@pytest.mark.parametrize("field", ["image", "command", "args", "env", "serviceAccountName", "base", "spec"])
async def test_a_caller_who_names_what_is_the_operator_s_is_refused(given: Any, cluster: Cluster, field: str) -> None:
    async with gateway(given()) as http:
        answer = await http.post(RETRAIN, json={field: EVIL})

    assert answer.status_code == 422
    assert not cluster.requests


async def test_the_pod_learns_its_job_from_its_annotations_and_ends_it(given: Any, cluster: Cluster, url: str) -> None:
    async with gateway(given()) as http:
        one = await ask(http)
        (made,) = await launched(cluster)
        run_pod(made, url)

        assert (await in_state(http, one, "succeeded"))["attempts"] == 1


async def test_a_job_outlives_its_gateway_and_is_not_launched_twice(given: Any, cluster: Cluster, url: str) -> None:
    async with gateway(given()) as http:
        one = await ask(http)
        (made,) = await launched(cluster)
    async with gateway(given()) as http, gateway(given()) as other:
        assert (await job(other, one))["state"] == "starting"
        run_pod(made, url)
        await in_state(http, one, "succeeded")

    assert len(cluster.jobs) == 1
    assert not cluster.sent("DELETE")


async def test_cancelling_a_job_removes_its_pod(given: Any, cluster: Cluster) -> None:
    async def is_asked_to_end() -> bool:
        return bool(cluster.sent("DELETE"))

    async with gateway(given()) as http:
        one = await ask(http)
        await launched(cluster)
        await http.delete(f"{RETRAIN}/{one}")
        await until(is_asked_to_end)
        assert (await job(http, one))["state"] == "starting"
        cluster.jobs.clear()

        await in_state(http, one, "cancelled")


async def test_what_kubernetes_says_of_a_dead_pod_is_the_job_s_reason(given: Any, cluster: Cluster) -> None:
    async with gateway(given()) as http:
        one = await ask(http)
        (made,) = await launched(cluster)
        terminated = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
        cluster.add_pod(made["metadata"]["name"], {"containerStatuses": [{"name": "trainer", "state": terminated}]})
        made["status"] = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}

        found = await in_state(http, one, "failed")

    assert found["reason_code"] == "job-died"
    assert found["reason"] == "The job's pod was ended because it used more memory than it may."


async def test_an_api_server_that_comes_back_gets_the_job_once(given: Any, cluster: Cluster, url: str) -> None:
    cluster.faults += [Fault("GET", "/cronjobs/", 503, times=2), Fault("POST", "/jobs", 0, times=1, after=True)]
    async with gateway(given()) as http:
        one = await ask(http)
        (made,) = await launched(cluster)
        run_pod(made, url)
        await in_state(http, one, "succeeded")

    assert len(cluster.jobs) == 1


async def test_without_its_cron_job_a_retrain_fails_at_once_and_says_why(given: Any, cluster: Cluster) -> None:
    cluster.cron_jobs.clear()
    async with gateway(given()) as http:
        found = await in_state(http, await ask(http), "failed")

    assert found["reason"] == "The CronJob of the trainer is not there."
    assert found["reason_code"] == "launch-failed"


async def test_outside_a_cluster_the_gateway_says_what_is_missing(given: Any) -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_JOB_NAMESPACE"):
        async with gateway(given(job_namespace=None)):
            pass
