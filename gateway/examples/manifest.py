"""The pictures of an upload with their labels: one for all, or by a part `manifest` that comes first."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, TypeAdapter, ValidationError

from contract.errors import JsonInvalid
from contract.json_rows import read_json
from gateway.decoding import Source
from gateway.errors import FieldError, PartTooLarge, RequestInvalid
from gateway.multipart import Part

MANIFEST, PICTURE = "manifest", "picture"
PARTS = (PICTURE, MANIFEST)
FIELD = f"body.{MANIFEST}"


class LabelledName(BaseModel):
    """One picture's label."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """The file name of its part."""
    label: str


class LabelsByName(BaseModel):
    """All pictures' labels by the file names of their parts."""

    model_config = ConfigDict(extra="forbid")

    labels: dict[str, str]


_BY_NAME: TypeAdapter[LabelsByName] = TypeAdapter(LabelsByName)
_LISTED: TypeAdapter[list[LabelledName]] = TypeAdapter(Annotated[list[LabelledName], FailFast()])
WRONG = RequestInvalid(FieldError(field=FIELD, message='it is no JSON such as {"labels": {"a.jpg": "cat"}}'))


@dataclass(frozen=True)
class Sent:
    """One picture of an upload."""

    content: Source
    """Gives its bytes; raises `PartTooLarge`."""
    label: str | None
    name: str | None = None


async def labelled(parts: AsyncIterator[Part], label: str | None) -> AsyncIterator[Sent]:
    """The pictures of a multipart body; raises `RequestInvalid`, and what `parts` raises."""
    labels: Mapping[str, str] | None = None
    has_pictures = False
    async for part in parts:
        if part.name == PICTURE:
            has_pictures = True
            found = label if labels is None else labels.get(part.filename or "")
            yield Sent(part.picture, found, part.filename)
        elif has_pictures or labels is not None or label is not None:
            raise _misplaced(label)
        else:
            labels = read_manifest(part)
    if not has_pictures:
        raise RequestInvalid(FieldError(field=f"body.{PICTURE}", message="Field required"))


def read_manifest(part: Part) -> Mapping[str, str]:
    """Labels by file name; raises `RequestInvalid`."""
    try:
        document = read_json(part.picture())
        pairs = _pairs(document)
    except PartTooLarge:
        raise RequestInvalid(FieldError(field=FIELD, message="it is too large")) from None
    except (JsonInvalid, ValidationError):
        raise WRONG from None
    labels = dict(pairs)
    if len(labels) != len(pairs):
        raise RequestInvalid(FieldError(field=FIELD, message="it has a name twice"))
    return labels


def _pairs(document: object) -> list[tuple[str, str]]:
    if isinstance(document, list):
        return [(one.name, one.label) for one in _LISTED.validate_python(document)]
    return list(_BY_NAME.validate_python(document).labels.items())


def _misplaced(label: str | None) -> RequestInvalid:
    message = "it has to come before the pictures, once" if label is None else "`label` is given already"
    return RequestInvalid(FieldError(field=FIELD, message=message))
