"""How much memory a process takes at most while something runs."""

import threading
from types import TracebackType
from typing import Self

import psutil

INTERVAL_S = 0.02


class PeakMemory:
    """A context manager that watches a process' resident memory; shared files that it maps count as its own."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.before = self.peak = self._process.memory_info().rss

    @property
    def added_mb(self) -> float:
        """The peak less what the process had before, in MB of a million bytes."""
        return (self.peak - self.before) / 1e6

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self.peak = max(self.peak, self._process.memory_info().rss)


def listener(port: int) -> int:
    """The process that listens on a TCP port of this machine; raises `LookupError`."""
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        if connection.status == psutil.CONN_LISTEN and connection.pid and address and address.port == port:
            return connection.pid
    raise LookupError(f"No process of this user listens on port {port}.")
