"""Jobs as child processes of the gateway: the default, for one machine."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec

from gateway.jobs.child import Child
from gateway.jobs.errors import LaunchFailed
from gateway.jobs.events import JobEvents
from gateway.jobs.launcher import Claimed, Fate, Sighting
from gateway.jobs.settings import JobSettings

KEPT = 100
"""Processes that have ended and whose reason is still known."""
KILL_S = 5.0
"""Seconds for what was killed to be gone."""


class ProcessLauncher:
    """Runs `command --job <id> --attempt <n>` for each job; `needs` is the package that the command is part of."""

    name = "process"
    outlives_gateway = False

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        events: JobEvents,
        settings: JobSettings,
        needs: str | None = None,
    ) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)
        self._events = events
        self._settings = settings
        self._needs = needs
        self._children: dict[tuple[str, int], Child] = {}

    async def launch(self, job: Claimed) -> None:
        """Start its process; raises `LaunchFailed`."""
        key = (job.id, job.attempt)
        if key in self._children:
            return
        if self._needs is not None and find_spec(self._needs) is None:
            raise LaunchFailed("This gateway can't train: Trireme's training is not installed here.", again=False)
        command = (*self._command, "--job", job.id, "--attempt", str(job.attempt))
        keep = partial(self._events.add_lines, job.id)
        self._children[key] = await Child.start(command, self._environment, nice=self._settings.job_nice, keep=keep)
        self._forget()

    async def look(self, job: Claimed) -> Sighting:
        """Whether its process runs; one that this gateway did not start does not."""
        child = self._children.get((job.id, job.attempt))
        if child is None:
            return Sighting(Fate.GONE)
        return Sighting(Fate.GONE, child.reason) if child.is_over else Sighting(Fate.RUNNING)

    async def end(self, job: Claimed) -> None:
        """Ask its process to end; it is killed where it doesn't in time."""
        child = self._children.get((job.id, job.attempt))
        if child is not None:
            child.end(self._settings.job_grace_s)

    async def close(self) -> None:
        """Ask all processes to end, wait for them, and kill those that are left."""
        running = [child for child in self._children.values() if not child.is_over]
        for child in running:
            child.end(self._settings.job_stop_s)
        await asyncio.gather(*(child.ended(self._settings.job_stop_s) for child in running))
        for child in running:
            child.kill()
        await asyncio.gather(*(child.ended(KILL_S) for child in running))

    def _forget(self) -> None:
        over = [key for key, child in self._children.items() if child.is_over]
        for key in over[:-KEPT]:
            del self._children[key]
