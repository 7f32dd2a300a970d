"""Jobs, as the endpoints use them."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contract.errors import TriremeError
from contract.jobs.documents import JobKind
from gateway.admission import Admission
from gateway.errors import Overloaded
from gateway.jobs.asking import Questions
from gateway.jobs.documents import JobsQuery
from gateway.jobs.events import JobEvents
from gateway.jobs.job import Job
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.new_job import NewJob
from gateway.jobs.pages import JobPages
from gateway.jobs.runner import Runner
from gateway.jobs.settings import JobSettings
from gateway.jobs.store import JobStore
from gateway.jobs.streaming import EventStream

SHOWN_LINES = 50
"""Of a job's log, in the job's document."""
SHARE = 0.5
"""Of all streams, that one caller may have."""


@dataclass(frozen=True)
class Jobs:
    """The parts of a gateway that runs jobs."""

    store: JobStore
    events: JobEvents
    pages: JobPages
    questions: Questions
    runner: Runner
    streams: Admission
    settings: JobSettings
    metrics: JobMetrics

    async def create(self, new: NewJob) -> Job:
        """Queue a job, and look after it at once; raises as `JobStore.create`."""
        job = await self.store.create(new)
        self.runner.wake()
        return job

    async def page(self, model: str, kind: JobKind, query: JobsQuery) -> list[Job]:
        """A page of jobs, and one more where there is a next page."""
        states = () if query.state is None else (query.state,)
        return await self.store.list(model, kind, limit=query.limit + 1, before=query.before(), states=states)

    async def find(self, model: str, kind: JobKind, id: str) -> tuple[Job, list[str]]:  # noqa: A002 - the column's name
        """One job, with the last lines of its log; raises `JobUnknown`."""
        job = await self.store.find(model, kind, id)
        return job, await self.events.last_lines(id, SHOWN_LINES)

    async def cancel(self, model: str, kind: JobKind, id: str) -> Job:  # noqa: A002 - the column's name
        """End a job; raises `JobUnknown` or `JobOver`."""
        job = await self.store.cancel(await self.store.find(model, kind, id))
        self.runner.wake()
        return job

    @contextlib.contextmanager
    def stream(self, job: Job, after: int, caller: str, is_stopping: Callable[[], bool]) -> Iterator[EventStream]:
        """A job's events; raises `Overloaded`."""
        poll_s = self.settings.job_poll_s
        with self.streams.enter(caller), self.metrics.streams.track_inprogress():
            yield EventStream(job, after, store=self.store, events=self.events, poll_s=poll_s, is_stopping=is_stopping)


def streams(settings: JobSettings) -> Admission:
    """The bounds of streams."""
    return Admission(settings.job_streams, each=max(1, round(settings.job_streams * SHARE)), refusal=_too_many)


def _too_many() -> TriremeError:
    return Overloaded("Too many streams of one caller are open.")
