"""What the endpoints of jobs have in common."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request, Response

from contract.errors import ModelUnknown, NameInvalid
from contract.jobs.documents import JobKind
from gateway.database.errors import DatabaseUnavailable
from gateway.errors import BodyTooLarge, ModelNotServed, Overloaded, RequestInvalid
from gateway.identity.principal import principal_of
from gateway.jobs.answers import shown
from gateway.jobs.asking import Asker
from gateway.jobs.errors import BatchNotUsable, IdempotencyConflict, JobOver, JobQueueFull, JobsOff, JobUnknown
from gateway.jobs.job import Job
from gateway.jobs.jobs import Jobs
from gateway.jobs.streaming import EventStream
from gateway.routes.describe import ModelPath, Responses, problems
from gateway.services import Given, Services

JobId = Annotated[str, Path(description="The job's id.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=200,
        pattern=r"^[!-~]+$",
        description="The caller's own name for the question: asked again with it, it makes no second job.",
    ),
]
LastEventId = Annotated[
    int | None, Header(ge=0, le=2**63 - 1, description="The id of the last event that was seen; those after it follow.")
]

LISTING = (JobsOff, ModelUnknown, NameInvalid, RequestInvalid, DatabaseUnavailable)
ASKING = (*LISTING, BodyTooLarge, BatchNotUsable, IdempotencyConflict, JobQueueFull, ModelNotServed)
FINDING = (*LISTING, JobUnknown)
CANCELLING = (*FINDING, JobOver)
STREAMING = (*FINDING, Overloaded)


def asking(kind: JobKind) -> Responses:
    """The `responses` of an endpoint that makes jobs of a kind."""
    header = {"description": f"Where the job is: `/v1/models/<model>/{kind.path}/<id>`.", "schema": {"type": "string"}}
    return {202: {"description": "It is queued, or was before.", "headers": {"Location": header}}, **problems(*ASKING)}


def jobs_of(services: Services, model: str) -> Jobs:
    """The jobs of a model that there is; raises `JobsOff`, `NameInvalid` or `ModelUnknown`."""
    if services.jobs is None:
        raise JobsOff("This gateway runs no jobs: GATEWAY_JOBS is off.")
    services.catalogue.model(model)
    return services.jobs


# Async, though it waits for nothing: FastAPI would run it in a thread otherwise.
async def _asker(request: Request, idempotency_key: IdempotencyKey = None) -> Asker:
    return Asker(principal_of(request.scope).id, idempotency_key)


WhoAsks = Annotated[Asker, Depends(_asker)]
"""Who asks, as a parameter of an endpoint."""


def taken(response: Response, job: Job) -> dict[str, Any]:
    """The answer to a question for a job."""
    response.headers["Location"] = f"/v1/models/{job.model}/{job.kind.path}/{job.id}"
    return shown(job)


async def detailed(services: Services, model: str, kind: JobKind, job: str) -> dict[str, Any]:
    """A job with the last lines of its log."""
    found, lines = await jobs_of(services, model).find(model, kind, job)
    return {**shown(found), "log": lines}


def stream_of(kind: JobKind) -> Any:
    """The stream of a job's events, as a parameter: what is wrong is found before the answer begins."""

    async def opened(
        request: Request, services: Given, model: ModelPath, job: JobId, last_event_id: LastEventId = None
    ) -> AsyncIterator[EventStream]:
        jobs = jobs_of(services, model)
        found = await jobs.store.find(model, kind, job)
        drain, caller = request.app.state.drain, principal_of(request.scope).id
        with jobs.stream(found, last_event_id or 0, caller, lambda: drain.has_begun) as stream:
            yield stream

    return Depends(opened)
