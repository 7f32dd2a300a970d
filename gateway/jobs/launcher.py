"""What runs jobs: child processes of the gateway, or Kubernetes."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from contract.jobs.documents import JobKind


@dataclass(frozen=True)
class Claimed:
    """A job that this gateway launches."""

    id: str
    model: str
    kind: JobKind
    attempt: int
    """From 1; a job is launched anew for each."""
    time_limit_s: int


class Fate(Enum):
    """What has become of a job's process."""

    RUNNING = "running"
    """It runs, or waits for a place to run."""
    GONE = "gone"
    """It ended, or was never there."""


@dataclass(frozen=True)
class Sighting:
    """What a launcher sees of a job."""

    fate: Fate
    reason: str | None = None
    """One sentence for a person why it ended, or why it waits, where known."""


class Launcher(Protocol):
    """Runs jobs; every method may be called again for the same job and attempt."""

    name: str
    outlives_gateway: bool
    """Whether jobs go on when this gateway ends, and any gateway can look at them."""

    async def launch(self, job: Claimed) -> None:
        """Start it, once for each attempt; raises `LaunchFailed`."""

    async def look(self, job: Claimed) -> Sighting:
        """What has become of it; raises `LauncherAway` where that can't be said now."""

    async def end(self, job: Claimed) -> None:
        """Ask it to end; raises `LauncherAway`. It may take a while, and `look` says when it is over."""

    async def close(self) -> None:
        """Let go of everything; jobs that can't outlive the gateway are asked to end, and waited for a bounded time."""
