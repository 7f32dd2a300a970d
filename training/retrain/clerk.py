"""Writes down what a job tells, in a thread of its own: work never waits for the database."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from contract.jobs.documents import Progress
from training.retrain.desk import JobDesk
from training.retrain.errors import JobStoreAway
from training.retrain.public import public
from training.retrain.stops import Stop

BEAT_S, TICK_S = 5.0, 1.0
"""Seconds between two signs of life, and between two looks at what was told."""
KEPT = 500
"""Lines that wait for a database that is away; the oldest are lost then."""
PATIENCE_S = 600.0
"""How long a database may be away that must be asked or told something now."""
LONGEST_WAIT_S = 15.0

T = TypeVar("T")


class Clerk:
    """The `training.retrain.work.Reporter` of a job; a context manager that writes while it is entered.

    Where the database is away it tries again with the next beat; `flush` writes the rest.
    """

    def __init__(self, desk: JobDesk, stop: Stop, *, beat_s: float = BEAT_S, tick_s: float = TICK_S) -> None:
        self._desk = desk
        self._stop = stop
        self._beat_s, self._tick_s = beat_s, tick_s
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._progress: Progress | None = None
        self._next_beat = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, progress: Progress) -> None:
        """As `Reporter` says."""
        self._progress = progress

    def log(self, line: str) -> None:
        """As `Reporter` says."""
        if text := public(line):
            self._lines.append(text)

    def check(self) -> None:
        """As `Reporter` says."""
        if self._stop.asked:
            raise KeyboardInterrupt

    def may_reveal(self) -> bool:
        """As `Reporter` says."""
        situation = insist(self._desk.beat, self._stop)
        return situation.is_ours and not situation.cancel_asked and not self._stop.asked

    def _run(self) -> None:
        while not self._over.wait(self._tick_s):
            if self._lines or self._progress or time.monotonic() >= self._next_beat:
                try:
                    self.flush()
                except SQLAlchemyError as error:
                    sys.stderr.write(f"The database of jobs doesn't answer ({type(error).__name__}); trying again.\n")

    def flush(self) -> None:
        """Write what was told; raises `SQLAlchemyError` where the database is away, and forgets nothing."""
        lines, progress = [self._lines.popleft() for _ in range(len(self._lines))], self._progress
        self._progress = None
        try:
            situation = self._desk.beat(lines, progress)
        except SQLAlchemyError:
            self._keep(lines, progress)
            raise
        self._next_beat = time.monotonic() + self._beat_s
        if not situation.is_ours or situation.cancel_asked:
            self._stop.ask()

    def _keep(self, lines: list[str], progress: Progress | None) -> None:
        self._lines.extendleft(reversed(lines[: KEPT - len(self._lines)]))
        self._progress = self._progress or progress


def insist(ask: Callable[[], T], stop: Stop, patience_s: float | None = None) -> T:
    """Ask the database, again and again while it is away, until a stop is asked or the time is over.

    That are `patience_s` seconds, or `PATIENCE_S`. Raises `JobStoreAway`.
    """
    end, wait = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s), 0.25
    while True:
        try:
            return ask()
        except SQLAlchemyError:
            if stop.asked or time.monotonic() + wait > end:
                raise JobStoreAway("The database of jobs doesn't answer.") from None
        _sleep(wait, stop)
        wait = min(2 * wait, LONGEST_WAIT_S)


def _sleep(seconds: float, stop: Stop) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.asked:
        time.sleep(min(0.25, max(0.0, end - time.monotonic())))
