"""Settings of jobs on Kubernetes."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from gateway.settings_group import SettingsGroup

Seconds = Annotated[float, Field(gt=0)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$")]


class KubernetesJobSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_JOB_…`); frozen. They count with `GATEWAY_JOBS=kubernetes`."""

    job_cronjob: Name = "trireme-trainer"
    """The suspended CronJob whose pod every job gets."""
    job_namespace: Name | None = None
    """Its namespace; empty: the gateway's own."""
    job_kubeconfig: Path | None = None
    """File that says how to reach Kubernetes; empty: by the account of the gateway's pod."""
    job_request_s: Seconds = 10.0
    """Seconds in which Kubernetes has to answer a request."""
    job_pull_s: Seconds = 300.0
    """Seconds for which a job's image or container may fail to come before the job counts as failed."""

    @field_validator("job_namespace", "job_kubeconfig", mode="before")
    @classmethod
    def _without_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value
