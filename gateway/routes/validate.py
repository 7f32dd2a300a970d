"""Checking tables."""

from fastapi import APIRouter, Request

from contract.errors import ColumnsMissing, ModelUnknown, NameInvalid, VersionUnknown
from gateway.disconnection import cancelled_when_gone
from gateway.errors import (
    BodyEmpty,
    BodyLate,
    BodyTooLarge,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    ModelNotServed,
    Overloaded,
    RowsNotTaken,
    VersionNotServed,
)
from gateway.routes.describe import ModelPath, VersionQuery, problems
from gateway.routes.files import TABLE_CONTENT, TABLES, Ending
from gateway.routes.request_key import RequestKey
from gateway.services import Given
from gateway.tables.validation import Validation, ValidationReport

router = APIRouter(prefix="/v1/models/{model}/validate", tags=["predictions"])

CHOICE = (ModelUnknown, VersionUnknown, VersionNotServed, ModelNotServed, NameInvalid, RowsNotTaken)
READING = (BodyEmpty, BodyLate, BodyTooLarge, ContentTypeUnsupported, ContentEncodingUnsupported, Overloaded)


@router.post(
    "",
    openapi_extra={"requestBody": {"required": True, "content": TABLE_CONTENT}},
    responses=problems(*CHOICE, *READING, *TABLES, ColumnsMissing),
)
async def validate(
    request: Request,
    services: Given,
    ending: Ending,
    *,
    model: ModelPath,
    key: RequestKey,
    version: VersionQuery = None,
) -> ValidationReport:
    """Check the rows of a table's file, and predict nothing."""
    card = services.catalogue.model(model).choose_for(version, key)
    settings = services.settings
    validation = Validation(
        services.tables.of(card),
        services.file_work,
        max_problems=settings.max_problems,
        max_ids=settings.max_checked_ids,
    )
    sent, chunks = services.bodies.table(request, card)
    file = await ending.enter_async_context(services.spool.received(chunks))
    async with cancelled_when_gone(request.receive):
        return await validation.check(file, sent, services.files.limits)
