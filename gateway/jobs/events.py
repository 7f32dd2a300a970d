"""What happened in jobs, one event after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Insert, func, insert, select

from contract.jobs.documents import JobState
from contract.jobs.tables import JOB_EVENTS, JOBS
from gateway.database.engine import Database
from gateway.history.records import with_zone

MAX_LINES = 2000
"""Of one job's log, all attempts together."""
LAST_LINE = "The log is longer; this is all that is kept of it."


@dataclass(frozen=True)
class Event:
    """One event."""

    number: int
    """Of all jobs' events; it rises within a job."""
    time: datetime
    kind: str
    """`state`, `progress` or `log`."""
    data: dict[str, Any]


class JobEvents:
    """The table of events; every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, job: str, number: int, limit: int = 500) -> list[Event]:
        """A job's next events, the oldest first."""
        found = select(JOB_EVENTS).where(JOB_EVENTS.c.job_id == job, JOB_EVENTS.c.number > number)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(found.order_by(JOB_EVENTS.c.number).limit(limit))).all()
        return [_event(with_zone(row)) for row in rows]

    async def last_lines(self, job: str, count: int) -> list[str]:
        """The last lines of a job's log, the oldest first."""
        lines = select(JOB_EVENTS.c.data).where(JOB_EVENTS.c.job_id == job, JOB_EVENTS.c.kind == "log")
        async with self._database.transaction() as connection:
            found = (await connection.scalars(lines.order_by(JOB_EVENTS.c.number.desc()).limit(count))).all()
        return [data["line"] for data in reversed(found)]

    async def add_lines(self, job: str, lines: Sequence[str]) -> None:
        """Add to a job's log; what is beyond `MAX_LINES` is left out, with a last line that says so."""
        # Numbers must come to readers in order: who writes events of a job holds its row.
        row = select(JOBS.c.id).where(JOBS.c.id == job).with_for_update()
        logged = JOB_EVENTS.c.job_id == job, JOB_EVENTS.c.kind == "log"
        async with self._database.transaction() as connection:
            await connection.execute(row)
            count = await connection.scalar(select(func.count()).where(*logged)) or 0
            kept = _fitting(lines, MAX_LINES - count)
            if kept:
                await connection.execute(insert(JOB_EVENTS), [_line(job, line) for line in kept])


def state_event(job: str, state: JobState, reason: str | None = None) -> Insert:
    """A job's new state, to be written with it in one transaction."""
    data = {"state": state.value} if reason is None else {"state": state.value, "reason": reason}
    return insert(JOB_EVENTS).values(job_id=job, time=datetime.now(UTC), kind="state", data=data)


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    if len(lines) < room:
        return list(lines)
    return [*lines[: room - 1], LAST_LINE] if room > 0 else []


def _line(job: str, line: str) -> dict[str, Any]:
    return {"job_id": job, "time": datetime.now(UTC), "kind": "log", "data": {"line": line}}


def _event(row: Any) -> Event:
    return Event(row["number"], row["time"], row["kind"], row["data"])
