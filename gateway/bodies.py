"""From a request to the picture or pictures in it: raw body, multipart, or JSON."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Request
from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from starlette.types import Message

from contract.card import VersionCard
from contract.errors import PictureEmpty
from contract.inputs import ImageInput
from contract.tabular.formats import MEDIA_TYPES, Format
from gateway.decoding import Source
from gateway.errors import (
    BodyEmpty,
    BodyLate,
    BodyTooLarge,
    ClientGone,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    FieldError,
    PicturesNotTaken,
    RequestInvalid,
)
from gateway.examples.manifest import PARTS
from gateway.identity.principal import principal_of
from gateway.limits.roles import Bounds, RoleBounds
from gateway.multipart import Part, read_parts, stream_parts
from gateway.open_inference.body import HEADER_LENGTH, InferenceBody
from gateway.request_document import RequestDocument
from gateway.settings import GatewaySettings
from gateway.tables.negotiation import format_sent

JSON = "application/json"
MULTIPART = "multipart/form-data"
OCTETS = "application/octet-stream"
# `curl --data-binary` says that it is a form; what a picture is, its bytes say.
RAW = frozenset({"", OCTETS, "application/x-www-form-urlencoded"})


def _undo_base64(value: object) -> object:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64 (RFC 4648, standard alphabet, no `data:` prefix)") from None


class PictureDocument(RequestDocument):
    """A picture as JSON."""

    image: Annotated[
        bytes, BeforeValidator(_undo_base64), Field(json_schema_extra={"type": "string", "format": "byte"})
    ]
    """The picture's file, in base64."""


@dataclass(frozen=True)
class BodyReader:
    """Reads bodies within the settings' limits; how many bytes arrive is `gateway.body_guard`'s to count."""

    settings: GatewaySettings
    roles: RoleBounds

    async def picture(self, request: Request) -> Source:
        """The one picture of a request.

        Raises `BodyEmpty`, `BodyLate`, `ClientGone`, `ContentTypeUnsupported`, `ContentEncodingUnsupported`,
        `RequestInvalid`, `MultipartInvalid` or `TooManyParts`.
        """
        kind = _content_type(request)
        if kind == MULTIPART:
            (part,) = await self._parts(request, ("file",), max_parts=1)
            return part.picture
        if kind in RAW or kind.startswith("image/"):
            return partial(bytes, await self._whole(request))
        if kind == JSON:
            return partial(_from_json, await self._whole(request))
        raise ContentTypeUnsupported(
            "Send a picture as image/*, application/octet-stream, multipart/form-data or JSON."
        )

    async def document(self, request: Request, card: VersionCard) -> bytes:
        """The JSON document of a request for rows; raises `PicturesNotTaken`, and what `picture` raises."""
        kind = _content_type(request)
        if kind in RAW or kind == MULTIPART or kind.startswith("image/"):
            raise PicturesNotTaken(f"Model {card.model!r} takes tables, not pictures: send rows as {JSON}.")
        if kind != JSON:
            raise ContentTypeUnsupported(f"Send rows as {JSON}; files of rows go to …/predict/batch.")
        return await self._whole(request)

    async def short(self, request: Request, max_bytes: int) -> bytes:
        """A body of at most so many bytes, perhaps none; raises `BodyLate`, `BodyTooLarge` or `ClientGone`."""
        body = bytearray()
        async for chunk in self._chunks(request):
            body += chunk
            if len(body) > max_bytes:
                raise BodyTooLarge(f"The request's body is larger than {max_bytes:,} bytes.")
        return bytes(body)

    async def pictures(self, request: Request) -> list[Part]:
        """The pictures of a batch; raises what `picture` raises."""
        if _content_type(request) != MULTIPART:
            raise ContentTypeUnsupported("Send a batch of pictures as multipart/form-data.")
        return await self._parts(request, ("files", "file"), max_parts=self._bounds(request).parts)

    def labelled_pictures(self, request: Request) -> AsyncIterator[Part] | None:
        """The parts of an upload as they arrive; None where it is no multipart.

        Raises `ContentEncodingUnsupported`; reading them raises what `picture` raises.
        """
        if _content_type(request) != MULTIPART:
            return None
        return stream_parts(
            _not_empty(self._chunks(request, self.settings.upload_timeout_s)),
            request.headers["content-type"],
            names=PARTS,
            # And the manifest.
            max_parts=self._bounds(request).upload_parts + 1,
            max_part_bytes=self._bounds(request).body_bytes,
        )

    async def tensors(self, request: Request, card: VersionCard) -> InferenceBody:
        """JSON, perhaps with the bytes of tensors after it; raises what `picture` raises."""
        # Triton's client names no type at all.
        if _content_type(request) not in {JSON, *RAW}:
            raise ContentTypeUnsupported(f"Send tensors as {JSON}, or with their bytes after it as {OCTETS}.")
        bounds = self._bounds(request)
        return InferenceBody(
            await self._whole(request),
            request.headers.get(HEADER_LENGTH),
            max_json_bytes=bounds.body_bytes,
            max_examples=bounds.parts if isinstance(card.input, ImageInput) else bounds.rows,
        )

    def table(
        self, request: Request, card: VersionCard, *, timeout_s: float | None = None
    ) -> tuple[Format, AsyncIterator[bytes]]:
        """The format of a table's file, and its bytes as they arrive.

        Raises `PicturesNotTaken`, `ContentTypeUnsupported` or `ContentEncodingUnsupported`; reading the bytes raises
        `BodyLate` and `ClientGone`.
        """
        kind = _content_type(request)
        sent = format_sent(kind)
        if sent is None and (kind == MULTIPART or kind.startswith("image/")):
            raise PicturesNotTaken(f"Model {card.model!r} takes tables, not pictures.")
        if sent is None:
            raise ContentTypeUnsupported(f"Send a table's file as {', '.join(MEDIA_TYPES.values())}.")
        return sent, self._chunks(request, timeout_s or self.settings.table_timeout_s)

    def max_rows(self, request: Request) -> int:
        """Rows that the caller's JSON document may have."""
        return self._bounds(request).rows

    def _bounds(self, request: Request) -> Bounds:
        return self.roles.of(principal_of(request.scope).role)

    async def _whole(self, request: Request) -> bytes:
        body = b"".join([chunk async for chunk in self._chunks(request)])
        if not body:
            raise BodyEmpty
        return body

    async def _parts(self, request: Request, names: tuple[str, ...], *, max_parts: int) -> list[Part]:
        parts = await read_parts(
            _not_empty(self._chunks(request)),
            request.headers["content-type"],
            names=names,
            max_parts=max_parts,
            max_part_bytes=self._bounds(request).body_bytes,
        )
        if not parts:
            raise RequestInvalid(FieldError(field=f"body.{names[0]}", message="Field required"))
        return parts

    async def _chunks(self, request: Request, timeout_s: float | None = None) -> AsyncIterator[bytes]:
        deadline = asyncio.get_running_loop().time() + (timeout_s or self.settings.body_timeout_s)
        more = True
        while more:
            message = await _received(request, deadline)
            more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk


async def _received(request: Request, deadline: float) -> Message:
    try:
        async with asyncio.timeout_at(deadline):
            message = await request.receive()
    except TimeoutError:
        raise BodyLate from None
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


def _content_type(request: Request) -> str:
    if any(value.strip().lower() != "identity" for value in request.headers.getlist("content-encoding")):
        raise ContentEncodingUnsupported
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _not_empty(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    is_empty = True
    async for chunk in chunks:
        is_empty = False
        yield chunk
    if is_empty:
        raise BodyEmpty


def _from_json(body: bytes) -> bytes:
    try:
        picture = PictureDocument.model_validate_json(body).image
    except ValidationError as error:
        raise RequestInvalid(*map(_field_error, error.errors(include_input=False, include_url=False))) from None
    if not picture:
        raise PictureEmpty
    return picture


def _field_error(finding: ErrorDetails) -> FieldError:
    match finding["type"]:
        case "json_invalid":
            return FieldError(field="body", message="It is not JSON.")
        case _:
            return FieldError(field=".".join(("body", *map(str, finding["loc"]))), message=finding["msg"])
