"""Watching the jobs that gateways launched."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.jobs.documents import JobState
from gateway.jobs.errors import LauncherAway, LaunchFailed
from gateway.jobs.job import Job
from gateway.jobs.launcher import Claimed, Fate, Launcher, Sighting
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.queue import JobQueue
from gateway.jobs.settings import JobSettings

SILENT = "The job gave no sign of life."


@dataclass
class Launched:
    """An attempt that this gateway has started, or tries to."""

    job: Claimed
    problem: str | None = None
    """Why it couldn't be started yet."""
    is_started: bool = False
    parted: datetime | None = None
    """Since when the database says that it is over."""


class Watch:
    """Launches claimed jobs, and sees to it that each one's row tells of its end."""

    def __init__(
        self, queue: JobQueue, launcher: Launcher, settings: JobSettings, gateway: str, metrics: JobMetrics
    ) -> None:
        self._queue = queue
        self._launcher = launcher
        self._settings = settings
        self._metrics = metrics
        self.holder = None if launcher.outlives_gateway else gateway
        """What the rows of this gateway's jobs say."""
        self.launched: dict[tuple[str, int], Launched] = {}

    async def launch(self, job: Job) -> None:
        """Start an attempt; where it can't be started now, `attend` tries again."""
        launched = self.launched.setdefault(job.attempted, Launched(job.claimed))
        try:
            await self._launcher.launch(job.claimed)
        except LaunchFailed as error:
            await self._not_launched(job, launched, error)
        else:
            launched.is_started, launched.problem = True, None
            self._metrics.launches.labels(job.kind.value, "started").inc()

    async def attend(self, job: Job, since: datetime) -> None:
        """Look after one active job; silence before `since` doesn't count. Raises `LauncherAway`."""
        now = datetime.now(UTC)
        limit = timedelta(seconds=self._settings.job_silence_s)
        if job.is_over_time(now):
            await self.time_is_up(job)
        elif job.is_silent(now, since=since, limit=limit):
            await self._give_up(job)
        elif job.holder == self.holder:
            await self._look_after(job)

    async def time_is_up(self, job: Job) -> None:
        """End a job that took too long."""
        # First the row: a job that is asked to end may else put itself back.
        await self._queue.failed(job, "job-timeout", f"The job took longer than its {job.time_limit_s:,} s.")
        await self._end(job)

    async def part(self, active: set[tuple[str, int]]) -> None:
        """Forget attempts that are over; end those that go on though they are."""
        for key, launched in list(self.launched.items()):
            if key not in active:
                await self._part_with(key, launched)

    async def _look_after(self, job: Job) -> None:
        if job.cancel_asked:
            await self._launcher.end(job.claimed)
        launched = self.launched.get(job.attempted)
        if job.state is JobState.STARTING and not job.cancel_asked and (launched is None or not launched.is_started):
            # This gateway could not start it yet, or another one claimed it and came no further.
            await self.launch(job)
            return
        await self._judge(job, await self._launcher.look(job.claimed))

    async def _judge(self, job: Job, seen: Sighting) -> None:
        if seen.fate is Fate.GONE:
            await self._is_gone(job, seen.reason)
        elif job.state is JobState.STARTING and self._launcher.outlives_gateway:
            # It may wait for a machine for as long as its time limit.
            await self._queue.beat(job)

    async def _is_gone(self, job: Job, reason: str | None) -> None:
        if job.cancel_asked:
            await self._queue.cancelled(job)
        else:
            await self._queue.failed(job, "job-died", reason or "The job ended without saying why.")

    async def _give_up(self, job: Job) -> None:
        launched = self.launched.get(job.attempted)
        code, reason = "job-lost", SILENT
        if launched is not None and launched.problem is not None:
            code, reason = LaunchFailed.code, launched.problem
        if job.cancel_asked:
            await self._queue.cancelled(job)
        elif job.attempt < self._settings.job_attempts:
            await self._queue.requeue(job, reason)
        else:
            await self._queue.failed(job, code, reason)
        await self._end(job)

    async def _not_launched(self, job: Job, launched: Launched, error: LaunchFailed) -> None:
        self._metrics.launches.labels(job.kind.value, "failed").inc()
        launched.problem = error.detail
        if not error.again:
            await self._queue.failed(job, error.code, error.detail)

    async def _end(self, job: Job) -> None:
        if job.holder == self.holder:
            await self._launcher.end(job.claimed)

    async def _part_with(self, key: tuple[str, int], launched: Launched) -> None:
        try:
            fate = (await self._launcher.look(launched.job)).fate
        except LauncherAway:
            return
        now = datetime.now(UTC)
        launched.parted = launched.parted or now
        if fate is Fate.GONE:
            del self.launched[key]
        elif now - launched.parted > timedelta(seconds=self._settings.job_grace_s):
            await self._launcher.end(launched.job)
