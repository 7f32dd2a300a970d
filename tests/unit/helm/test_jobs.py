"""What the chart promises where retrains, evaluations and drift reports run as Kubernetes Jobs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract import __version__
from contract.jobs.documents import JobKind
from contract.jobs.policy import RetrainPolicies
from gateway.jobs.kubernetes.copying import ATTEMPT, JOB, copy_for
from gateway.jobs.launcher import Claimed
from gateway.settings import GatewaySettings
from tests.cluster.serving.chart import CHART, HelmFailed
from tests.unit.helm.rendered import Object, environment, find, from_secrets, gateway_container, gateway_pod, render
from training.settings import TrainingSettings

ON: Object = {
    "jobs": {"enabled": True},
    "store": {"uri": "pvc://models/published"},
    "gateway": {"database": {"secret": "rows"}},
}
EXAMPLES: Object = {"examples": {"uri": "s3://uploads/here", "secret": "uploads"}}


def with_jobs(jobs: Object | None = None, **values: Any) -> list[Object]:
    return render(**{**ON, "jobs": {"enabled": True, **(jobs or {})}, **values})


def trainer(objects: list[Object]) -> Object:
    """The pod of every job."""
    found: Object = find(objects, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def settings(objects: list[Object]) -> dict[str, Object]:
    """The trainer's environment."""
    (container,) = trainer(objects)["containers"]
    return {entry["name"]: entry for entry in container["env"]}


def test_without_jobs_there_is_no_trainer_and_the_gateway_makes_none() -> None:
    objects = render()
    assert not [one for one in objects if one["kind"] in {"CronJob", "Role"}]
    assert environment(objects)["GATEWAY_JOBS"] == "off"
    assert environment(objects)["GATEWAY_EXAMPLES"] == ""


def test_the_trainer_never_runs_by_itself_and_the_gateway_makes_a_job_of_it() -> None:
    objects = with_jobs()
    cron_job = find(objects, "CronJob")
    cron_job["metadata"]["uid"] = "some"
    assert cron_job["spec"]["suspend"] is True
    made = copy_for(Claimed("0" * 32, "cifar10", JobKind.RETRAIN, 1, 60), cron_job)
    assert made["spec"]["template"]["spec"] == trainer(objects)
    assert environment(objects)["GATEWAY_JOBS"] == "kubernetes"
    assert environment(objects)["GATEWAY_JOB_CRONJOB"] == cron_job["metadata"]["name"]
    for name, annotation in (("TRAINING_JOB", JOB), ("TRAINING_ATTEMPT", ATTEMPT)):
        read = settings(objects)[name]["valueFrom"]["fieldRef"]["fieldPath"]
        assert read == f"metadata.annotations['{annotation}']"


def test_a_job_ends_is_tried_once_and_goes() -> None:
    spec = find(with_jobs({"deadlineSeconds": 7200, "keepSeconds": 600, "stopSeconds": 30}), "CronJob")["spec"]
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"], job["ttlSecondsAfterFinished"]) == (0, 7200, 600)
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] == 30


def test_a_job_s_pod_satisfies_pod_security_restricted_and_gets_no_token() -> None:
    objects = with_jobs()
    pod = trainer(objects)
    (container,) = pod["containers"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in container["resources"]["limits"]
    assert not pod["automountServiceAccountToken"]
    account = find(objects, "ServiceAccount", "trainer")
    assert (account["metadata"]["name"], account["automountServiceAccountToken"]) == (pod["serviceAccountName"], False)
    bound = [subject["name"] for one in objects if one["kind"] == "RoleBinding" for subject in one["subjects"]]
    assert pod["serviceAccountName"] not in bound


def test_a_job_publishes_where_the_gateway_reads() -> None:
    objects = with_jobs()
    (mount,) = [one for one in trainer(objects)["containers"][0]["volumeMounts"] if one["name"] == "models"]
    (seen,) = [one for one in gateway_container(objects)["volumeMounts"] if one["name"] == "models"]
    assert (mount["subPath"], seen["subPath"], seen["readOnly"]) == ("published", "published", True)
    assert settings(objects)["TRAINING_REPOSITORY"]["value"] == mount["mountPath"]
    assert {"persistentVolumeClaim": {"claimName": "models"}, "name": "models"} in trainer(objects)["volumes"]


@pytest.mark.parametrize(
    ("values", "jobs", "secret"),
    [
        ({"store": {"uri": "s3://models/all", "secret": "reader"}}, {"storeSecret": "writer"}, "writer"),
        ({"store": {"uri": "s3://models/all", "secret": "both"}}, {}, "both"),
        ({"store": {"uri": "s3://models/all", "embedded": {"enabled": True}}}, {}, "sail-store-writer"),
    ],
    ids=["a-writer", "the-store-s", "embedded"],
)
def test_a_job_publishes_into_the_bucket_by_the_keys_of_who_may(values: Object, jobs: Object, secret: str) -> None:
    objects = with_jobs(jobs, **EXAMPLES, **values)
    given = settings(objects)
    assert given["TRAINING_REPOSITORY"]["value"] == "s3://models/all"
    keys = {
        "TRAINING_REPOSITORY_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID",
        "TRAINING_REPOSITORY_SECRET_ACCESS_KEY": "AWS_SECRET_ACCESS_KEY",
        "TRAINING_REPOSITORY_REGION": "AWS_DEFAULT_REGION",
        "TRAINING_REPOSITORY_ENDPOINT": "S3_ENDPOINT",
    }
    read = {name: given[name]["valueFrom"]["secretKeyRef"] for name in keys}
    assert {name: (one["name"], one["key"]) for name, one in read.items()} == {
        name: (secret, key) for name, key in keys.items()
    }
    # Uploaded data have their own.
    assert given["AWS_ACCESS_KEY_ID"]["valueFrom"]["secretKeyRef"]["name"] == "uploads"
    assert "models" not in {one["name"] for one in trainer(objects)["volumes"]}
    writers = [one for one in objects if secret in json.dumps(one) and one["kind"] in {"Deployment", "ServiceAccount"}]
    assert secret == "both" or not writers


def test_a_job_without_keys_of_its_own_is_who_its_pod_is() -> None:
    objects = with_jobs(store={"uri": "s3://models"})
    assert not [name for name in settings(objects) if name.startswith(("TRAINING_REPOSITORY_", "AWS_"))]


def test_jobs_reach_the_embedded_store() -> None:
    values = {"store": {"uri": "s3://models", "embedded": {"enabled": True}}}
    secret = find(with_jobs(**values), "Secret", "store-writer")["stringData"]
    assert secret["S3_ENDPOINT"] == "http://sail-store.prod.svc:8333"
    rules = find(with_jobs(**values), "NetworkPolicy", "store")["spec"]["ingress"]
    assert {"app.kubernetes.io/component": "trainer"}.items() <= rules[0]["from"][1]["podSelector"][
        "matchLabels"
    ].items()
    assert "trainer" not in json.dumps(find(render(**values), "NetworkPolicy", "store"))


def test_gateways_and_jobs_share_the_database_and_uploaded_data() -> None:
    objects = with_jobs(**EXAMPLES)
    known, given = from_secrets(objects), settings(objects)
    assert given["TRAINING_DATABASE"]["valueFrom"]["secretKeyRef"] == known["GATEWAY_DATABASE"]
    assert given["TRAINING_EXAMPLES"]["value"] == environment(objects)["GATEWAY_EXAMPLES"] == "s3://uploads/here"
    assert given["TRAINING_EXAMPLES_ENDPOINT"]["valueFrom"]["secretKeyRef"] == known["GATEWAY_EXAMPLES_ENDPOINT"]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert given[name]["valueFrom"]["secretKeyRef"] == known[name] == {"name": "uploads", "key": name}


def test_uploaded_data_need_no_jobs() -> None:
    objects = render(**EXAMPLES)
    assert environment(objects)["GATEWAY_EXAMPLES"] == "s3://uploads/here"
    assert from_secrets(objects)["AWS_ACCESS_KEY_ID"]["name"] == "uploads"


def test_every_setting_given_to_a_job_is_one_and_the_gateway_accepts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = with_jobs({"settings": {"TRAINING_THREADS": "4"}}, **EXAMPLES)
    ours = {name for name in settings(objects) if name.startswith("TRAINING_")}
    assert ours <= {f"TRAINING_{name}".upper() for name in TrainingSettings.model_fields}
    for name, value in environment(objects).items():
        monkeypatch.setenv(name, value)
    assert GatewaySettings().jobs == "kubernetes"
    for name in ours:
        if "value" in settings(objects)[name]:
            monkeypatch.setenv(name, settings(objects)[name]["value"])
    assert TrainingSettings().threads == 4


def test_the_gateway_may_do_for_jobs_what_it_does_and_nothing_else() -> None:
    objects = with_jobs()
    rules = find(objects, "Role", "jobs")["rules"]
    name = find(objects, "CronJob")["metadata"]["name"]
    assert rules == [
        {"apiGroups": ["batch"], "resources": ["cronjobs"], "resourceNames": [name], "verbs": ["get"]},
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get", "delete"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    (subject,) = find(objects, "RoleBinding", "jobs")["subjects"]
    assert subject["name"] == gateway_pod(objects)["serviceAccountName"]
    assert [one["mountPath"] for one in gateway_container(objects)["volumeMounts"] if one["name"] == "kubernetes"]


def test_retrain_policies_are_the_gateway_s_file(tmp_path: Path) -> None:
    policies = {"cifar10": {"base": "cifar10", "schedule": "0 3 * * 1"}}
    text = find(with_jobs({"policies": policies}), "ConfigMap", "gateway")["data"]["retrain-policies.yaml"]
    file = tmp_path / "policies.yaml"
    file.write_text(text)
    assert json.loads(text) == {"models": policies}
    assert RetrainPolicies.read(file).of("cifar10").base == "cifar10"


def test_more_volumes_are_the_trainer_s_alone() -> None:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "pictures", "readOnly": True}}
    mount = {"name": "data", "mountPath": "/data"}
    objects = with_jobs({"volumes": [claim], "volumeMounts": [mount]})
    assert claim in trainer(objects)["volumes"]
    assert mount in trainer(objects)["containers"][0]["volumeMounts"]
    assert claim not in gateway_pod(objects)["volumes"]


def test_the_trainer_s_image_is_this_version_s_and_its_name_fits_a_cron_job() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["jobs"]["image"] == f"trireme/training:{__version__}"
    assert len(find(with_jobs(), "CronJob")["metadata"]["name"]) <= 52


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"jobs": {"enabled": True, "storeSecret": "writer"}}, "jobs.storeSecret is for a bucket"),
        ({"gateway": {}}, "jobs.enabled needs one PostgreSQL"),
    ],
    ids=["a-claim-has-no-keys", "no-database"],
)
def test_what_no_job_could_do_its_work_with_is_refused(values: Object, said: str) -> None:
    with pytest.raises(HelmFailed, match=re.escape(said)):
        render(**{**ON, **values})


@pytest.mark.parametrize(
    "values",
    [
        {"jobs": {"enabled": "yes"}},
        {"jobs": {"image": "trireme/training:latest"}},
        {"jobs": {"settings": {"TRAINING_DATABASE": "postgresql://user:password@host/name"}}},
        {"jobs": {"settings": {"LD_PRELOAD": "/models/x.so"}}},
        {"jobs": {"deadlineSeconds": 0}},
        {"examples": {"uri": "/var/examples"}},
        {"gateway": {"settings": {"GATEWAY_JOBS": "process"}}},
        {"gateway": {"settings": {"GATEWAY_EXAMPLES": "s3://uploads"}}},
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        render(**values)
