"""Predictions."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from contract.card import VersionCard
from contract.errors import (
    JsonInvalid,
    ModelUnknown,
    NameInvalid,
    PictureEmpty,
    PictureTooManyPixels,
    PictureTruncated,
    PictureUnsupported,
    RawTablesInvalid,
    SqlFailed,
    SqlTimeout,
    VersionUnknown,
)
from contract.inputs import ImageInput
from gateway.answers import BatchPrediction, BatchProblem, Prediction
from gateway.batch import BatchAnswer
from gateway.bodies import PictureDocument
from gateway.disconnection import cancelled_when_gone
from gateway.errors import (
    BodyEmpty,
    BodyLate,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    ExplanationsMissing,
    FeatureTableLoading,
    FeatureTableMissing,
    IdsUnknown,
    ModelNotServed,
    MultipartInvalid,
    Overloaded,
    PicturesNotTaken,
    RawTablesNotTaken,
    RequestInvalid,
    RowInvalid,
    TooManyParts,
    TooManyRows,
    VersionNotServed,
)
from gateway.limits.deadline import RequestTimeout, within
from gateway.limits.errors import DeadlinePassed
from gateway.prediction_log.asked import asked_by
from gateway.prediction_log.errors import LogUnavailable
from gateway.routes.describe import COMPUTING, ModelPath, TopKQuery, VersionQuery, problems
from gateway.routes.files import (
    ANSWERED_FILE,
    FILES,
    TABLE_CONTENT,
    Ending,
    NdjsonResponse,
    SummaryQuery,
    answer_file,
)
from gateway.routes.request_key import RequestKey
from gateway.routes.shadowing import shadowed
from gateway.services import Given, Services
from gateway.tables.answers import RowPrediction, RowPredictions
from gateway.tables.documents import RowsDocument

router = APIRouter(prefix="/v1/models/{model}/predict", tags=["predictions"])

PredictWith = Callable[[VersionCard], Awaitable[Prediction | RowPrediction | RowPredictions]]
"""Answers a request whose body was read with a version."""

FILE = {"type": "string", "format": "binary"}
CHOICE = (ModelUnknown, VersionUnknown, VersionNotServed, ModelNotServed, NameInvalid, PicturesNotTaken)
READING = (
    BodyEmpty,
    BodyLate,
    MultipartInvalid,
    TooManyParts,
    ContentTypeUnsupported,
    ContentEncodingUnsupported,
    RequestInvalid,
    Overloaded,
    LogUnavailable,
)
ROWS = (
    JsonInvalid,
    RowInvalid,
    TooManyRows,
    IdsUnknown,
    FeatureTableMissing,
    FeatureTableLoading,
    ExplanationsMissing,
    RawTablesNotTaken,
    RawTablesInvalid,
    SqlFailed,
    SqlTimeout,
)
PICTURES = (PictureEmpty, PictureUnsupported, PictureTruncated, PictureTooManyPixels)


def _multipart(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"schema": {"type": "object", "required": [name], "properties": {name: schema}}}


ONE_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": FILE},
            "application/octet-stream": {"schema": FILE},
            "multipart/form-data": _multipart("file", FILE),
            "application/json": {
                "schema": {"anyOf": [PictureDocument.model_json_schema(), RowsDocument.model_json_schema()]}
            },
        },
    }
}
MANY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": _multipart("files", {"type": "array", "items": FILE}),
            **TABLE_CONTENT,
        },
    }
}


@router.post(
    "",
    response_model=Prediction | RowPrediction | RowPredictions,
    openapi_extra=ONE_PICTURE,
    responses=problems(*CHOICE, *READING, *PICTURES, *ROWS, *COMPUTING, DeadlinePassed),
)
async def predict(
    request: Request,
    services: Given,
    *,
    model: ModelPath,
    key: RequestKey,
    top_k: TopKQuery = None,
    version: VersionQuery = None,
    x_request_timeout: RequestTimeout = None,
) -> Response:
    """Predict one picture: as the raw body, as multipart field `file`, or as JSON in base64.

    For a model of tables: one row or several as JSON, by value or by id.
    """
    found = services.catalogue.model(model)
    card = found.choose_for(version, key)
    with services.predictions.enter(card.model):
        async with within(x_request_timeout):
            predict_with = await (
                _picture(request, services, top_k) if _takes_pictures(card) else _rows(request, services, card)
            )
            async with cancelled_when_gone(request.receive):
                await services.waking.awake(card)
                answer = await predict_with(card)
    # Ready-made: the answer was just validated, and FastAPI would do it again.
    return Response(
        answer.model_dump_json(),
        media_type="application/json",
        background=shadowed(request, services, found, version, predict_with),
    )


def _takes_pictures(card: VersionCard) -> bool:
    return isinstance(card.input, ImageInput)


async def _picture(request: Request, services: Services, top_k: int | None) -> PredictWith:
    source, asked = await services.bodies.picture(request), asked_by(request)
    return lambda card: services.predictor.predict(card, source, top_k, asked)


async def _rows(request: Request, services: Services, card: VersionCard) -> PredictWith:
    body, asked = await services.bodies.document(request, card), asked_by(request)
    max_rows = services.bodies.max_rows(request)
    return lambda card: services.rows.predict(card, body, asked, max_rows=max_rows)


@router.post(
    "/batch",
    response_model=BatchPrediction | BatchProblem,
    response_class=NdjsonResponse,
    openapi_extra=MANY,
    responses={200: ANSWERED_FILE, **problems(*CHOICE, *READING, *FILES, *COMPUTING)},
)
async def predict_batch(
    request: Request,
    services: Given,
    ending: Ending,
    *,
    model: ModelPath,
    key: RequestKey,
    top_k: TopKQuery = None,
    version: VersionQuery = None,
    summary: SummaryQuery = None,
) -> Response:
    """Predict many pictures of one multipart body; the answers stream, one line a picture, in the order sent.

    A picture that can't be answered is a problem document on its line, and does not fail the rest.

    For a model of tables: predict the rows of a file; the answers stream in the format that `Accept` names, else in the
    file's. A row that breaks a rule has an `error` in its answer, and does not fail the rest.
    """
    card = services.catalogue.model(model).choose_for(version, key)
    if not _takes_pictures(card):
        return await answer_file(request, services, ending, card, with_summary=summary)
    parts = await services.bodies.pictures(request)
    async with cancelled_when_gone(request.receive):
        await services.waking.awake(card)
    answer = BatchAnswer(
        services.predictor, services.metrics, card, top_k, services.settings.batch_window, asked_by(request)
    )
    return NdjsonResponse(answer.lines(parts))
