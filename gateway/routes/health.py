"""Health and metrics."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from contract import __version__
from gateway.answers import Health, Readiness, ServedVersions
from gateway.http.drain import Drain
from gateway.readiness import are_ready
from gateway.services import Given, Services

router = APIRouter(tags=["health"])


# Async, though it waits for nothing: FastAPI would run it in a thread otherwise.
async def _drain(request: Request) -> Drain:
    drain: Drain = request.app.state.drain
    return drain


Draining = Annotated[Drain, Depends(_drain)]


class MetricsResponse(Response):
    """Prometheus' text format."""

    media_type = CONTENT_TYPE_LATEST


@router.get("/health")
async def health(services: Given) -> Health:
    """What this gateway is and what it serves; it asks nobody and always answers."""
    return _health(services)


@router.get("/health/live")
async def live(services: Given) -> Health:
    """The process runs and its event loop turns: a liveness probe."""
    return _health(services)


@router.get("/health/ready", responses={503: {"model": Readiness, "description": "Not ready: see `status`"}})
async def ready(services: Given, drain: Draining, response: Response) -> Readiness:
    """A readiness probe: every model answers, by a real inference, or sleeps, and the gateway isn't about to stop."""
    if drain.has_begun:
        response.status_code = 503
        return Readiness(status="draining", uptime_s=services.uptime_s, version=__version__, models=[])
    models = await services.readiness.outcome()
    is_ready = are_ready(models)
    response.status_code = 200 if is_ready else 503
    status = "ready" if is_ready else "unready"
    return Readiness(status=status, uptime_s=services.uptime_s, version=__version__, models=models)


@router.get("/metrics", response_class=MetricsResponse)
async def metrics(services: Given) -> Response:
    """Metrics for Prometheus."""
    # It looks into /proc, and may be long.
    return MetricsResponse(await asyncio.to_thread(services.metrics.exposition))


def _health(services: Services) -> Health:
    models = [
        ServedVersions(model=model.name, stable=model.stable, served=list(model.served))
        for model in services.catalogue.announced()
    ]
    return Health(uptime_s=services.uptime_s, version=__version__, models=models)
