"""The job's row: how a job finds what it has to do, and says how far it is and what it came to.

Every change names the attempt that the job was launched as. Where it touches no row, the job was superseded: another
attempt does it, or it was ended from outside. All methods may raise `sqlalchemy.exc.SQLAlchemyError` where the database
is away; `training.retrain.clerk` tries again.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, and_, func, insert, select, true, update

from contract.jobs.documents import (
    ACTIVE,
    PARAMETERS,
    AnyResult,
    JobState,
    Progress,
)
from contract.jobs.tables import JOB_EVENTS, JOB_PAGES, JOBS
from training.retrain.errors import JobUnsupported
from training.retrain.work import Assignment, Page

LOGS, PROGRESSES = 2_000, 5_000
"""Events of these kinds that one job may have, over all its attempts."""


@dataclass(frozen=True)
class Ending:
    """How a job ends."""

    state: JobState
    result: AnyResult | None = None
    reason: str | None = None
    """One sentence that a user may read."""
    code: str | None = None
    page: Page | None = None
    """Is kept with the result, in one transaction."""


@dataclass(frozen=True)
class Situation:
    """What became of the job meanwhile."""

    is_ours: bool
    """Whether this attempt is still the one; False: it was superseded."""
    cancel_asked: bool = False


class JobDesk:
    """One attempt at one job. Not for several threads at a time, but for any thread."""

    def __init__(self, engine: Engine, job: str, attempt: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._engine = engine
        self.job = job
        self.attempt = attempt
        self._now = now
        self._ours = and_(JOBS.c.id == job, JOBS.c.attempt == attempt)
        self._active = and_(self._ours, JOBS.c.state.in_([state.value for state in ACTIVE]))

    def begin(self) -> bool:
        """Take the job up, from `starting` to `running`; False where that isn't this attempt's to do."""
        starting = and_(self._ours, JOBS.c.state == JobState.STARTING.value)
        with self._engine.begin() as connection:
            values = {"state": JobState.RUNNING.value, "heartbeat": self._now()}
            if not connection.execute(update(JOBS).where(starting).values(values)).rowcount:
                return False
            self._note(connection, "state", {"state": JobState.RUNNING.value})
        return True

    def assignment(self) -> Assignment:
        """What the job's row says; raises `JobUnsupported` where it holds parameters of another version's kind."""
        with self._engine.begin() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == self.job)).one()
        try:
            parameters = PARAMETERS.validate_json(json.dumps(row.parameters))
        except ValidationError:
            raise JobUnsupported("The job's parameters are none that this version of the project knows.") from None
        return Assignment(self.job, self.attempt, row.model, parameters, row.champion)

    def beat(self, logs: Sequence[str] = (), progress: Progress | None = None) -> Situation:
        """Give a sign of life, and write down what was told meanwhile: lines, and how far the work is."""
        values: dict[str, Any] = {"heartbeat": self._now()}
        if progress is not None:
            values["progress"] = progress.model_dump(mode="json", exclude_none=True)
        with self._engine.begin() as connection:
            if not connection.execute(update(JOBS).where(self._active).values(values)).rowcount:
                return Situation(is_ours=False)
            self._note_all(connection, "log", [{"line": line} for line in logs], LOGS)
            self._note_all(connection, "progress", [values["progress"]] if progress else [], PROGRESSES)
            asked = connection.execute(select(JOBS.c.cancel_asked).where(self._ours)).scalar_one()
        return Situation(is_ours=True, cancel_asked=bool(asked))

    def end(self, ending: Ending) -> bool:
        """End the job for good; False where it was superseded. A second call after the first was lost is no harm."""
        values = {
            "state": ending.state.value,
            # With what is None: some figures have no default, and whoever reads them must find them.
            "result": ending.result and ending.result.model_dump(mode="json"),
            "reason": ending.reason,
            "reason_code": ending.code,
            "ended": self._now(),
            "lane": None,
        }
        return self._leave(values, true(), ending.page)

    def stop(self) -> bool:
        """End this attempt: the job is cancelled where that was asked, and else queued to go on later.

        False where it was superseded.
        """
        cancelled = {"state": JobState.CANCELLED.value, "ended": self._now(), "lane": None, "reason": None}
        queued = {"state": JobState.QUEUED.value, "holder": None, "lane": None, "reason": None}
        return self._leave(cancelled, JOBS.c.cancel_asked) or self._leave(queued, ~JOBS.c.cancel_asked)

    def _leave(self, values: dict[str, Any], condition: Any, page: Page | None = None) -> bool:
        with self._engine.begin() as connection:
            if connection.execute(update(JOBS).where(self._active, condition).values(values)).rowcount:
                told = {"state": values["state"], "reason": values["reason"]}
                self._note(connection, "state", {name: value for name, value in told.items() if value is not None})
                self._keep(connection, page)
                return True
            written = and_(self._ours, JOBS.c.state == values["state"], condition)
            return connection.execute(select(JOBS.c.id).where(written)).first() is not None

    def _keep(self, connection: Connection, page: Page | None) -> None:
        if page is not None:
            values = {"job_id": self.job, "html": page.html, "scripts": list(page.scripts)}
            connection.execute(insert(JOB_PAGES).values(values))

    def _note_all(self, connection: Connection, kind: str, data: Sequence[dict[str, Any]], most: int) -> None:
        if not data:
            return
        same = and_(JOB_EVENTS.c.job_id == self.job, JOB_EVENTS.c.kind == kind)
        count = connection.execute(select(func.count()).select_from(JOB_EVENTS).where(same)).scalar_one()
        for entry in data[: max(0, most - count)]:
            self._note(connection, kind, entry)

    def _note(self, connection: Connection, kind: str, data: dict[str, Any]) -> None:
        values = {"job_id": self.job, "time": self._now(), "kind": kind, "data": data}
        connection.execute(insert(JOB_EVENTS).values(values))


@contextmanager
def open_desk(engine: Engine, job: str, attempt: int) -> Iterator[JobDesk]:
    """The desk of an attempt; closes the connections at the end."""
    try:
        yield JobDesk(engine, job, attempt)
    finally:
        engine.dispose()
