"""A job, as the database knows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from contract.jobs.documents import (
    PARAMETERS,
    RESULT,
    AnyParameters,
    AnyResult,
    JobKind,
    JobState,
    Progress,
)
from gateway.history.records import with_zone
from gateway.jobs.launcher import Claimed


@dataclass(frozen=True)
class Job:
    """One row of the table of jobs; times are in UTC."""

    id: str
    model: str
    kind: JobKind
    state: JobState
    reason: str | None
    reason_code: str | None
    parameters: AnyParameters
    champion: int | None
    progress: Progress | None
    result: AnyResult | None
    trigger: str
    principal: str
    idempotency_key: str | None
    created: datetime
    started: datetime | None
    ended: datetime | None
    time_limit_s: int
    holder: str | None
    attempt: int
    lane: int | None
    heartbeat: datetime | None
    cancel_asked: bool

    @property
    def claimed(self) -> Claimed:
        """What a launcher has to know of it."""
        return Claimed(self.id, self.model, self.kind, self.attempt, self.time_limit_s)

    @property
    def attempted(self) -> tuple[str, int]:
        """Its attempt, which nothing else is."""
        return self.id, self.attempt

    def is_over_time(self, now: datetime) -> bool:
        """Whether the time since it was first started is over its limit."""
        return self.started is not None and now - self.started > timedelta(seconds=self.time_limit_s)

    def is_silent(self, now: datetime, *, since: datetime, limit: timedelta) -> bool:
        """Whether it gave no sign of life for longer than `limit`; what was before `since` doesn't count."""
        return now - max(self.heartbeat or since, since) > limit


def job_of(row: Row[*tuple[Any, ...]]) -> Job:
    """A row as a job."""
    found = dict(with_zone(row))
    progress, result = found["progress"], found["result"]
    return Job(
        **{
            **found,
            "kind": JobKind(found["kind"]),
            "state": JobState(found["state"]),
            "parameters": PARAMETERS.validate_python(found["parameters"]),
            "progress": None if progress is None else Progress.model_validate(progress),
            "result": None if result is None else RESULT.validate_python(result),
        }
    )
