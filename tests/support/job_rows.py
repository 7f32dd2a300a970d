"""Jobs in a database, as a gateway writes and claims them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, create_engine, insert, select, update

from contract.jobs.documents import EvaluateParameters, RetrainParameters
from contract.jobs.tables import JOB_EVENTS, JOBS, METADATA
from training.retrain.database import open_engine

Wanted = RetrainParameters | EvaluateParameters


@dataclass(frozen=True)
class JobRows:
    """The tables of jobs in one database."""

    url: str
    engine: Engine

    def add(
        self, model: str, parameters: RetrainParameters | EvaluateParameters, *, champion: int | None = None
    ) -> str:
        """A job that was claimed once; returns its id."""
        job = str(uuid4())
        values = {
            "id": job,
            "model": model,
            "kind": parameters.kind.value,
            "state": "starting",
            "parameters": parameters.model_dump(mode="json", exclude_none=True),
            "champion": champion,
            "trigger": "request",
            "principal": "somebody",
            "created": datetime.now(UTC),
            "time_limit_s": 3600,
            "attempt": 1,
            "lane": 0,
            "cancel_asked": False,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(JOBS).values(values))
        return job

    def claim(self, job: str) -> int:
        """Claim a job that goes on; returns the attempt."""
        attempt = int(self.row(job)["attempt"]) + 1
        self.change(job, state="starting", lane=0, attempt=attempt)
        return attempt

    def change(self, job: str, **values: Any) -> None:
        """Change a row."""
        with self.engine.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job).values(values))

    def row(self, job: str) -> dict[str, Any]:
        """A row."""
        with self.engine.begin() as connection:
            return dict(connection.execute(select(JOBS).where(JOBS.c.id == job)).mappings().one())

    def events(self, job: str, kind: str) -> list[dict[str, Any]]:
        """The data of a job's events of a kind, in their order."""
        wanted = select(JOB_EVENTS.c.data).where(JOB_EVENTS.c.job_id == job, JOB_EVENTS.c.kind == kind)
        with self.engine.begin() as connection:
            return list(connection.execute(wanted.order_by(JOB_EVENTS.c.number)).scalars())


@contextmanager
def sqlite_jobs(folder: Path) -> Iterator[JobRows]:
    """The tables in a new SQLite database."""
    url = f"sqlite:///{folder / 'jobs.db'}"
    made = create_engine(url)
    METADATA.create_all(made)
    made.dispose()
    yield from _rows(url)


@contextmanager
def postgres_jobs(url: str) -> Iterator[JobRows]:
    """The tables in an empty PostgreSQL database."""
    engine = open_engine(url)
    METADATA.create_all(engine)
    yield JobRows(url, engine)
    engine.dispose()


def _rows(url: str) -> Iterator[JobRows]:
    engine = open_engine(url)
    yield JobRows(url, engine)
    engine.dispose()
