"""Where a cluster comes from, and why none does."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.cluster.kit import kubectl, provider
from tests.cluster.kit.errors import ClusterTimeout, KitError, KubectlFailed, PlatformUnfit, ToolsMissing
from tests.cluster.kit.hermetic import Hermetic
from tests.cluster.kit.kubectl import Kubectl, succeeds, wait_until
from tests.cluster.kit.provider import chosen, provide
from tests.cluster.kit.settings import ClusterSettings


def fail_with(error: KitError) -> None:
    raise error


def test_the_source_is_named_by_the_suites_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIREME_CLUSTER", "existing")
    monkeypatch.setenv("TRIREME_CLUSTER_IMAGE_LOAD", "kind load image-archive {archive}")
    settings = ClusterSettings()
    assert (settings.source, settings.image_load) == ("existing", "kind load image-archive {archive}")


def test_an_unknown_source_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIREME_CLUSTER", "cloud")
    with pytest.raises(ValidationError, match="TRIREME_CLUSTER"):
        ClusterSettings()


def test_the_hermetic_cluster_comes_before_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "check_machine", lambda: None)
    assert chosen(ClusterSettings()) == "kit"
    monkeypatch.setattr(provider, "check_machine", lambda: fail_with(PlatformUnfit("Not Linux.")))
    monkeypatch.setattr(provider, "check_kind", lambda: None)
    assert chosen(ClusterSettings()) == "kind"


def test_where_there_is_neither_both_reasons_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "check_machine", lambda: fail_with(ToolsMissing("No runc.")))
    monkeypatch.setattr(provider, "check_kind", lambda: fail_with(PlatformUnfit("No Docker.")))
    with pytest.raises(PlatformUnfit, match=r"^No runc\. No Docker\.$"):
        chosen(ClusterSettings())


def test_an_existing_cluster_needs_its_kubeconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(PlatformUnfit, match="KUBECONFIG"):
        provide(ClusterSettings(source="existing"), print)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    with pytest.raises(PlatformUnfit, match="doesn't answer or has no KServe"):
        provide(ClusterSettings(source="existing"), print)


@pytest.mark.parametrize("name", ["", "../x", "UPPER", "a b", "-a", "x" * 33])
def test_a_clusters_name_is_safe_as_a_folder_and_a_control_group(name: str, tmp_path: Path) -> None:
    with pytest.raises(KitError, match="can't name a cluster"):
        Hermetic(ClusterSettings(state_dir=tmp_path), print).state(name)


def test_kubectl_is_quoted_when_it_fails(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\necho no such thing >&2; exit 1\n")
    program.chmod(0o755)
    with pytest.raises(KubectlFailed, match="`kubectl get pods -n` failed: no such thing"):
        Kubectl(program, tmp_path / "config").get("pods")


def test_kubectl_that_hangs_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(ClusterTimeout):
        Kubectl(program, tmp_path / "config").run("get", timeout_s=0.2)


def test_waiting_ends_with_what_did_not_happen() -> None:
    with pytest.raises(ClusterTimeout, match=r"^The moon did not happen within 0\.1 s\.$"):
        wait_until("The moon", lambda: False, timeout_s=0.1, every_s=0.01)


def test_only_kubectls_refusal_means_not_yet() -> None:
    assert succeeds(lambda: None)
    assert not succeeds(lambda: fail_with(KubectlFailed()))
    with pytest.raises(PlatformUnfit):
        kubectl.succeeds(lambda: fail_with(PlatformUnfit()))
