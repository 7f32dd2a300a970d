"""Retrains."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from contract.jobs.documents import JobKind
from gateway.jobs.answers import RetrainJob, RetrainJobs, RetrainShort, page, shown
from gateway.jobs.documents import JobsQuery, RetrainDocument
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
from gateway.services import Given

KIND = JobKind.RETRAIN

router = APIRouter(prefix="/v1/models/{model}/retrain", tags=["jobs"])


@router.post("", status_code=202, responses=asking(KIND))
async def retrain(
    response: Response,
    services: Given,
    model: ModelPath,
    asker: WhoAsks,
    body: RetrainDocument | None = None,
) -> RetrainShort:
    """Train a new version, and publish it if it is good enough."""
    jobs, found = jobs_of(services, model), services.catalogue.model(model)
    new = await jobs.questions.retrain(found, body or RetrainDocument(), asker)
    return RetrainShort.model_validate(taken(response, await jobs.create(new)))


@router.get("", responses=problems(*LISTING))
async def list_retrains(services: Given, model: ModelPath, query: Annotated[JobsQuery, Query()]) -> RetrainJobs:
    """A model's retrains, the newest first, page by page."""
    return RetrainJobs.model_validate(page(await jobs_of(services, model).page(model, KIND, query), query.limit))


@router.get("/{job}", responses=problems(*FINDING))
async def show_retrain(services: Given, model: ModelPath, job: JobId) -> RetrainJob:
    """How a retrain stands, or what it came to."""
    return RetrainJob.model_validate(await detailed(services, model, KIND, job))


@router.delete("/{job}", status_code=202, responses=problems(*CANCELLING))
async def cancel_retrain(services: Given, model: ModelPath, job: JobId) -> RetrainShort:
    """End a retrain: at once where it waits, soon where it runs."""
    return RetrainShort.model_validate(shown(await jobs_of(services, model).cancel(model, KIND, job)))


@router.get("/{job}/events", response_class=EventSourceResponse, responses=problems(*STREAMING))
async def follow_retrain(stream: Annotated[EventStream, stream_of(KIND)]) -> AsyncIterator[ServerSentEvent]:
    """States, progress and log as they happen, from the beginning or after `Last-Event-ID`, to the job's end."""
    async for event in stream.events():
        yield event
