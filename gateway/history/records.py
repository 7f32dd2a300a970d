"""Rows of the log's tables as documents."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.history.answers import Feedback, LoggedPrediction
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS

FEEDBACK_COLUMNS = (FEEDBACK.c.prediction_id, FEEDBACK.c.label, FEEDBACK.c.time, FEEDBACK.c.principal)


def prediction(row: Row[*tuple[Any, ...]], feedback: Feedback | None) -> LoggedPrediction:
    """One entry."""
    return LoggedPrediction.model_validate({**with_zone(row), "feedback": feedback})


def with_zone(row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    """A row's values; SQLite forgets that times are in UTC, PostgreSQL tells them in the zone that it is set to."""
    return {name: _in_utc(value) for name, value in row._mapping.items()}  # noqa: SLF001 - the public name of it


def last_feedback(ids: Iterable[str] | None = None, *, since: datetime | None = None) -> Select[Any]:
    """What was said last about each prediction, or about some, or about those that were made from a time on."""
    last = select(func.max(FEEDBACK.c.number)).group_by(FEEDBACK.c.prediction_id)
    if ids is not None:
        last = last.where(FEEDBACK.c.prediction_id.in_(list(ids)))
    if since is not None:
        last = last.where(FEEDBACK.c.prediction_id >= lowest_id(since))
    return select(*FEEDBACK_COLUMNS).where(FEEDBACK.c.number.in_(last))


async def with_feedback(connection: AsyncConnection, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[LoggedPrediction]:
    """Entries, each with what was said last."""
    rows = list(rows)
    if not rows:
        return []
    found = await connection.execute(last_feedback(row.id for row in rows))
    said = {row.prediction_id: Feedback.model_validate(with_zone(row)) for row in found}
    return [prediction(row, said.get(row.id)) for row in rows]


def page(conditions: Iterable[Any], limit: int) -> Select[Any]:
    """The youngest entries that meet the conditions."""
    return select(PREDICTIONS).where(*conditions).order_by(PREDICTIONS.c.id.desc()).limit(limit)


def oldest_first(conditions: Iterable[Any], limit: int) -> Select[Any]:
    """The oldest entries that meet the conditions."""
    return select(PREDICTIONS).where(*conditions).order_by(PREDICTIONS.c.id).limit(limit)


def _in_utc(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
