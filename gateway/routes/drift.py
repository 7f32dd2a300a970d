"""How far predictions are from what a version was trained on."""

from typing import Annotated

from fastapi import APIRouter, Query

from contract.errors import ModelUnknown, NameInvalid, ReferenceMissing, VersionDamaged, VersionUnknown
from gateway.database.errors import DatabaseUnavailable
from gateway.drift.answers import DriftReport
from gateway.drift.query import DriftQuery
from gateway.errors import ModelNotServed, Overloaded, RequestInvalid
from gateway.prediction_log.errors import LogOff
from gateway.routes.describe import ModelPath, problems
from gateway.services import Given

router = APIRouter(prefix="/v1/models/{model}/drift", tags=["history"])

LOOKING = (
    ModelUnknown,
    VersionUnknown,
    NameInvalid,
    ModelNotServed,
    RequestInvalid,
    ReferenceMissing,
    VersionDamaged,
    LogOff,
    DatabaseUnavailable,
    Overloaded,
)


@router.get("", responses=problems(*LOOKING))
async def show_drift(services: Given, model: ModelPath, query: Annotated[DriftQuery, Query()]) -> DriftReport:
    """Each feature's distance from the training data, with a test and a verdict; and the answers' own drift."""
    found = services.catalogue.model(model)
    card = found.choose(None) if query.version is None else found.card(query.version)
    if services.drift is None:
        raise LogOff
    return await services.drift.look(card, query.span())
