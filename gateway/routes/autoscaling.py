"""Why there are as many replicas of a model as there are."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from contract.errors import ModelUnknown, NameInvalid
from contract.moments import Span
from gateway.autoscaling.answers import AutoscalerAnswer, AutoscalingAnswer, autoscaler
from gateway.autoscaling.errors import AutoscalerUnseen
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.drift.query import span_of
from gateway.errors import RequestInvalid
from gateway.routes.describe import ModelPath, problems
from gateway.services import Given

router = APIRouter(prefix="/v1/models/{model}/autoscaling", tags=["models"])

OFF = "This gateway knows of no autoscaler: GATEWAY_AUTOSCALING is `off`, as on a laptop, where one server answers."

NONE = "No HorizontalPodAutoscaler of the namespace scales this model: there are as many replicas as were asked for."


class AutoscalingQuery(BaseModel):
    """Of what time."""

    since: AwareDatetime | None = Field(default=None, description="From this time on.")
    window_s: int = Field(default=3600, ge=60, le=86_400, description="Seconds up to now, where `since` isn't given.")


@router.get("", responses=problems(ModelUnknown, NameInvalid, RequestInvalid, AutoscalerUnseen))
async def explain_autoscaling(
    services: Given, model: ModelPath, query: Annotated[AutoscalingQuery, Query()]
) -> AutoscalingAnswer:
    """Metrics, targets, each decision of the autoscaler and what limited it, and Kubernetes' events."""
    name = services.catalogue.model(model).name
    span, watch = span_of(query.since, None, query.window_s, place="query"), services.autoscalers
    found = [] if watch is None else await asyncio.to_thread(_explained, watch, name, span)
    return AutoscalingAnswer(
        model=name,
        since=span.since,
        until=span.until,
        recorded_since=None if watch is None or watch.since is None else datetime.fromtimestamp(watch.since, UTC),
        note=None if found else OFF if watch is None else NONE,
        autoscalers=found,
    )


def _explained(watch: AutoscalerWatch, model: str, span: Span) -> list[AutoscalerAnswer]:
    return [autoscaler(seen, watch.events(seen[-1].name), span) for seen in watch.readings(model)]
