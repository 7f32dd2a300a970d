"""From memory into the database.

A gateway's counts of a minute are one row a version, which it writes whole each time: so a write whose end it never
heard of may be repeated.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Insert, delete
from sqlalchemy.dialects import postgresql, sqlite

from gateway.database.engine import Database
from gateway.database.errors import DatabaseUnavailable
from gateway.faults import log_fault
from gateway.outcomes.tables import VERSION_OUTCOMES
from gateway.outcomes.tally import Minute, Outcomes, Tally

EVERY_S = 10.0
KEPT = timedelta(days=31)
TIDY_EVERY = timedelta(hours=1)


class Flushing:
    """Writes a gateway's counts, and deletes everybody's old ones."""

    def __init__(self, database: Database, tally: Tally) -> None:
        self._database = database
        self._tally = tally
        self._gateway = uuid4().hex
        self._written: Mapping[Minute, Outcomes] = {}
        self._tidied: datetime | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Do it every ten seconds, and a last time after `stop`."""
        is_last = False
        while not is_last:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), EVERY_S)
            is_last = self._stopping.is_set()
            await self.attempt()

    def stop(self) -> None:
        """Come to an end."""
        self._stopping.set()

    async def attempt(self) -> None:
        """Do it once; what fails is tried again the next time."""
        try:
            await self.flush()
            await self._tidy(datetime.now(UTC))
        except DatabaseUnavailable:
            # Others say so, and the counts are kept.
            pass
        except Exception as error:  # noqa: BLE001 - the next time it may succeed
            log_fault(error, "-")

    async def flush(self) -> None:
        """Write what is new; raises `DatabaseUnavailable`."""
        counts = self._tally.counts()
        new = [minute for minute, outcomes in counts.items() if self._written.get(minute) != outcomes]
        if new:
            async with self._database.transaction() as connection:
                await connection.execute(self._upsert(), [self._row(minute, counts[minute]) for minute in new])
        self._written = counts
        self._tally.forget(counts)

    async def tidy(self, now: datetime) -> None:
        """Delete what is too old; raises `DatabaseUnavailable`."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(VERSION_OUTCOMES).where(VERSION_OUTCOMES.c.minute < now - KEPT))

    async def _tidy(self, now: datetime) -> None:
        if self._tidied is None or now - self._tidied > TIDY_EVERY:
            await self.tidy(now)
            self._tidied = now

    def _upsert(self) -> Insert:
        insert = postgresql.insert if self._database.is_postgresql else sqlite.insert
        statement = insert(VERSION_OUTCOMES)
        changed = {name: statement.excluded[name] for name in ("answers", "errors")}
        return statement.on_conflict_do_update(index_elements=list(VERSION_OUTCOMES.primary_key), set_=changed)

    def _row(self, minute: Minute, outcomes: Outcomes) -> dict[str, object]:
        return {
            "model": minute.model,
            "version": minute.version,
            "minute": minute.start,
            "gateway": self._gateway,
            **outcomes._asdict(),
        }


@contextlib.asynccontextmanager
async def flushed(database: Database | None, tally: Tally) -> AsyncIterator[None]:
    """Write the counts for as long as the context lasts, and at its end; nothing where there is no database."""
    if database is None:
        yield
        return
    flushing = Flushing(database, tally)
    running = asyncio.create_task(flushing.run())
    try:
        yield
    finally:
        # Not cancelled: in the middle of a transaction, SQLite may stay locked for some seconds.
        flushing.stop()
        await running
