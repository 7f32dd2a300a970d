"""An end for the log, progress and pages of jobs that ended long ago; the jobs, and their states, stay."""

from datetime import datetime, timedelta

from sqlalchemy import select

from contract.jobs.tables import JOB_EVENTS, JOB_PAGES, JOBS
from gateway.database.engine import Database
from gateway.upkeep import delete_where


class JobUpkeep:
    """Deletes what only mattered while a job ran, `retention` after its end."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self._database = database
        self._retention = retention

    async def tidy(self, now: datetime) -> None:
        """Do it once; raises `DatabaseUnavailable`."""
        ended = select(JOBS.c.id).where(JOBS.c.ended < now - self._retention)
        old = JOB_EVENTS.c.job_id.in_(ended), JOB_EVENTS.c.kind != "state"
        await delete_where(self._database, JOB_EVENTS, *old)
        await delete_where(self._database, JOB_PAGES, JOB_PAGES.c.job_id.in_(ended))
