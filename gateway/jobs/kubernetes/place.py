"""Where the jobs' namespace is, and how it is reached."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.errors import SettingsInvalid
from gateway.jobs.kubernetes.settings import KubernetesJobSettings

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Place:
    """A namespace of a cluster."""

    namespace: str
    kubeconfig: Path | None
    """None: by the pod's own account."""


def place_of(
    settings: KubernetesJobSettings, *, account: Path = ACCOUNT, environment: Mapping[str, str] = os.environ
) -> Place:
    """Where jobs run; nothing is asked yet. Raises `SettingsInvalid`."""
    if settings.job_kubeconfig is None:
        if not environment.get("KUBERNETES_SERVICE_HOST") or not (account / "token").is_file():
            raise SettingsInvalid(["GATEWAY_JOBS: kubernetes needs a pod's account, or GATEWAY_JOB_KUBECONFIG."])
    elif not settings.job_kubeconfig.is_file():
        raise SettingsInvalid(["GATEWAY_JOB_KUBECONFIG: There is no such file."])
    return Place(settings.job_namespace or _own(account), settings.job_kubeconfig)


def _own(account: Path) -> str:
    try:
        return (account / "namespace").read_text().strip()
    except OSError:
        raise SettingsInvalid(["GATEWAY_JOB_NAMESPACE: It has to be set outside a pod."]) from None
