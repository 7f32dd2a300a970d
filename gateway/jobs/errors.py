"""Errors of jobs.

TriremeError
├── JobsOff               409  jobs-off
├── JobUnknown            404  job-unknown
├── JobOver               409  job-over
├── IdempotencyConflict   409  idempotency-conflict
├── BatchNotUsable        422  batch-not-usable
├── EvaluationUnknown     404  evaluation-unknown
├── ReportNotReady        409  report-not-ready
├── ReportGone            404  report-gone
├── LaunchFailed          500  launch-failed
├── LauncherAway          500  launcher-away
└── RetryLater
    └── JobQueueFull      503  job-queue-full
"""

from contract.errors import TriremeError
from gateway.errors import RetryLater


class JobsOff(TriremeError):
    """This gateway runs no jobs: `GATEWAY_JOBS` is `off`."""

    status = 409
    code = "jobs-off"
    title = "This gateway runs no jobs"


class JobUnknown(TriremeError):
    """The model has no job of this kind and id."""

    status = 404
    code = "job-unknown"
    title = "No such job"


class JobOver(TriremeError):
    """The job has ended; there is nothing to cancel."""

    status = 409
    code = "job-over"
    title = "The job is over"


class IdempotencyConflict(TriremeError):
    """The `Idempotency-Key` was used before, for another question."""

    status = 409
    code = "idempotency-conflict"
    title = "The idempotency key was used for another question"


class BatchNotUsable(TriremeError):
    """A batch of uploaded examples is not there, was withdrawn, or is not for this; the detail names it."""

    status = 422
    code = "batch-not-usable"
    title = "A batch can't be used for this"


class EvaluationUnknown(TriremeError):
    """The version was not evaluated on these data yet; `POST …/evaluate` does it."""

    status = 404
    code = "evaluation-unknown"
    title = "The version was not evaluated on these data"


class ReportNotReady(TriremeError):
    """The job that makes the report has not succeeded; the detail says how it stands."""

    status = 409
    code = "report-not-ready"
    title = "The report is not there"


class ReportGone(TriremeError):
    """The report's page was deleted, `GATEWAY_JOB_LOG_DAYS` after its job's end; ask for a new one."""

    status = 404
    code = "report-gone"
    title = "The report is gone"


class LaunchFailed(TriremeError):
    """A job can't be started; the detail becomes its reason. `again` says whether another try may succeed."""

    code = "launch-failed"
    title = "The job can't be started"

    def __init__(self, detail: str | None = None, *, again: bool = True) -> None:
        super().__init__(detail)
        self.again = again


class LauncherAway(TriremeError):
    """What runs jobs can't be asked now; the gateway asks again."""

    code = "launcher-away"
    title = "What runs jobs can't be reached"


class JobQueueFull(RetryLater):
    """As many jobs of the model wait as may."""

    code = "job-queue-full"
    title = "Too many jobs of the model wait"
