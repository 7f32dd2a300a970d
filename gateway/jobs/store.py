"""Jobs, for who asks for them."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Insert, Select, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contract.jobs.documents import ACTIVE, JobKind, JobState
from contract.jobs.tables import JOBS
from gateway.database.engine import Database
from gateway.identifiers import Identifiers
from gateway.jobs.errors import IdempotencyConflict, JobOver, JobQueueFull, JobUnknown
from gateway.jobs.events import state_event
from gateway.jobs.job import Job, job_of
from gateway.jobs.new_job import NewJob
from gateway.prediction_log.ids import is_prediction_id

ADVISORY_LOCK = 0x7472_696A
"""PostgreSQL's: one job of a model is made at a time, so that its queue's length is what is counted."""


class JobStore:
    """Makes, finds and cancels jobs; every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database, max_queued: int) -> None:
        self._database = database
        self._max_queued = max_queued
        self._ids = Identifiers()

    async def create(self, new: NewJob) -> Job:
        """Queue a job, or find the one that was made of the same question.

        Raises `IdempotencyConflict` or `JobQueueFull`.
        """
        try:
            async with self._database.transaction() as connection:
                return await self._created(connection, new)
        except IntegrityError:
            # Somebody else made it between the look and the insertion.
            async with self._database.transaction() as connection:
                return await self._created(connection, new)

    async def find(self, model: str, kind: JobKind, id: str) -> Job:  # noqa: A002 - the column's name
        """One job; raises `JobUnknown`."""
        if not is_prediction_id(id):
            raise JobUnknown
        found = select(JOBS).where(JOBS.c.id == id, JOBS.c.model == model, JOBS.c.kind == kind.value)
        async with self._database.transaction() as connection:
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            raise JobUnknown(f"Model {model!r} has no such {kind.value} job.")
        return job_of(row)

    async def list(
        self, model: str, kind: JobKind, *, limit: int, before: str | None = None, states: Collection[JobState] = ()
    ) -> list[Job]:
        """At most `limit` jobs that are older than `before`, the newest first; in some states, or in any."""
        found = select(JOBS).where(JOBS.c.model == model, JOBS.c.kind == kind.value)
        if before is not None:
            found = found.where(JOBS.c.id < before)
        if states:
            found = found.where(JOBS.c.state.in_([state.value for state in states]))
        async with self._database.transaction() as connection:
            return [job_of(row) for row in await connection.execute(found.order_by(JOBS.c.id.desc()).limit(limit))]

    async def newest_evaluation(self, model: str, version: int, *, on_batches: bool) -> Job | None:
        """The last evaluation of a version that succeeded, on uploaded data or on the test set; None without one."""
        parameters = JOBS.c.parameters
        batches = parameters["batches"].as_string()
        conditions = [
            JOBS.c.model == model,
            JOBS.c.kind == JobKind.EVALUATE.value,
            JOBS.c.state == JobState.SUCCEEDED.value,
            parameters["version"].as_integer() == version,
            batches.is_not(None) if on_batches else batches.is_(None),
        ]
        found = select(JOBS).where(*conditions).order_by(JOBS.c.id.desc()).limit(1)
        async with self._database.transaction() as connection:
            row = (await connection.execute(found)).one_or_none()
        return None if row is None else job_of(row)

    async def cancel(self, job: Job) -> Job:
        """End a job that waits; ask one that runs to end. Raises `JobOver`."""
        async with self._database.transaction() as connection:
            if not await _cancelled(connection, job.id) and not await _asked(connection, job.id):
                raise JobOver("The job is over.")
            return job_of((await connection.execute(select(JOBS).where(JOBS.c.id == job.id))).one())

    async def _created(self, connection: AsyncConnection, new: NewJob) -> Job:
        if self._database.is_postgresql:
            lock = text("SELECT pg_advisory_xact_lock(:key, hashtext(:model))")
            await connection.execute(lock, {"key": ADVISORY_LOCK, "model": new.model})
        row = None if new.idempotency_key is None else (await connection.execute(_same_key(new))).one_or_none()
        if row is not None:
            return _checked(new, job_of(row))
        return await self._inserted(connection, new)

    async def _inserted(self, connection: AsyncConnection, new: NewJob) -> Job:
        id = self._ids.prediction_id()  # noqa: A001 - the column's name
        insertion = _insertion(id, new, self._max_queued)
        # Of an INSERT, SQLAlchemy keeps no count unless it is told to.
        if not (await connection.execute(insertion, execution_options={"preserve_rowcount": True})).rowcount:
            raise JobQueueFull(f"{self._max_queued:,} jobs of model {new.model!r} wait already.")
        await connection.execute(state_event(id, JobState.QUEUED))
        return job_of((await connection.execute(select(JOBS).where(JOBS.c.id == id))).one())


def _same_key(new: NewJob) -> Select[Any]:
    names = JOBS.c.model == new.model, JOBS.c.kind == new.kind.value
    return select(JOBS).where(*names, JOBS.c.idempotency_key == new.idempotency_key)


def _checked(new: NewJob, found: Job) -> Job:
    if not new.is_what_made(found.parameters):
        raise IdempotencyConflict
    return found


def _insertion(id: str, new: NewJob, max_queued: int) -> Insert:  # noqa: A002 - the column's name
    """One statement that counts and inserts, so that SQLite's single writer makes it exact."""
    values = {
        "id": id,
        "model": new.model,
        "kind": new.kind.value,
        "state": JobState.QUEUED.value,
        "parameters": new.parameters.model_dump(mode="json", exclude_none=True),
        "trigger": new.trigger,
        "principal": new.principal,
        "idempotency_key": new.idempotency_key,
        "created": datetime.now(UTC),
        "time_limit_s": new.time_limit_s,
        "attempt": 0,
        "cancel_asked": False,
    }
    queued = select(func.count()).select_from(JOBS)
    queued = queued.where(JOBS.c.model == new.model, JOBS.c.state == JobState.QUEUED.value)
    given = select(*(literal(value, JOBS.c[name].type) for name, value in values.items()))
    return insert(JOBS).from_select(list(values), given.where(queued.scalar_subquery() < max_queued))


async def _cancelled(connection: AsyncConnection, id: str) -> bool:  # noqa: A002 - the column's name
    queued = JOBS.c.id == id, JOBS.c.state == JobState.QUEUED.value
    values = {"state": JobState.CANCELLED.value, "ended": datetime.now(UTC), "cancel_asked": True}
    if not (await connection.execute(update(JOBS).where(*queued).values(values))).rowcount:
        return False
    await connection.execute(state_event(id, JobState.CANCELLED))
    return True


async def _asked(connection: AsyncConnection, id: str) -> bool:  # noqa: A002 - the column's name
    active = JOBS.c.id == id, JOBS.c.state.in_([state.value for state in ACTIVE])
    return bool((await connection.execute(update(JOBS).where(*active).values(cancel_asked=True))).rowcount)
