"""What was predicted, and how it turned out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from contract.errors import ModelUnknown, NameInvalid, VersionUnknown
from gateway.database.errors import DatabaseUnavailable
from gateway.errors import BodyTooLarge, RequestInvalid
from gateway.history.answers import Feedback, LoggedPredictions, PredictionDetails, Statistics
from gateway.history.documents import FeedbackDocument
from gateway.history.errors import FeedbackFull, FeedbackInvalid, PredictionPending, PredictionUnknown
from gateway.history.feedback import give
from gateway.history.query import PageQuery, StatisticsQuery
from gateway.history.reading import History
from gateway.history.statistics import statistics
from gateway.identity.principal import principal_of
from gateway.prediction_log.errors import LogOff
from gateway.routes.describe import problems
from gateway.services import Given, Services

router = APIRouter(prefix="/v1/predictions", tags=["history"])

PredictionId = Annotated[str, Path(description="The id that the answer had.")]
READING = (LogOff, DatabaseUnavailable, RequestInvalid)
FINDING = (*READING, PredictionUnknown, PredictionPending)


@router.get("", responses=problems(*READING))
async def list_predictions(services: Given, query: Annotated[PageQuery, Query()]) -> LoggedPredictions:
    """Entries of the log, the youngest first, page by page."""
    return await _history(services).page(query)


@router.get("/stats", responses=problems(*READING))
async def show_statistics(services: Given, query: Annotated[StatisticsQuery, Query()]) -> Statistics:
    """Counts, distributions, latencies over time, and how often predictions turned out to be right."""
    return await statistics(_history(services).database, query)


@router.get("/{id}", responses=problems(*FINDING))
async def show_prediction(services: Given, id: PredictionId) -> PredictionDetails:  # noqa: A002 - the path's name
    """One entry, with all that was said about it."""
    return await _history(services).find(id)


@router.post(
    "/{id}/feedback",
    responses=problems(
        *FINDING, FeedbackInvalid, FeedbackFull, ModelUnknown, VersionUnknown, NameInvalid, BodyTooLarge
    ),
)
async def give_feedback(
    request: Request,
    services: Given,
    id: PredictionId,  # noqa: A002 - the path's name
    body: FeedbackDocument,
) -> Feedback:
    """Say what was true; what is said last counts."""
    history = _history(services)
    found = await history.find(id)
    card = services.catalogue.model(found.model).card(found.version)
    return await give(history.database, found, body.label, card.output.labels, principal_of(request.scope).id)


def _history(services: Services) -> History:
    if services.history is None:
        raise LogOff
    return services.history
