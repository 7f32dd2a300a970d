"""What the endpoints that take tables in files have in common."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from contract.card import VersionCard
from contract.errors import ColumnsMissing, HeaderDuplicate, TableEmpty, TableTooLarge, TableUnreadable, TriremeError
from contract.tabular.formats import MEDIA_TYPES
from gateway.disconnection import cancelled_when_gone
from gateway.errors import DiskFull, NotAcceptable
from gateway.identity.principal import principal_of
from gateway.limits.errors import TooManyBatches
from gateway.prediction_log.asked import asked_by
from gateway.prediction_log.digest import file_digest
from gateway.services import Given, Services
from gateway.tables.negotiation import format_wanted

TABLES = (TableEmpty, TableUnreadable, TableTooLarge, HeaderDuplicate, DiskFull, TooManyBatches)
FILES = (*TABLES, ColumnsMissing, NotAcceptable)
TABLE_CONTENT: dict[str, Any] = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()
}
ANSWERED_FILE: dict[str, Any] = {
    "description": "The answers: pictures' as JSON documents, one a line; rows' in the format of `Accept`.",
    "content": {name: content for name, content in TABLE_CONTENT.items() if name != MEDIA_TYPES["jsonl"]},
}
SummaryQuery = Annotated[
    bool | None,
    Query(description="Whether the answer to a file ends with a summary; without it, all formats but CSV do."),
]


class NdjsonResponse(StreamingResponse):
    """JSON documents, one a line."""

    media_type = MEDIA_TYPES["jsonl"]


async def _ending(request: Request, services: Given) -> AsyncIterator[contextlib.AsyncExitStack]:
    # A dependency, because it is left after the last piece was sent, or could not be.
    async with contextlib.AsyncExitStack() as ending:
        ending.enter_context(services.batches.enter(_caller(request)))
        yield ending


def _caller(request: Request) -> str | None:
    # Where nobody is asked who they are, all are one: its share would be everybody's.
    principal = principal_of(request.scope)
    return None if principal.kind in {"local", "nobody"} else principal.id


Ending = Annotated[contextlib.AsyncExitStack, Depends(_ending)]
"""One of the places for batches; what is put there ends with the request."""


async def answer_file(
    request: Request,
    services: Services,
    ending: contextlib.AsyncExitStack,
    card: VersionCard,
    *,
    with_summary: bool | None,
) -> Response:
    """The answers to the rows of a table's file; an error up to the first chunk's answers is a problem document."""
    model = services.tables.of(card)
    sent, chunks = services.bodies.table(request, card)
    wanted = format_wanted(request, sent)
    file = await ending.enter_async_context(services.spool.received(chunks))
    async with cancelled_when_gone(request.receive):
        await services.waking.awake(card)
        pieces = services.files.pieces(
            model,
            await services.files.opened(file, sent, model),
            wanted,
            with_summary=wanted != "csv" if with_summary is None else with_summary,
            asked=asked_by(request),
            digest=partial(file_digest, file),
        )
        ending.push_async_callback(pieces.aclose)
        first = await anext(pieces)
    return StreamingResponse(_all(first, pieces, request), media_type=MEDIA_TYPES[wanted])


async def _all(first: bytes, rest: AsyncIterator[bytes], request: Request) -> AsyncIterator[bytes]:
    try:
        yield first
        async for piece in rest:
            if piece:
                yield piece
    except TriremeError as error:
        # The answer has begun; logs and metrics still learn why it breaks off.
        request.state.problem_code = error.code
        raise
