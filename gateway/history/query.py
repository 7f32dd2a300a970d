"""What may be asked of the history."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy import ColumnElement

from gateway.errors import FieldError, RequestInvalid
from gateway.prediction_log.ids import is_prediction_id, lowest_id
from gateway.prediction_log.tables import PREDICTIONS

# No NUL: PostgreSQL knows no text with one.
Name = Annotated[str, StringConstraints(max_length=256, pattern=r"^[^\x00]*$")]


class Filters(BaseModel):
    """Which predictions."""

    model: Name | None = Field(default=None, description="Of this model.")
    version: int | None = Field(default=None, ge=1, le=999_999_999, description="Of this version.")
    label: Name | None = Field(default=None, description="With this most probable label.")
    decision: Name | None = Field(default=None, description="With this decision.")
    since: AwareDatetime | None = Field(default=None, description="From this time on, to the millisecond.")
    until: AwareDatetime | None = Field(default=None, description="Before this time.")

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for SQL."""
        named = ("model", "version", "label", "decision")
        given = ((PREDICTIONS.c[name], getattr(self, name)) for name in named)
        found: list[ColumnElement[bool]] = [column == value for column, value in given if value is not None]
        if self.since is not None:
            found.append(PREDICTIONS.c.id >= lowest_id(self.since))
        if self.until is not None:
            found.append(PREDICTIONS.c.id < lowest_id(self.until))
        return found


class PageQuery(Filters):
    """Which page of them."""

    limit: int = Field(default=100, ge=1, le=1000, description="Predictions in one answer.")
    cursor: str | None = Field(default=None, max_length=64, description="`next` of the page before.")

    def before(self) -> str | None:
        """The id that the page comes after, the youngest first; raises `RequestInvalid`."""
        return None if self.cursor is None else id_of(self.cursor)


class StatisticsQuery(Filters):
    """Counts of what time, in what steps."""

    bucket_s: int | None = Field(
        default=None, ge=1, le=366 * 86_400, description="Seconds of one bucket; without it, about 60 buckets."
    )


def cursor(id: str) -> str:  # noqa: A002 - the column's name
    """The opaque text for an id."""
    return urlsafe_b64encode(UUID(id).bytes).decode().rstrip("=")


def id_of(text: str) -> str:
    """The id in such a text, sent as the query's `cursor`; raises `RequestInvalid`."""
    try:
        found = str(UUID(bytes=urlsafe_b64decode(text + "==")))
    except ValueError:
        found = ""
    if not is_prediction_id(found):
        raise RequestInvalid(FieldError(field="query.cursor", message="it is no `next` of a page"))
    return found
