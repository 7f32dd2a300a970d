"""Runs each job as a Kubernetes Job."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.jobs.errors import LauncherAway, LaunchFailed
from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.copying import copy_for, name_of
from gateway.jobs.kubernetes.fates import (
    REMOVED,
    failed_container,
    is_over,
    what_it_lacks,
    what_it_waits_for,
    why_it_ended,
)
from gateway.jobs.launcher import Claimed, Fate, Sighting
from gateway.jobs.output import MAX_LINE, Lines
from gateway.kubernetes.errors import ApiAway, ApiRefused
from gateway.kubernetes.requests import Raw

log = logging.getLogger(__name__)

AWAY = "Kubernetes can't be reached."
QUOTA = "exceeded quota"
FORBIDDEN, NOT_FOUND, CONFLICT = 403, 404, 409

T = TypeVar("T")


class KubernetesLauncher:
    """The `Launcher` of a cluster; any gateway with the same CronJob can look after any job."""

    name = "kubernetes"
    outlives_gateway = True

    def __init__(
        self, api: JobApi, cron_job: str, *, pull_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._cron_job = cron_job
        self._pull_s = pull_s
        self._clock = clock
        self._lacking: dict[str, float] = {}
        """Since when the pods of a Job can't begin."""

    async def launch(self, job: Claimed) -> None:
        """Make its Job, once; raises `LaunchFailed`."""
        try:
            await asyncio.to_thread(self._launch, job)
        except ApiAway as error:
            log.warning("job %s can't be launched now: %s", job.id, error)
            raise LaunchFailed(AWAY) from None

    async def look(self, job: Claimed) -> Sighting:
        """What Kubernetes says of it; raises `LauncherAway`."""
        return await _asked(self._look, job)

    async def end(self, job: Claimed) -> None:
        """Remove its Job: Kubernetes asks the pod to end, which has its own grace period. Raises `LauncherAway`."""
        await _asked(self._end, name_of(job))

    async def close(self) -> None:
        """End the connections; jobs go on."""
        await asyncio.to_thread(self._api.close)

    def _launch(self, job: Claimed) -> None:
        copied = copy_for(job, self._template())
        try:
            self._api.create(copied)
        except ApiRefused as error:
            if error.status != CONFLICT:
                log.warning("Kubernetes refuses the Job of job %s: %s", job.id, error)
                raise _refusal(error) from None

    def _template(self) -> Raw:
        try:
            return self._api.cron_job(self._cron_job)
        except ApiRefused as error:
            log.warning("the CronJob %s can't be read: %s", self._cron_job, error)
            if error.status == NOT_FOUND:
                raise LaunchFailed("The CronJob of the trainer is not there.", again=False) from None
            raise LaunchFailed("The gateway may not read the CronJob of the trainer.", again=False) from None

    def _look(self, job: Claimed) -> Sighting:
        name = name_of(job)
        found = _or_none(lambda: self._api.job(name))
        if found is None:
            return self._gone(name, REMOVED)
        pods = self._pods(name)
        if is_over(found):
            return self._gone(name, why_it_ended(found, pods) or self._last_words(pods))
        return self._waits(name, pods)

    def _pods(self, name: str) -> list[Raw]:
        try:
            return self._api.pods(name)
        except ApiRefused as error:
            # The Job itself says whether it is over; pods only say why.
            log.warning("the pods of %s can't be read: %s", name, error)
            return []

    def _waits(self, name: str, pods: list[Raw]) -> Sighting:
        lack = what_it_lacks(pods)
        if lack is None:
            self._lacking.pop(name, None)
            return Sighting(Fate.RUNNING, what_it_waits_for(pods))
        now = self._clock()
        if now - self._lacking.setdefault(name, now) < self._pull_s:
            return Sighting(Fate.RUNNING, lack)
        # It is called gone, so it must not begin after all.
        self._end(name)
        return self._gone(name, lack)

    def _end(self, name: str) -> None:
        _or_none(lambda: self._api.delete(name))

    def _gone(self, name: str, reason: str | None) -> Sighting:
        self._lacking.pop(name, None)
        return Sighting(Fate.GONE, reason)

    def _last_words(self, pods: list[Raw]) -> str | None:
        failed = failed_container(pods)
        if failed is None:
            return None
        pod, container, code = failed
        said = f"The job's container ended with status {code}"
        line = self._last_line(pod, container)
        return f"{said}." if line is None else f"{said}; it last wrote: {line}"[:MAX_LINE]

    def _last_line(self, pod: str, container: str) -> str | None:
        try:
            written = self._api.log(pod, container)
        except (ApiAway, ApiRefused):
            # The reason is worth more than its detail.
            return None
        lines = Lines()
        found = [*lines.fed(written), *lines.rest()]
        return found[-1] if found else None


async def _asked(ask: Callable[..., T], *arguments: Any) -> T:
    try:
        return await asyncio.to_thread(ask, *arguments)
    except ApiAway:
        raise LauncherAway(AWAY) from None
    except ApiRefused as error:
        log.warning("Kubernetes refuses to say how a job stands, or to end it: %s", error)
        raise LauncherAway("The gateway may not look after jobs on Kubernetes.") from None


def _or_none(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ApiRefused as error:
        if error.status != NOT_FOUND:
            raise
        return None


def _refusal(error: ApiRefused) -> LaunchFailed:
    if error.status == FORBIDDEN and QUOTA in error.message:
        return LaunchFailed("The namespace's quota leaves no room for the job.")
    if error.status == FORBIDDEN:
        return LaunchFailed("The gateway may not make Jobs on Kubernetes.", again=False)
    return LaunchFailed("Kubernetes refuses the job's Job.", again=False)
