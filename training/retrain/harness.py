"""One attempt at a job, from its row to its row."""

import io
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from filelock import FileLock, Timeout
from rich.console import Console

from contract.errors import TriremeError
from contract.jobs.documents import JobState
from contract.repository import ModelRepository
from training.data.storage import FULL, storage_errors
from training.errors import PublishWithdrawn, StorageFull
from training.retrain.clerk import Clerk, insist
from training.retrain.depot import Depot
from training.retrain.desk import Ending, JobDesk
from training.retrain.errors import JobBusy, JobStoreAway
from training.retrain.examples import ExampleReader
from training.retrain.public import public
from training.retrain.stops import Stop
from training.retrain.work import Assignment, Office, Outcome, Reporter, Work
from training.settings import TrainingSettings

FOLDER = "jobs"
"""Of the jobs' own folders, inside the runs' folder."""
BEGIN_S, STOP_S, HOLD_S = 60.0, 20.0, 120.0
"""Seconds that the database may be away at the beginning and after a stop, and to wait for the attempt before."""

Find = Callable[[Assignment, ModelRepository], Work]


@dataclass(frozen=True)
class Harness:
    """Does jobs; `find` knows what work they are."""

    settings: TrainingSettings
    desk: JobDesk
    stop: Stop
    find: Find
    hire: Callable[[JobDesk, Stop], Clerk] = Clerk

    def run(self) -> bool:
        """Do the attempt; False where it was superseded, or never was ours. Raises `JobStoreAway`."""
        clerk = self.hire(self.desk, self.stop)
        try:
            with self.stop.interrupting():
                if not insist(self.desk.begin, self.stop, BEGIN_S):
                    return False
                ending: Ending | None = self._attempt(clerk)
        except (KeyboardInterrupt, PublishWithdrawn):
            ending = None
        return self._leave(ending, clerk)

    def _attempt(self, clerk: Clerk) -> Ending:
        try:
            assignment = insist(self.desk.assignment, self.stop)
            with clerk:
                return _ending_of(self._work(assignment, clerk))
        except (JobStoreAway, PublishWithdrawn):
            raise
        except TriremeError as error:
            sys.stderr.write(f"error: {error.detail}\n")
            return Ending(JobState.FAILED, reason=public(error.detail), code=error.code)
        except Exception:  # noqa: BLE001 - whatever it was, the job's row must say that it failed
            traceback.print_exc()
            return Ending(JobState.FAILED, reason="The job failed by a fault of the program.", code="internal")

    def _work(self, assignment: Assignment, clerk: Clerk) -> Outcome:
        with _full_disks(self._folder), held(self._folder, clerk):
            depot = Depot.of(self.settings, self._folder)
            depot.stock(assignment)
            work = self.find(assignment, depot.repository)
            examples = ExampleReader.of(self.settings, assignment.model)
            console = log_console(clerk, echo=not self.stop.is_held)
            publish = partial(depot.publish, model=assignment.model, reporter=clerk)
            office = Office(self.settings, depot.repository, examples, self._folder, console, clerk, publish)
            return work(assignment, office)

    @property
    def _folder(self) -> Path:
        return self.settings.runs_dir / FOLDER / self.desk.job

    def _leave(self, ending: Ending | None, clerk: Clerk) -> bool:
        """End the row. A stop meanwhile changes nothing but how long a database that is away is waited for."""
        self.stop.forget()

        def end() -> bool:
            clerk.flush()
            return self.desk.stop() if ending is None else self.desk.end(ending)

        is_ours = insist(end, self.stop, STOP_S if ending is None else None)
        if is_ours and ending is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        return is_ours


@contextmanager
def held(folder: Path, reporter: Reporter, patience_s: float = HOLD_S) -> Iterator[None]:
    """Hold a job's folder, which is made; waits while an attempt before this one ends. Raises `JobBusy`."""
    lock, end = FileLock(folder / ".lock"), time.monotonic() + patience_s
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        while not _acquired(lock):
            reporter.check()
            if time.monotonic() > end:
                raise JobBusy
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=1)
    except Timeout:
        return False
    return True


@contextmanager
def _full_disks(folder: Path) -> Iterator[None]:
    """A full disk is one sentence wherever it is met; other faults of the system are the program's."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(f"The disk that holds {folder} is full.") from error
        raise


def log_console(reporter: Reporter, *, echo: bool) -> Console:
    """A console whose lines go into the job's log, and to standard error where they are to be echoed.

    A gateway that reads what the job writes adds that to the job's log, where the lines would be twice then.
    """
    return Console(file=cast("IO[str]", _Log(reporter, echo=echo)), force_terminal=False, width=200)


class _Log(io.TextIOBase):
    def __init__(self, reporter: Reporter, *, echo: bool) -> None:
        self._reporter = reporter
        self._echo = echo

    def write(self, text: str) -> int:
        if self._echo:
            sys.stderr.write(text)
        for line in text.splitlines():
            self._reporter.log(line)
        return len(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _ending_of(outcome: Outcome) -> Ending:
    if outcome.rejected is None:
        return Ending(JobState.SUCCEEDED, outcome.result, page=outcome.page)
    return Ending(JobState.REJECTED, outcome.result, public(outcome.rejected), "rule-broken")
