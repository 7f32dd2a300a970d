"""Partitions of the predictions in PostgreSQL: one a day in UTC, made ahead of time, dropped as a whole.

Their bounds are the lowest ids of their days. Days without a partition go into `predictions_default`.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.prediction_log.ids import lowest_id

log = logging.getLogger(__name__)

DAYS_AHEAD = 3
DAY = timedelta(days=1)
_NAME = re.compile(r"predictions_(\d{8})", re.ASCII)


async def make_partitions(connection: AsyncConnection, now: datetime) -> None:
    """Make those from yesterday on that aren't there yet; what can't be made is told of."""
    known = {name for name, _ in await partitions(connection)}
    for day in (midnight(now) + DAY * number for number in range(-1, DAYS_AHEAD + 1)):
        if f"predictions_{day:%Y%m%d}" not in known:
            bounds = f"FROM ('{lowest_id(day)}') TO ('{lowest_id(day + DAY)}')"
            await _attempt(
                connection, f"CREATE TABLE predictions_{day:%Y%m%d} PARTITION OF predictions FOR VALUES {bounds}"
            )


async def drop_partitions(connection: AsyncConnection, before: datetime) -> None:
    """Drop those whose day ended by `before`; what can't be dropped is told of."""
    for name, day in await partitions(connection):
        if day + DAY <= before:
            await _attempt(connection, f"DROP TABLE {name}")


async def partitions(connection: AsyncConnection) -> list[tuple[str, datetime]]:
    """The name and the day of each."""
    found = await connection.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'predictions'::regclass")
    )
    return sorted(_days(found.scalars()))


def midnight(moment: datetime) -> datetime:
    """The beginning of a moment's day in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _days(names: Iterator[str]) -> Iterator[tuple[str, datetime]]:
    for name in names:
        match = _NAME.fullmatch(name)
        if match:
            yield name, datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC)


async def _attempt(connection: AsyncConnection, statement: str) -> None:
    try:
        async with connection.begin_nested():
            # It waits for long queries, and others for it: rather an hour later than slowly.
            await connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            await connection.execute(text(statement))
    except DBAPIError as error:
        # Somebody reads for long, or entries of the day lie in the default one.
        log.warning("%s did not succeed: %s", " ".join(statement.split()[:3]), type(error.orig).__name__)
