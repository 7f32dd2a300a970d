"""Records between those who log and the one thread that writes.

The thread gathers for a moment and writes many lines at once: waking a thread, and a system call, for each line would
cost a request more than all else about its log.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence

from gateway.telemetry.sinks import Sink

GATHER_S = 0.05
"""How long a record waits for company; what a killed process loses of its log."""
AT_ONCE = 256
"""Records whose lines are written by one system call."""
STOP_S = 3.0
"""How long the end of the program waits for lines that aren't written yet."""


class Backlog:
    """At most `limit` records that wait to be written; `add` never waits."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: deque[logging.LogRecord] = deque()
        self._filled = threading.Event()

    def add(self, record: logging.LogRecord) -> bool:
        """Keep a record; False where there is no room."""
        if len(self._records) >= self._limit:
            return False
        self._records.append(record)
        if not self._filled.is_set():
            self._filled.set()
        return True

    def wait(self) -> None:
        """Wait until there is a record, or until `wake` is called."""
        self._filled.wait()
        self._filled.clear()

    def wake(self) -> None:
        """End the waiting."""
        self._filled.set()

    def take(self) -> list[logging.LogRecord]:
        """The oldest records, at most `AT_ONCE`; for one thread."""
        return [self._records.popleft() for _ in range(min(AT_ONCE, len(self._records)))]


class Writer:
    """The thread that writes a backlog to sinks."""

    def __init__(self, backlog: Backlog, sinks: Sequence[Sink]) -> None:
        self._backlog = backlog
        self._sinks = sinks
        self._ending = threading.Event()
        # A daemon: a reader that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is there, and end; where a reader hangs, give up after `STOP_S` seconds."""
        self._ending.set()
        self._backlog.wake()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._backlog.wait()
            self._ending.wait(GATHER_S)
            self._write()
        # What came after the last look.
        self._write()

    def _write(self) -> None:
        while records := self._backlog.take():
            for sink in self._sinks:
                sink.write(records)
