"""Pages that jobs made for people, and how they are answered."""

import asyncio
import gzip
from dataclasses import dataclass

from sqlalchemy import select

from contract.jobs.documents import JobState
from contract.jobs.tables import JOB_PAGES
from gateway.database.engine import Database
from gateway.jobs.errors import ReportGone, ReportNotReady
from gateway.jobs.job import Job


@dataclass(frozen=True)
class StoredPage:
    """A page of HTML that needs nothing but itself."""

    compressed: bytes
    """By gzip."""
    scripts: tuple[str, ...]
    """What a Content-Security-Policy calls the page's own scripts."""

    @property
    def policy(self) -> str:
        """The Content-Security-Policy: the page's own scripts run, without an origin, and reach nobody."""
        scripts = " ".join(f"'{script}'" for script in self.scripts) or "'none'"
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
            "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
        )

    async def html(self) -> bytes:
        """The page, not compressed."""
        return await asyncio.to_thread(gzip.decompress, self.compressed)


class JobPages:
    """Reads the table of pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, job: Job) -> StoredPage:
        """A job's page; raises `ReportNotReady`, `ReportGone` or `DatabaseUnavailable`."""
        if job.state is not JobState.SUCCEEDED:
            reason = f": {job.reason}" if job.reason else "."
            raise ReportNotReady(f"The report's job is {job.state.value}{reason}")
        found = select(JOB_PAGES.c.html, JOB_PAGES.c.scripts).where(JOB_PAGES.c.job_id == job.id)
        async with self._database.transaction() as connection:
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            raise ReportGone
        return StoredPage(bytes(row.html), tuple(row.scripts))
