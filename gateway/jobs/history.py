"""What retrains there were, for who starts new ones by a policy."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from contract.jobs.documents import ACTIVE, JobKind, JobState
from contract.jobs.tables import JOBS
from gateway.database.engine import Database

PAGE, MOST = 10, 500
"""Retrains of one look into the table, and of all looks together."""
_OPEN = [state.value for state in ACTIVE | {JobState.QUEUED}]


@dataclass(frozen=True)
class Retrained:
    """A retrain of the past, or one that is under way."""

    id: str
    created: datetime
    batches: frozenset[str]


@dataclass(frozen=True)
class ByDrift:
    """A retrain that drift started."""

    id: str
    created: datetime
    is_open: bool
    """Whether it waits or runs."""


class RetrainHistory:
    """Reads the table of jobs; every method raises `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_scheduled(self, model: str) -> datetime | None:
        """When the last retrain by schedule was made; None where there was none yet."""
        found = select(JOBS.c.created).where(*_scheduled(model)).order_by(JOBS.c.id.desc()).limit(1)
        async with self._database.transaction() as connection:
            created: datetime | None = await connection.scalar(found)
        return None if created is None else _aware(created)

    async def is_scheduled_one_open(self, model: str) -> bool:
        """Whether a retrain by schedule waits or runs."""
        found = select(JOBS.c.id).where(*_scheduled(model), JOBS.c.state.in_(_OPEN)).limit(1)
        async with self._database.transaction() as connection:
            return await connection.scalar(found) is not None

    async def last_by_drift(self, model: str) -> ByDrift | None:
        """The last retrain that drift started; None where there was none yet."""
        found = select(JOBS.c.id, JOBS.c.created, JOBS.c.state).where(*_of(model), JOBS.c.trigger == "drift")
        async with self._database.transaction() as connection:
            row = (await connection.execute(found.order_by(JOBS.c.id.desc()).limit(1))).one_or_none()
        return None if row is None else ByDrift(row.id, _aware(row.created), row.state in _OPEN)

    async def newest_first(self, model: str) -> AsyncIterator[Retrained]:
        """A model's last retrains, at most `MOST`."""
        before: str | None = None
        for _ in range(MOST // PAGE):
            page = await self._page(model, before)
            for one in page:
                yield one
            if len(page) < PAGE:
                return
            before = page[-1].id

    async def _page(self, model: str, before: str | None) -> list[Retrained]:
        found = select(JOBS.c.id, JOBS.c.created, JOBS.c.parameters).where(*_of(model))
        if before is not None:
            found = found.where(JOBS.c.id < before)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(found.order_by(JOBS.c.id.desc()).limit(PAGE))).all()
        return [_retrained(*row) for row in rows]


def _retrained(id: str, created: datetime, parameters: dict[str, Any]) -> Retrained:  # noqa: A002 - the column's name
    return Retrained(id, _aware(created), frozenset(parameters.get("batches", ())))


def _of(model: str) -> list[ColumnElement[bool]]:
    return [JOBS.c.model == model, JOBS.c.kind == JobKind.RETRAIN.value]


def _scheduled(model: str) -> list[ColumnElement[bool]]:
    return [*_of(model), JOBS.c.trigger == "schedule"]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
