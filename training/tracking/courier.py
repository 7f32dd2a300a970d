"""A tracker for work that can't wait: what it is told goes to the trackers' own process."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from training.tracking.environment import environment
from training.tracking.notes import Aliases, Ending, Note, Outcome, Point, Report, Run, Version
from training.tracking.settings import TrackingSettings

# -P: a file `mlflow.py` in the user's folder is not to be taken for the library.
COMMAND = (sys.executable, "-P", "-m", "training.tracking")
MAX_QUEUE = 1_000
"""Notes that wait for the process at most."""
STARTS_IN_PATIENCE = 2
"""Starting the process asks no server and ends surely, but takes long where the machine has much else to do."""
PATIENCE_AFTER_FAILURE_S = 5.0
"""Who pressed Ctrl-C, or reads an error, doesn't wait for a server."""
GONE = "Tracking ended early: its process is gone; the work goes on without it."
FULL = "The trackers are too slow for this run; what they miss is in the run's folder."
LATE = "The trackers didn't finish in {:g} s, and were left behind; the run's folder has all."


class Courier:
    """Passes notes on without ever waiting, but for `close`, which waits as long as the settings allow.

    A thread of its own starts the process, writes to it and tells what it answers: `tell` is called from there.
    """

    def __init__(
        self, settings: TrackingSettings, tell: Callable[[str], None], command: tuple[str, ...] = COMMAND
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._command = command
        self._notes: queue.Queue[Note | None] = queue.Queue(MAX_QUEUE)
        self._process: subprocess.Popen[str] | None = None
        self._patience_s = 0.0
        """None for a process that was told nothing."""
        self._has_started = threading.Event()
        self._is_full = False
        self._is_late = False
        self._thread = threading.Thread(target=self._carry, name="tracking", daemon=True)
        self._thread.start()

    def start(self, run: Run) -> None:
        """Pass it on."""
        self._post(run)

    def epoch(self, point: Point) -> None:
        """Pass it on."""
        self._post(point)

    def finish(self, outcome: Outcome) -> None:
        """Pass it on."""
        self._post(outcome)

    def report(self, report: Report) -> None:
        """Pass it on."""
        self._post(report)

    def fail(self, ending: Ending) -> None:
        """Pass it on."""
        self._post(ending)
        self._patience_s = min(self._patience_s, PATIENCE_AFTER_FAILURE_S)

    def published(self, version: Version) -> None:
        """Pass it on."""
        self._post(version)

    def aliases(self, aliases: Aliases) -> None:
        """Pass it on."""
        self._post(aliases)

    def close(self) -> None:
        """Wait until all is delivered, as long as the settings allow; then end the process, whatever it does."""
        self._put(None)
        self._has_started.wait(self._patience_s * STARTS_IN_PATIENCE)
        self._thread.join(self._patience_s)
        if self._thread.is_alive():
            self._leave_behind()

    def _leave_behind(self) -> None:
        self._is_late = True
        if self._patience_s:
            self._tell(LATE.format(self._patience_s))
        self._kill()
        self._thread.join()

    def _post(self, note: Note) -> None:
        self._patience_s = self._settings.tracking_timeout_s
        self._put(note)

    def _put(self, note: Note | None) -> None:
        if not self._thread.is_alive():  # which was told
            return
        try:
            self._notes.put_nowait(note)
        except queue.Full:
            if not self._is_full:
                self._is_full = True
                self._tell(FULL)

    def _carry(self) -> None:
        try:
            with self._start() as process:
                self._converse(process)
        except (OSError, ValueError):
            if not self._is_late:
                self._tell(GONE)
        finally:
            self._has_started.set()

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=environment(self._settings, os.environ),
            start_new_session=True,  # Ctrl-C is the work's; the work says how it ended
        )
        if self._is_late:
            self._kill()
        return self._process

    def _converse(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        _write(process.stdin, self._settings.model_dump_json(include=set(TrackingSettings.model_fields)))
        self._hear(process.stdout)
        self._has_started.set()
        for note in iter(self._notes.get, None):
            _write(process.stdin, note.model_dump_json())
            self._hear(process.stdout)
        process.stdin.close()
        self._hear(process.stdout)

    def _hear(self, answers: IO[str]) -> None:
        line = answers.readline()
        if not line:
            raise BrokenPipeError
        for sentence in json.loads(line):
            self._tell(sentence)

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _write(lines: IO[str], line: str) -> None:
    lines.write(line + "\n")
    lines.flush()
