"""Where the jobs' namespace is, and how it is reached."""

import os
from collections.abc import Mapping
from pathlib import Path

from gateway.jobs.kubernetes.settings import KubernetesJobSettings
from gateway.kubernetes.place import ACCOUNT, Place, PlaceSettings


def place_of(
    settings: KubernetesJobSettings, *, account: Path = ACCOUNT, environment: Mapping[str, str] = os.environ
) -> Place:
    """Where jobs run; nothing is asked yet. Raises `SettingsInvalid`."""
    said = PlaceSettings(
        "GATEWAY_JOBS: kubernetes", "GATEWAY_JOB", namespace=settings.job_namespace, kubeconfig=settings.job_kubeconfig
    )
    return said.place(account=account, environment=environment)
