"""A job's events as they happen, as Server-Sent Events."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from fastapi.sse import ServerSentEvent

from gateway.database.errors import DatabaseUnavailable
from gateway.jobs.events import Event, JobEvents
from gateway.jobs.job import Job
from gateway.jobs.store import JobStore

LINGER = timedelta(seconds=1)
"""So long the last lines of a job's log may be on their way after its end."""
PATIENCE_S = 60.0
"""Seconds for which a stream outlasts a database that is away."""


class EventStream:
    """The events of one job after number `after`, until the job's end or the gateway's."""

    def __init__(
        self,
        job: Job,
        after: int,
        *,
        store: JobStore,
        events: JobEvents,
        poll_s: float,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._job = job
        self._after = after
        self._store = store
        self._events = events
        self._poll_s = poll_s
        self._is_stopping = is_stopping
        self._alive = time.monotonic()

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """Each event, once."""
        while not self._is_stopping() and time.monotonic() - self._alive < PATIENCE_S:
            found, is_last = await self._next()
            for event in found:
                self._after = event.number
                yield _sent(event)
            if is_last:
                return
            if not found:
                await asyncio.sleep(self._poll_s)

    async def _next(self) -> tuple[list[Event], bool]:
        try:
            # First the job: what came before its end is then among the events.
            is_over = await self._is_over()
            found = await self._events.after(self._job.id, self._after)
        except DatabaseUnavailable:
            return [], False
        self._alive = time.monotonic()
        return found, is_over and not found

    async def _is_over(self) -> bool:
        job = await self._store.find(self._job.model, self._job.kind, self._job.id)
        return job.ended is not None and datetime.now(UTC) - job.ended > LINGER


def _sent(event: Event) -> ServerSentEvent:
    return ServerSentEvent(event=event.kind, id=str(event.number), data={"time": event.time, **event.data})
