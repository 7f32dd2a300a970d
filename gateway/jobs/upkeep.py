"""An end for the log and progress of jobs that ended long ago; the jobs, and their states, stay."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from contract.jobs.tables import JOB_EVENTS, JOBS
from gateway.database.engine import Database
from gateway.faults import log_fault

EVERY_S = 3600.0
CHUNK = 1000
"""Rows that one statement deletes."""


class JobUpkeep:
    """Deletes what only mattered while a job ran, `retention` after its end; any number of gateways may do it."""

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
        """Do it once; raises `DatabaseUnavailable`."""
        ended = select(JOBS.c.id).where(JOBS.c.ended < now - self._retention)
        old = select(JOB_EVENTS.c.number).where(JOB_EVENTS.c.job_id.in_(ended), JOB_EVENTS.c.kind != "state")
        deleting = delete(JOB_EVENTS).where(JOB_EVENTS.c.number.in_(old.limit(CHUNK)))
        deleted = CHUNK
        while deleted >= CHUNK:
            # A transaction each: nobody waits for long.
            async with self._database.transaction() as connection:
                deleted = (await connection.execute(deleting)).rowcount
