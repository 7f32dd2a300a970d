"""Which namespace is meant, and how it is reached."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.errors import SettingsInvalid

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Place:
    """A namespace of a cluster."""

    namespace: str
    kubeconfig: Path | None
    """None: by the pod's own account."""


@dataclass(frozen=True)
class PlaceSettings:
    """What the settings of one part say of its place, and how its problems name these settings."""

    part: str
    """What needs Kubernetes: `GATEWAY_JOBS: kubernetes`."""
    prefix: str
    """Of the settings' names: `GATEWAY_JOB`."""
    namespace: str | None
    kubeconfig: Path | None

    def place(self, *, account: Path = ACCOUNT, environment: Mapping[str, str] = os.environ) -> Place:
        """The place; nothing is asked yet. Raises `SettingsInvalid`."""
        if self.kubeconfig is None:
            if not environment.get("KUBERNETES_SERVICE_HOST") or not (account / "token").is_file():
                raise SettingsInvalid([f"{self.part} needs a pod's account, or {self.prefix}_KUBECONFIG."])
        elif not self.kubeconfig.is_file():
            raise SettingsInvalid([f"{self.prefix}_KUBECONFIG: There is no such file."])
        return Place(self.namespace or self._own(account), self.kubeconfig)

    def _own(self, account: Path) -> str:
        try:
            return (account / "namespace").read_text().strip()
        except OSError:
            raise SettingsInvalid([f"{self.prefix}_NAMESPACE: It has to be set outside a pod."]) from None
