"""What the log's tables need from time to time: partitions to come, and an end for what is old."""

from datetime import datetime, timedelta

from sqlalchemy import text

from gateway.database.engine import Database
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.partitions import drop_partitions, make_partitions, midnight
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS
from gateway.upkeep import delete_where

ADVISORY_LOCK = 0x7472_696C
"""PostgreSQL's: one gateway at a time."""


class Upkeep:
    """Makes partitions and deletes predictions of more than `retention`."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self._database = database
        self._retention = retention

    async def tidy(self, now: datetime) -> None:
        """Do it once; whole days in UTC are deleted. Raises `DatabaseUnavailable`."""
        before = midnight(now - self._retention)
        if self._database.is_postgresql:
            await self._tidy_partitions(now, before)
        bound = lowest_id(before)
        await delete_where(self._database, PREDICTIONS, PREDICTIONS.c.id < bound)
        await delete_where(self._database, FEEDBACK, FEEDBACK.c.prediction_id < bound)

    async def _tidy_partitions(self, now: datetime, before: datetime) -> None:
        async with self._database.transaction() as connection:
            # Waited for: what comes before a day's partition lies in the default one, and then it can't be made.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            await make_partitions(connection, now)
            await drop_partitions(connection, before)
