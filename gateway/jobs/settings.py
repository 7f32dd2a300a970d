"""Settings of jobs."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from gateway.settings_group import SettingsGroup

Seconds = Annotated[float, Field(gt=0)]


class JobSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_JOB…`, `GATEWAY_RETRAIN_POLICIES`); frozen."""

    jobs: Literal["process", "kubernetes", "off"] = "process"
    """What runs retrains and evaluations: child processes of the gateway, Kubernetes Jobs, or nothing."""
    retrain_policies: Path | None = None
    """YAML file with each model's retrain policy, read at the start; empty: every model has the default one."""
    trigger_interval_s: Seconds = 60.0
    """Seconds between two looks at which models are to be retrained by their policies."""
    job_queue: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Jobs of one model that may wait; beyond that the answer is 503."""
    jobs_at_once: Annotated[int, Field(ge=1, le=1000)] = 1
    """Child processes that this gateway runs at the same time."""
    job_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """How often a job is started that can't be started or falls silent, before it counts as failed."""
    job_interval_s: Seconds = 1.0
    """Seconds between two looks at the queue and at running jobs."""
    job_silence_s: Seconds = 60.0
    """Seconds without a sign of life after which a job is taken to be dead."""
    job_grace_s: Seconds = 30.0
    """Seconds that a process which was asked to end has, before it is killed."""
    job_stop_s: Annotated[float, Field(ge=0)] = 10.0
    """Seconds in which running processes may put down where they are when the gateway stops."""
    job_nice: Annotated[int, Field(ge=0, le=19)] = 10
    """By how much processes are nicer than the gateway, so that predictions come first."""
    job_log_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    """Days after a job's end for which its log and progress are kept; what it was and came to is kept for ever."""
    job_streams: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Streams of jobs' events that are open at the same time; beyond that the answer is 503."""
    job_poll_s: Seconds = 0.5
    """Seconds between two looks for new events of a stream."""

    @field_validator("retrain_policies", mode="before")
    @classmethod
    def _unset_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value
