"""What the log's tables need from time to time: partitions to come, and an end for what is old."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select, text

from gateway.database.engine import Database
from gateway.faults import log_fault
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.partitions import drop_partitions, make_partitions, midnight
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS

ADVISORY_LOCK = 0x7472_696C
"""PostgreSQL's: one gateway at a time."""
EVERY_S = 3600.0
CHUNK = 1000
"""Rows that one statement deletes."""


class Upkeep:
    """Makes partitions and deletes predictions of more than `retention`."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self._database = database
        self._retention = retention

    async def run(self) -> None:
        """Do it every hour, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.tidy(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - in an hour it may succeed
                log_fault(error, "-")

    async def tidy(self, now: datetime) -> None:
        """Do it once; whole days in UTC are deleted. Raises `DatabaseUnavailable`."""
        before = midnight(now - self._retention)
        if self._database.is_postgresql:
            await self._tidy_partitions(now, before)
        bound = lowest_id(before)
        await self._delete(PREDICTIONS, PREDICTIONS.c.id, bound)
        await self._delete(FEEDBACK, FEEDBACK.c.prediction_id, bound)

    async def _tidy_partitions(self, now: datetime, before: datetime) -> None:
        async with self._database.transaction() as connection:
            # Waited for: what comes before a day's partition lies in the default one, and then it can't be made.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            await make_partitions(connection, now)
            await drop_partitions(connection, before)

    async def _delete(self, table: Table, column: ColumnElement[str], bound: str) -> None:
        (key,) = table.primary_key
        old = select(key).where(column < bound).limit(CHUNK)
        deleted = CHUNK
        while deleted >= CHUNK:
            # A transaction each: nobody waits for long.
            async with self._database.transaction() as connection:
                deleted = (await connection.execute(delete(table).where(key.in_(old)))).rowcount
