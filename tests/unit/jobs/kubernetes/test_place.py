"""Where jobs run is known at the start, or the gateway doesn't start."""

from pathlib import Path
from typing import Any

import pytest

from contract.errors import SettingsInvalid
from gateway.jobs.kubernetes.place import place_of
from gateway.jobs.kubernetes.settings import KubernetesJobSettings
from gateway.kubernetes.place import Place

IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


def given(**changes: Any) -> KubernetesJobSettings:
    return KubernetesJobSettings(**{"_env_file": None, **changes})


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("prod\n")
    return tmp_path


def test_in_a_pod_its_own_account_says_where(account: Path) -> None:
    assert place_of(given(), account=account, environment=IN_A_POD) == Place("prod", None)


def test_a_setting_names_another_namespace(account: Path) -> None:
    assert place_of(given(job_namespace="jobs"), account=account, environment=IN_A_POD).namespace == "jobs"


def test_outside_a_pod_a_kubeconfig_and_a_namespace_are_needed(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with pytest.raises(SettingsInvalid) as away:
        place_of(given(job_kubeconfig=file), account=tmp_path, environment={})
    file.write_text("{}")
    with pytest.raises(SettingsInvalid) as nowhere:
        place_of(given(job_kubeconfig=file), account=tmp_path, environment={})

    assert away.value.problems == ("GATEWAY_JOB_KUBECONFIG: There is no such file.",)
    assert nowhere.value.problems == ("GATEWAY_JOB_NAMESPACE: It has to be set outside a pod.",)
    assert place_of(given(job_kubeconfig=file, job_namespace="x"), account=tmp_path) == Place("x", file)


def test_without_a_pod_s_account_the_gateway_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as failed:
        place_of(given(), account=tmp_path, environment=IN_A_POD)

    assert failed.value.problems == ("GATEWAY_JOBS: kubernetes needs a pod's account, or GATEWAY_JOB_KUBECONFIG.",)


def test_empty_settings_are_unset() -> None:
    assert given(job_namespace="", job_kubeconfig="").job_namespace is None
