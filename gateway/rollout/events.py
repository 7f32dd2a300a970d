"""What happened to models."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import ColumnElement, func, or_, select

from gateway.database.engine import Database
from gateway.errors import FieldError, RequestInvalid
from gateway.history.records import with_zone
from gateway.rollout.actions import JUDGE, SMOKE_TEST
from gateway.rollout.tables import MODEL_EVENTS
from gateway.rollout.traffic import VersionState

LAST = 2**63 - 1


class ModelEvent(BaseModel):
    """One change of a model's traffic."""

    number: int
    """Of all models' events; it rises within a model."""
    version: int
    action: str = Field(examples=["promote"])
    from_state: VersionState | None
    to_state: VersionState
    weights: dict[str, int]
    """Percent by version, afterwards."""
    time: AwareDatetime
    principal: str
    """Who did it, or which rule: `policy`, `smoke-test`, a judge's."""
    numbers: dict[str, Any]
    """What it was decided on."""
    note: str
    revision: int
    """Of the traffic, afterwards."""


class ModelEvents(BaseModel):
    """A page of events, the newest first."""

    events: list[ModelEvent]
    next: str | None
    """The `cursor` of the next page; null where this is the last one."""


class EventsQuery(BaseModel):
    """Which page of them."""

    limit: int = Field(default=100, ge=1, le=1000, description="Events in one answer.")
    cursor: str | None = Field(default=None, max_length=64, description="`next` of the page before.")

    def before(self) -> int | None:
        """The number that the page comes before; raises `RequestInvalid`."""
        return None if self.cursor is None else _number(self.cursor)


class EventLog:
    """Reads events; every method raises `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, model: str, query: EventsQuery) -> ModelEvents:
        """A page of a model's events; raises `RequestInvalid`."""
        found, before = select(MODEL_EVENTS).where(MODEL_EVENTS.c.model == model), query.before()
        if before is not None:
            found = found.where(MODEL_EVENTS.c.number < before)
        found = found.order_by(MODEL_EVENTS.c.number.desc()).limit(query.limit + 1)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(found)).all()
        events = [ModelEvent.model_validate(with_zone(row)) for row in rows]
        return ModelEvents(events=events[: query.limit], next=_cursor(events, query.limit))

    async def last(self, model: str) -> dict[int, ModelEvent]:
        """The last event of each of a model's versions."""
        return await self._last(MODEL_EVENTS.c.model == model)

    async def last_verdicts(self, model: str) -> dict[int, ModelEvent]:
        """The last event of each of a model's versions that the judge or the smoke test made."""
        by = MODEL_EVENTS.c.principal
        return await self._last(MODEL_EVENTS.c.model == model, or_(by.startswith(f"{JUDGE}:"), by == SMOKE_TEST))

    async def _last(self, *conditions: ColumnElement[bool]) -> dict[int, ModelEvent]:
        newest = select(func.max(MODEL_EVENTS.c.number)).where(*conditions)
        found = select(MODEL_EVENTS).where(MODEL_EVENTS.c.number.in_(newest.group_by(MODEL_EVENTS.c.version)))
        async with self._database.transaction() as connection:
            rows = (await connection.execute(found)).all()
        return {row.version: ModelEvent.model_validate(with_zone(row)) for row in rows}


def _cursor(events: Sequence[ModelEvent], limit: int) -> str | None:
    if len(events) <= limit:
        return None
    return urlsafe_b64encode(str(events[limit - 1].number).encode()).decode().rstrip("=")


def _number(text: str) -> int:
    try:
        digits = urlsafe_b64decode(text + "==").decode("ascii")
    except ValueError:
        digits = ""
    if not digits.isdecimal() or not 0 < int(digits) <= LAST:
        raise RequestInvalid(FieldError(field="query.cursor", message="it is no `next` of a page"))
    return int(digits)
