"""Drift reports: pages that jobs make."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import HTMLResponse, JSONResponse

from contract.errors import ReferenceMissing
from contract.jobs.documents import JobKind
from gateway.jobs.answers import DriftReportJob, DriftReportJobs, DriftReportShort, page, shown
from gateway.jobs.documents import DriftReportDocument, JobsQuery
from gateway.jobs.errors import ReportGone, ReportNotReady
from gateway.jobs.pages import StoredPage
from gateway.jobs.streaming import EventStream
from gateway.prediction_log.errors import LogOff
from gateway.routes.describe import ModelPath, document, problems
from gateway.routes.jobs import (
    ASKING,
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

KIND = JobKind.DRIFT_REPORT
JSON, HTML = "application/json", "text/html"
PAGE: dict[str, Any] = {
    "description": "The report as a page; with `Accept: application/json`, the job as JSON.",
    "content": {HTML: {"schema": {"type": "string"}}, JSON: {"schema": document(DriftReportJob)}},
}

router = APIRouter(prefix="/v1/models/{model}/drift/report", tags=["jobs"])


@router.post("", status_code=202, responses={**asking(KIND), **problems(*ASKING, ReferenceMissing, LogOff)})
async def report(
    response: Response, services: Given, model: ModelPath, asker: WhoAsks, body: DriftReportDocument | None = None
) -> DriftReportShort:
    """Have the full report made: each feature's distribution in the log beside the training data's, by Evidently."""
    jobs, found = jobs_of(services, model), services.catalogue.model(model)
    if services.drift is None:
        raise LogOff
    new = jobs.questions.drift_report(found, body or DriftReportDocument(), asker)
    return DriftReportShort.model_validate(taken(response, await jobs.create(new)))


@router.get("", responses=problems(*LISTING))
async def list_reports(services: Given, model: ModelPath, query: Annotated[JobsQuery, Query()]) -> DriftReportJobs:
    """A model's drift reports, the newest first, page by page."""
    return DriftReportJobs.model_validate(page(await jobs_of(services, model).page(model, KIND, query), query.limit))


@router.get(
    "/{job}",
    response_class=HTMLResponse,
    responses={200: PAGE, **problems(*FINDING, ReportNotReady, ReportGone)},
)
async def show_report(request: Request, services: Given, model: ModelPath, job: JobId) -> Response:
    """The page, once it is made; with `Accept: application/json`, how its job stands."""
    jobs = jobs_of(services, model)
    if JSON in request.headers.get("accept", ""):
        answer = DriftReportJob.model_validate(await detailed(services, model, KIND, job))
        return JSONResponse(answer.model_dump(mode="json"), headers={"Vary": "Accept"})
    return await _answer(await jobs.pages.of(await jobs.store.find(model, KIND, job)), request)


@router.delete("/{job}", status_code=202, responses=problems(*CANCELLING))
async def cancel_report(services: Given, model: ModelPath, job: JobId) -> DriftReportShort:
    """End a drift report: at once where it waits, soon where it runs."""
    return DriftReportShort.model_validate(shown(await jobs_of(services, model).cancel(model, KIND, job)))


@router.get("/{job}/events", response_class=EventSourceResponse, responses=problems(*STREAMING))
async def follow_report(stream: Annotated[EventStream, stream_of(KIND)]) -> AsyncIterator[ServerSentEvent]:
    """States, progress and log as they happen, from the beginning or after `Last-Event-ID`, to the job's end."""
    async for event in stream.events():
        yield event


async def _answer(page: StoredPage, request: Request) -> Response:
    headers = {"Content-Security-Policy": page.policy, "Vary": "Accept, Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return HTMLResponse(page.compressed, headers={**headers, "Content-Encoding": "gzip"})
    return HTMLResponse(await page.html(), headers=headers)
