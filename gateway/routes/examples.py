"""Labelled training data: uploading, showing, withdrawing."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from contract.card import VersionCard
from contract.errors import ColumnsMissing, ModelUnknown, NameInvalid
from contract.examples.batch import Use
from contract.inputs import ImageInput
from gateway.errors import (
    BodyEmpty,
    BodyLate,
    BodyTooLarge,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    DiskFull,
    MultipartInvalid,
    Overloaded,
    PicturesNotTaken,
    RequestInvalid,
    TooManyParts,
)
from gateway.examples.answers import BatchDetails, BatchPage, Upload, Withdrawn
from gateway.examples.errors import (
    BatchUnknown,
    ExamplesErased,
    ExamplesFull,
    ExamplesOff,
    ExamplesRefused,
    ExamplesUnavailable,
)
from gateway.examples.listing import details, page
from gateway.examples.manifest import Sent, labelled
from gateway.examples.terms import Terms
from gateway.identity.principal import principal_of
from gateway.routes.describe import ModelPath, problems
from gateway.routes.files import TABLE_CONTENT, TABLES
from gateway.services import Given, Services

router = APIRouter(prefix="/v1/models/{model}/data", tags=["training data"])

FILE = {"type": "string", "format": "binary"}
CHOICE = (ModelUnknown, NameInvalid, ExamplesOff, ExamplesUnavailable)
READING = (BodyEmpty, BodyLate, BodyTooLarge, MultipartInvalid, TooManyParts, Overloaded, RequestInvalid)
TYPES = (ContentTypeUnsupported, ContentEncodingUnsupported, PicturesNotTaken, ColumnsMissing)
STORING = (ExamplesRefused, ExamplesFull, ExamplesErased, DiskFull)
PICTURES: dict[str, Any] = {
    "type": "object",
    "required": ["picture"],
    "properties": {"manifest": {"type": "string"}, "picture": {"type": "array", "items": FILE}},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": FILE},
            "application/octet-stream": {"schema": FILE},
            "multipart/form-data": {"schema": PICTURES},
            **TABLE_CONTENT,
        },
    }
}
# No NUL and the like: notes are shown on terminals.
Note = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="What is said of the batch.")]
BatchPath = Annotated[str, Path(description="The batch's id.")]
LimitQuery = Annotated[int, Query(ge=1, le=1000, description="How many in one answer.")]


@router.post(
    "",
    status_code=201,
    openapi_extra=BODY,
    responses={
        200: {"model": Upload, "description": "Every example was there already; there is no new batch."},
        **problems(*CHOICE, *READING, *TYPES, *TABLES, *STORING),
    },
)
async def upload_data(
    request: Request,
    response: Response,
    services: Given,
    *,
    model: ModelPath,
    label: Annotated[str | None, Query(description="The label of all pictures of the request.")] = None,
    use: Annotated[Use, Query(description="What the examples are for.")] = Use.TRAINING,
    note: Note = "",
    target: Annotated[
        str | None, Query(min_length=1, max_length=128, description="The label's column in a table.")
    ] = None,
    strict: Annotated[bool, Query(description="Whether one bad example refuses all.")] = False,
) -> Upload:
    """Add labelled examples: one picture, many as multipart parts `picture`, or the rows of a table's file.

    Each is checked as for a prediction by the stable version. What can't be taken is told and left out.
    """
    card = services.catalogue.model(model).representative()
    terms = Terms(card, use, note, principal_of(request.scope).id, strict)
    with services.uploads.admission.enter():
        answer = await (
            _pictures(request, services, terms, label)
            if isinstance(card.input, ImageInput)
            else _rows(request, services, terms, target or card.target or "target")
        )
    response.status_code = 200 if answer.batch is None else 201
    return answer


async def _pictures(request: Request, services: Services, terms: Terms, label: str | None) -> Upload:
    assert isinstance(terms.card.input, ImageInput)  # noqa: S101 - its caller has looked
    parts = services.bodies.labelled_pictures(request)
    sent = _one(await services.bodies.picture(request), label) if parts is None else labelled(parts, label)
    return await services.uploads.pictures(terms, terms.card.input, sent)


async def _rows(request: Request, services: Services, terms: Terms, target: str) -> Upload:
    sent, chunks = services.bodies.table(request, terms.card, timeout_s=services.settings.upload_timeout_s)
    model = services.tables.of(terms.card)
    async with services.spool.received(chunks) as file:
        return await services.uploads.rows(terms, model, file, sent, target)


async def _one(content: Any, label: str | None) -> AsyncIterator[Sent]:
    yield Sent(content, label)


@router.get("", responses=problems(*CHOICE, RequestInvalid))
async def show_data(
    services: Given,
    model: ModelPath,
    limit: LimitQuery = 100,
    cursor: Annotated[str | None, Query(max_length=36, description="`next` of the page before.")] = None,
) -> BatchPage:
    """Uploaded data: how many examples of each label, and the batches, the youngest first, page by page."""
    card = _known(services, model)
    return page(card.model, await services.examples.index(card.model), limit=limit, before=cursor)


@router.get("/{batch}", responses=problems(*CHOICE, BatchUnknown, RequestInvalid))
async def show_batch(
    services: Given,
    model: ModelPath,
    batch: BatchPath,
    limit: LimitQuery = 100,
    start: Annotated[int, Query(ge=0, le=1_000_000_000, description="`next` of the page before.")] = 0,
) -> BatchDetails:
    """One batch, with a page of its pictures."""
    card = _known(services, model)
    found = await services.examples.find(card.model, batch)
    is_withdrawn = await services.examples.is_withdrawn(card.model, batch)
    return details(found, is_withdrawn=is_withdrawn, limit=limit, start=start)


@router.delete("/{batch}", responses=problems(*CHOICE, BatchUnknown, RequestInvalid))
async def withdraw_batch(
    request: Request,
    services: Given,
    model: ModelPath,
    batch: BatchPath,
    erase: Annotated[bool, Query(description="Whether to delete its files and its manifest, too.")] = False,
) -> Withdrawn:
    """Make a batch count no more. Its files stay, unless they are to be erased."""
    card, principal = _known(services, model), principal_of(request.scope).id
    if not erase:
        await services.examples.withdraw(card.model, batch, principal)
        return Withdrawn(id=batch, erased=False, objects_deleted=0, objects_kept=0)
    deleted, kept = await services.examples.erase(card.model, batch, principal)
    return Withdrawn(id=batch, erased=True, objects_deleted=deleted, objects_kept=kept)


def _known(services: Services, model: str) -> VersionCard:
    return services.catalogue.model(model).representative()
