"""Where retrained versions come from: what the jobs that made them say."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from contract.jobs.documents import JobKind
from contract.jobs.tables import JOBS
from gateway.catalogue import Model
from gateway.database.engine import Database


class Origin(NamedTuple):
    """What a retrain says of the version that it published."""

    champion: int | None
    """The version that it had to hold against."""
    rule: str | None
    """The model's rule in one sentence, with what was found."""


class Origins:
    """Reads the table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, model: Model) -> dict[int, Origin]:
        """By version, of those that a job made that is still known; raises `DatabaseUnavailable`."""
        jobs = {card.lineage.job: version for version, card in model.cards.items() if _is_id(card.lineage.job)}
        if not jobs:
            return {}
        found = select(JOBS.c.id, JOBS.c.result).where(
            JOBS.c.model == model.name, JOBS.c.kind == JobKind.RETRAIN.value, JOBS.c.id.in_(list(jobs))
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(found)).all()
        return {jobs[row.id]: _origin(row.result or {}) for row in rows}


def _origin(result: dict[str, Any]) -> Origin:
    return Origin(result.get("champion"), result.get("rule"))


def _is_id(job: str | None) -> bool:
    try:
        return job is not None and str(UUID(job)) == job
    except ValueError:
        return False
