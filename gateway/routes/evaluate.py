"""Evaluations, and what they found."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.errors import VersionUnknown
from contract.jobs.documents import JobKind
from gateway.errors import ModelNotServed
from gateway.jobs.answers import EvaluateJob, EvaluateJobs, EvaluateShort, LatestEvaluation, page, shown
from gateway.jobs.documents import EvaluateDocument, JobsQuery
from gateway.jobs.errors import EvaluationUnknown
from gateway.jobs.streaming import EventStream
from gateway.routes.describe import ModelPath, problems
from gateway.routes.jobs import (
    CANCELLING,
    FINDING,
    LISTING,
    STREAMING,
    JobId,
    WhoAsks,
    asking,
    detailed,
    jobs_of,
    stream_of,
    taken,
)
from gateway.routes.models import PublishedVersionQuery
from gateway.services import Given

KIND = JobKind.EVALUATE

router = APIRouter(prefix="/v1/models/{model}", tags=["jobs"])

DataQuery = Annotated[
    Literal["test", "batches"], Query(description="The model's own test set, or batches of uploaded data.")
]


@router.post("/evaluate", status_code=202, responses=asking(KIND))
async def evaluate(
    response: Response,
    services: Given,
    model: ModelPath,
    asker: WhoAsks,
    body: EvaluateDocument | None = None,
) -> EvaluateShort:
    """Find out how good a version is, as the model server answers."""
    jobs, found = jobs_of(services, model), services.catalogue.model(model)
    new = await jobs.questions.evaluate(found, body or EvaluateDocument(), asker)
    return EvaluateShort.model_validate(taken(response, await jobs.create(new)))


@router.get("/evaluate", responses=problems(*LISTING))
async def list_evaluations(services: Given, model: ModelPath, query: Annotated[JobsQuery, Query()]) -> EvaluateJobs:
    """A model's evaluations, the newest first, page by page."""
    return EvaluateJobs.model_validate(page(await jobs_of(services, model).page(model, KIND, query), query.limit))


@router.get("/evaluate/{job}", responses=problems(*FINDING))
async def show_evaluation(services: Given, model: ModelPath, job: JobId) -> EvaluateJob:
    """How an evaluation stands, or what it came to."""
    return EvaluateJob.model_validate(await detailed(services, model, KIND, job))


@router.delete("/evaluate/{job}", status_code=202, responses=problems(*CANCELLING))
async def cancel_evaluation(services: Given, model: ModelPath, job: JobId) -> EvaluateShort:
    """End an evaluation: at once where it waits, soon where it runs."""
    return EvaluateShort.model_validate(shown(await jobs_of(services, model).cancel(model, KIND, job)))


@router.get("/evaluate/{job}/events", response_class=EventSourceResponse, responses=problems(*STREAMING))
async def follow_evaluation(stream: Annotated[EventStream, stream_of(KIND)]) -> AsyncIterator[ServerSentEvent]:
    """States, progress and log as they happen, from the beginning or after `Last-Event-ID`, to the job's end."""
    async for event in stream.events():
        yield event


@router.get("/evaluation", responses=problems(*LISTING, VersionUnknown, ModelNotServed, EvaluationUnknown))
async def latest_evaluation(
    services: Given, model: ModelPath, version: PublishedVersionQuery = None, data: DataQuery = "test"
) -> LatestEvaluation:
    """The newest figures of a version, with its confusion matrix, curves and figures per label."""
    jobs, found = jobs_of(services, model), services.catalogue.model(model)
    card = found.choose(None) if version is None else found.card(version)
    job = await jobs.store.newest_evaluation(model, card.version, on_batches=data == "batches")
    if job is None:
        where = "uploaded data" if data == "batches" else "its test set"
        raise EvaluationUnknown(
            f"Version {card.version} was not evaluated on {where} yet: POST /v1/models/{model}/evaluate does it."
        )
    return LatestEvaluation.of(job)
