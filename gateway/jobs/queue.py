"""Jobs, for who runs them: what a gateway does to rows, each by one conditional update."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Update, func, select, update
from sqlalchemy.exc import IntegrityError

from contract.jobs.documents import ACTIVE, JobKind, JobState
from contract.jobs.tables import JOBS
from gateway.database.engine import Database
from gateway.jobs.events import state_event
from gateway.jobs.job import Job, job_of

OPEN = ACTIVE | {JobState.QUEUED}
MOST = 5000
"""Rows of one look."""


class JobQueue:
    """Claims jobs and ends those that can't end themselves; every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_jobs(self) -> list[Job]:
        """All that are not over, the oldest first."""
        found = select(JOBS).where(JOBS.c.state.in_(_values(OPEN))).order_by(JOBS.c.id).limit(MOST)
        async with self._database.transaction() as connection:
            return [job_of(row) for row in await connection.execute(found)]

    async def counts(self) -> dict[tuple[JobKind, JobState], int]:
        """How many jobs there are, by kind and state."""
        counted = select(JOBS.c.kind, JOBS.c.state, func.count()).group_by(JOBS.c.kind, JOBS.c.state)
        async with self._database.transaction() as connection:
            return {(JobKind(kind), JobState(state)): n for kind, state, n in await connection.execute(counted)}

    async def claim(self, job: Job, *, lane: int, champion: int | None, holder: str | None) -> Job | None:
        """Take a queued job for its next attempt; None where another gateway was faster, or has the lane."""
        now = datetime.now(UTC)
        values = {"state": JobState.STARTING.value, "lane": lane, "holder": holder, "heartbeat": now}
        claiming = _of(job, {JobState.QUEUED}).values(
            **values, attempt=JOBS.c.attempt + 1, champion=champion, started=func.coalesce(JOBS.c.started, now)
        )
        try:
            return await self._moved(claiming, job, JobState.STARTING)
        except IntegrityError:
            return None

    async def requeue(self, job: Job, reason: str) -> bool:
        """Put a job back that could not be started, fell silent or was put down; whether it was still this attempt."""
        values = {"state": JobState.QUEUED.value, "lane": None, "holder": None, "heartbeat": None}
        return await self._moved(_of(job, ACTIVE).values(values), job, JobState.QUEUED, reason) is not None

    async def cancelled(self, job: Job) -> bool:
        """Note that a job ended as its caller wished; whether it was still this attempt."""
        return await self._ended(job, JobState.CANCELLED)

    async def failed(self, job: Job, code: str, reason: str) -> bool:
        """Note that a job ended without noting it itself; whether it was still this attempt."""
        # Not one that put itself back into the queue since it was looked at.
        states = ACTIVE if job.state in ACTIVE else {job.state}
        return await self._ended(job, JobState.FAILED, states, reason=reason, reason_code=code)

    async def beat(self, job: Job) -> None:
        """A sign of life in a job's place, while it waits for a machine."""
        waiting = _of(job, {JobState.STARTING}).values(heartbeat=datetime.now(UTC))
        async with self._database.transaction() as connection:
            await connection.execute(waiting)

    async def _ended(self, job: Job, state: JobState, states: Collection[JobState] = OPEN, **reasons: str) -> bool:
        ending = _of(job, states).values(state=state.value, ended=datetime.now(UTC), lane=None, **reasons)
        return await self._moved(ending, job, state, reasons.get("reason")) is not None

    async def _moved(self, moving: Update, job: Job, state: JobState, reason: str | None = None) -> Job | None:
        async with self._database.transaction() as connection:
            if not (await connection.execute(moving)).rowcount:
                return None
            await connection.execute(state_event(job.id, state, reason))
            return job_of((await connection.execute(select(JOBS).where(JOBS.c.id == job.id))).one())


def _of(job: Job, states: Collection[JobState]) -> Update:
    conditions: Any = JOBS.c.id == job.id, JOBS.c.attempt == job.attempt, JOBS.c.state.in_(_values(states))
    return update(JOBS).where(*conditions)


def _values(states: Collection[JobState]) -> list[str]:
    return [state.value for state in states]
