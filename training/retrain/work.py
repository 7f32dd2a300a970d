"""What a kind of job is to the harness, and what the harness gives it.

A new kind is a callable `Work`, named in `training.retrain.kinds`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from contract.jobs.documents import AnyParameters, AnyResult, Progress
from contract.repository import ModelRepository
from training.retrain.examples import ExampleReader
from training.settings import TrainingSettings

if TYPE_CHECKING:
    from training.publish.publisher import Publication


@dataclass(frozen=True)
class Assignment:
    """What the job's row says."""

    id: str
    attempt: int
    model: str
    parameters: AnyParameters
    champion: int | None
    """The version that was stable when the job was claimed."""


class Reporter(Protocol):
    """How work tells how far it is. Nothing here waits for the database, but `may_reveal`."""

    def progress(self, progress: Progress) -> None:
        """Tell how far the work is; called as often as one likes, written once a second at most."""

    def log(self, line: str) -> None:
        """Leave a line for the job's log; cut, and cleaned of control characters and paths."""

    def check(self) -> None:
        """Raise `KeyboardInterrupt` where the job was asked to stop, was cancelled or superseded."""

    def may_reveal(self) -> bool:
        """Ask the database whether this attempt may still publish: neither superseded, cancelled nor asked to stop.

        Waits for a database that is away, for minutes; raises `JobStoreAway` then.
        """


Publish = Callable[[], "Publication"]
"""Publishes a version into a job's repository."""


@dataclass(frozen=True)
class Office:
    """Where work is done."""

    settings: TrainingSettings
    repository: ModelRepository
    examples: ExampleReader
    """The model's uploaded examples."""
    folder: Path
    """The job's own folder: one for all its attempts, held by one at a time, gone once the job has ended for good."""
    console: Console
    """Each line goes to the job's log too."""
    reporter: Reporter
    publish: Callable[[Publish], "Publication"] = lambda make: make()
    """Calls what publishes into `repository`, and brings the version to where versions are kept."""


@dataclass(frozen=True)
class Page:
    """A page for people that needs nothing but itself; it is kept beside the job."""

    html: bytes
    """Compressed by gzip."""
    scripts: tuple[str, ...]
    """What a Content-Security-Policy calls its own scripts, such as `sha256-…`; no other one may run."""


@dataclass(frozen=True)
class Outcome:
    """What work that was done came to."""

    result: AnyResult
    rejected: str | None = None
    """Why the model's rule refused the version, as a sentence; None where it didn't."""
    page: Page | None = None


Work = Callable[[Assignment, Office], Outcome]
"""Does a job to its end.

It is called in the main thread. A stop arrives as `KeyboardInterrupt`; what it leaves in the office's folder and in the
runs' folder is for the next attempt. A `TriremeError` makes the job failed, with its detail and code.
"""
