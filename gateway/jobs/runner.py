"""Runs jobs: claims those that wait, and watches those that run."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from contract.jobs.documents import JobState
from contract.jobs.policy import RetrainPolicies
from gateway.database.errors import DatabaseUnavailable
from gateway.faults import log_fault
from gateway.jobs.errors import LauncherAway
from gateway.jobs.job import Job
from gateway.jobs.launcher import Launcher
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.queue import JobQueue
from gateway.jobs.settings import JobSettings
from gateway.jobs.watch import Watch

log = logging.getLogger(__name__)

STOPPED = "The gateway that ran the job was stopped."
END_S = 5.0
"""Seconds for the look that is under way when the gateway stops."""

Stable = Callable[[str], int | None]
"""A model's stable version."""


class Runner:
    """The background work of one gateway; any number of gateways may do it on one database."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        launcher: Launcher,
        policies: RetrainPolicies,
        settings: JobSettings,
        gateway: str,
        stable: Stable,
        metrics: JobMetrics,
        prepare: Callable[[], Awaitable[None]],
    ) -> None:
        self._queue = queue
        self._launcher = launcher
        self._policies = policies
        self._settings = settings
        self._stable = stable
        self._metrics = metrics
        self._prepare = prepare
        self._watch = Watch(queue, launcher, settings, gateway, metrics)
        self._wanted = asyncio.Event()
        self._is_stopping = False
        self._since: datetime | None = None

    def wake(self) -> None:
        """Look now: there is something to do."""
        self._wanted.set()

    async def run(self) -> None:
        """Look again and again, until `stop`."""
        while not self._is_stopping:
            self._wanted.clear()
            await self._look_once()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.job_interval_s):
                    await self._wanted.wait()

    def stop(self) -> None:
        """Look no more."""
        self._is_stopping = True
        self.wake()

    async def close(self) -> None:
        """End what can't outlive the gateway; jobs that did not put themselves back are put back here."""
        await self._launcher.close()
        if self._watch.holder is None:
            return
        with contextlib.suppress(DatabaseUnavailable):
            for job in await self._queue.open_jobs():
                if job.holder == self._watch.holder and job.state is not JobState.QUEUED:
                    await (self._queue.cancelled(job) if job.cancel_asked else self._queue.requeue(job, STOPPED))

    async def _look_once(self) -> None:
        try:
            await self._look(await self._since_when())
        except DatabaseUnavailable:
            if self._since is not None:
                log.warning("the database is away: jobs are looked after again when it is back")
            # Jobs could give no sign of life either.
            self._since = None
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            log_fault(error, "-")

    async def _since_when(self) -> datetime:
        if self._since is None:
            await self._prepare()
            self._since = datetime.now(UTC)
        return self._since

    async def _look(self, since: datetime) -> None:
        jobs = await self._queue.open_jobs()
        active = [job for job in jobs if job.state is not JobState.QUEUED]
        for job in active:
            await self._each(job, self._watch.attend(job, since))
        await self._watch.part({job.attempted for job in active})
        # Anew: some have ended.
        jobs = await self._queue.open_jobs()
        await self._claim(jobs)
        self._metrics.set_jobs(await self._queue.counts())

    async def _each(self, job: Job, work: Awaitable[None]) -> None:
        """One job's trouble is not the others'."""
        try:
            await work
        except LauncherAway as error:
            log.warning("job %s can't be looked after: %s", job.id, error.detail)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            log_fault(error, "-")

    async def _claim(self, jobs: list[Job]) -> None:
        lanes = Lanes(self._policies, jobs)
        for job in jobs:
            if job.state is JobState.QUEUED and not self._is_stopping:
                await self._each(job, self._claim_one(job, lanes))

    async def _claim_one(self, job: Job, lanes: "Lanes") -> None:
        if job.cancel_asked:
            await self._queue.cancelled(job)
        elif job.is_over_time(datetime.now(UTC)):
            await self._watch.time_is_up(job)
        elif self._has_room:
            await self._launch(job, lanes)

    async def _launch(self, job: Job, lanes: "Lanes") -> None:
        lane = lanes.free(job)
        if lane is None:
            return
        lanes.take(job, lane)
        champion = self._stable(job.model)
        claimed = await self._queue.claim(job, lane=lane, champion=champion, holder=self._watch.holder)
        if claimed is not None:
            await self._watch.launch(claimed)

    @property
    def _has_room(self) -> bool:
        return self._launcher.outlives_gateway or len(self._watch.launched) < self._settings.jobs_at_once


class Lanes:
    """Which lanes are free, as far as one gateway knows; the database's unique constraint decides."""

    def __init__(self, policies: RetrainPolicies, jobs: Iterable[Job]) -> None:
        self._policies = policies
        self._taken = {(job.model, job.kind, job.lane) for job in jobs if job.lane is not None}

    def free(self, job: Job) -> int | None:
        """The lowest free lane for a job; None where there is none."""
        lanes = range(self._policies.of(job.model).at_once)
        return next((lane for lane in lanes if (job.model, job.kind, lane) not in self._taken), None)

    def take(self, job: Job, lane: int) -> None:
        """It is taken now, by whomever."""
        self._taken.add((job.model, job.kind, lane))
