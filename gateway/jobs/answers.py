"""What is told of jobs."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field

from contract.jobs.documents import DriftReportResult, EvaluationResult, JobKind, JobState, Progress, RetrainResult
from contract.names import ModelName
from gateway.history.query import cursor
from gateway.jobs.job import Job


class RetrainShown(BaseModel):
    """What a retrain was asked for, with what the model's policy added."""

    profile: str | None
    from_version: int | None
    batches: list[str]
    """The batches of uploaded training data, oldest first."""
    seed: int | None
    note: str
    max_loss_points: float
    """Percentage points of test accuracy that the new version may lose against the stable one."""


class EvaluateShown(BaseModel):
    """What an evaluation was asked for."""

    version: int
    batches: list[str] | None
    """Of uploaded data; null: the model's own test set."""


class DriftReportShown(BaseModel):
    """What a drift report was asked for."""

    version: int
    since: AwareDatetime
    until: AwareDatetime


class JobShown(BaseModel):
    """A job."""

    id: str = Field(examples=["019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"])
    model: ModelName
    state: JobState
    reason: str | None
    """Why it failed, in one sentence."""
    reason_code: str | None
    trigger: Literal["request", "schedule", "data", "drift"]
    """What made it."""
    principal: str
    """Who asked."""
    created: AwareDatetime
    started: AwareDatetime | None
    """First started; the time limit counts from here."""
    ended: AwareDatetime | None
    time_limit_s: int
    attempts: int
    """How often it was started."""
    cancel_asked: bool
    champion: int | None
    """The version that was stable when it was last started."""
    progress: Progress | None


class RetrainShort(JobShown):
    """A retrain."""

    parameters: RetrainShown
    result: RetrainResult | None
    """Of one that succeeded or was rejected."""


class RetrainJob(RetrainShort):
    """A retrain, with the last lines of its log."""

    log: list[str]


class RetrainJobs(BaseModel):
    """A page of retrains, the newest first."""

    jobs: list[RetrainShort]
    next: str | None
    """The `cursor` of the next page; null where this is the last one."""


class EvaluateShort(JobShown):
    """An evaluation."""

    parameters: EvaluateShown
    result: EvaluationResult | None
    """Of one that succeeded."""


class EvaluateJob(EvaluateShort):
    """An evaluation, with the last lines of its log."""

    log: list[str]


class EvaluateJobs(BaseModel):
    """A page of evaluations, the newest first."""

    jobs: list[EvaluateShort]
    next: str | None
    """The `cursor` of the next page; null where this is the last one."""


class DriftReportShort(JobShown):
    """A drift report."""

    parameters: DriftReportShown
    result: DriftReportResult | None
    """Of one that succeeded."""


class DriftReportJob(DriftReportShort):
    """A drift report, with the last lines of its log."""

    log: list[str]


class DriftReportJobs(BaseModel):
    """A page of drift reports, the newest first."""

    jobs: list[DriftReportShort]
    next: str | None
    """The `cursor` of the next page; null where this is the last one."""


class LatestEvaluation(EvaluationResult):
    """How good a version was found to be, over the served path."""

    job: str
    """The evaluation that found it."""
    time: AwareDatetime
    """When that ended."""

    @classmethod
    def of(cls, job: Job) -> Self:
        """What a succeeded evaluation says."""
        return cls(**_plain(job.result), job=job.id, time=job.ended)


ASKED: dict[JobKind, type[BaseModel]] = {
    JobKind.RETRAIN: RetrainShown,
    JobKind.EVALUATE: EvaluateShown,
    JobKind.DRIFT_REPORT: DriftReportShown,
}


def shown(job: Job) -> dict[str, Any]:
    """A job as the documents above have it; the operator's own parts of its parameters are not told."""
    wanted = {name: getattr(job.parameters, name) for name in ASKED[job.kind].model_fields}
    named = {name: getattr(job, name) for name in JobShown.model_fields if name != "attempts"}
    return {**named, "attempts": job.attempt, "parameters": wanted, "result": job.result}


def page(jobs: Sequence[Job], limit: int) -> dict[str, Any]:
    """A page of at most `limit` jobs, of which one more was looked for."""
    some = jobs[:limit]
    return {"jobs": [shown(job) for job in some], "next": cursor(some[-1].id) if len(jobs) > limit else None}


def _plain(document: BaseModel | None) -> dict[str, Any]:
    assert document is not None  # noqa: S101 - it succeeded
    return dict(document)
