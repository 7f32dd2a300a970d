"""The log as predictions see it: a bounded queue, which a task writes to the journal, many entries at a time."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gateway.faults import log_fault
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.errors import LogUnavailable
from gateway.prediction_log.journal import Journal
from gateway.prediction_log.lines import documents, line
from gateway.prediction_log.sink import JsonLines

log = logging.getLogger(__name__)

EARLY = 1000
"""Entries that are written before the window is over."""
ROOM_S = 5.0
"""How long a prediction waits for a place in the queue."""
RETRY_S = 1.0
"""Between two attempts to write to a disk that refuses."""


class JournalledLog:
    """Writes entries to a journal; `run` is a task of its own, from beginning to end.

    With `sync`, `add` returns when its entries are on the disk; else they are written within `window_s`.
    """

    def __init__(
        self, journal: Journal, *, window_s: float, sync: bool, capacity: int, sink: JsonLines | None = None
    ) -> None:
        self._journal = journal
        # One half to wait, the other to write.
        self._wait_s = 0.0 if sync else window_s / 2
        self._sync = sync
        self._capacity = capacity
        self._sink = sink
        self._waiting: list[Entry] = []
        self._wanted = asyncio.Event()
        self._hurry = asyncio.Event()
        self._group = _group()
        self._failing = False
        self._stopping = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prediction-log")

    @property
    def waiting(self) -> int:
        """Entries in memory alone."""
        return len(self._waiting)

    async def add(self, entries: Sequence[Entry], /) -> None:
        """Take note of predictions; raises `LogUnavailable`, and then they must not be answered."""
        if self._refuses or not self._has_room:
            await self._room()
        self._waiting += entries
        self._wanted.set()
        if len(self._waiting) >= EARLY:
            self._hurry.set()
        if self._sync:
            # The group is many callers', and one that leaves must not end it.
            await asyncio.shield(self._group)

    async def flush(self) -> None:
        """Write what waits now; raises `LogUnavailable`."""
        if self._waiting:
            self._hurry.set()
            await asyncio.shield(self._group)

    async def run(self) -> None:
        """Write what is added, until `stop`."""
        while self._waiting or not self._stopping:
            await self._wanted.wait()
            if self._wait_s:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._wait_s)
            if not await self._write():
                if self._stopping:
                    break
                await asyncio.sleep(RETRY_S)
        if self._waiting:
            log.error("%d predictions could not be noted", len(self._waiting))
        await asyncio.to_thread(self._thread.shutdown)

    def stop(self) -> None:
        """Let `run` write what waits, and end."""
        self._stopping = True
        self._wanted.set()
        self._hurry.set()

    @property
    def _refuses(self) -> bool:
        # With `sync`, the next attempt is the next prediction's.
        return self._failing and not self._sync

    @property
    def _has_room(self) -> bool:
        # One call may go beyond: a large one would wait for an empty queue, which a busy gateway never has.
        return len(self._waiting) < self._capacity

    async def _room(self) -> None:
        try:
            async with asyncio.timeout(ROOM_S):
                while not self._has_room:
                    await self.flush()
        except TimeoutError:
            raise LogUnavailable("The log's queue is full.") from None
        if self._refuses:
            raise LogUnavailable

    async def _write(self) -> bool:
        taken, self._waiting = self._waiting, []
        group, self._group = self._group, _group()
        self._wanted.clear()
        self._hurry.clear()
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._append, taken))
        except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
            self._fail(taken, error)
            group.set_exception(LogUnavailable())
            return False
        self._failing = False
        group.set_result(None)
        return True

    def _append(self, entries: Sequence[Entry]) -> None:
        found = documents(entries)
        self._journal.append(b"".join(map(line, found)), sync=self._sync)
        if self._sink is not None:
            self._sink.write(found)

    def _fail(self, taken: list[Entry], error: Exception) -> None:
        if not self._failing:
            log_fault(error, "-")
        self._failing = True
        if not self._sync:
            # They were answered: kept, and nothing else is answered until they are written.
            self._waiting[:0] = taken
            self._wanted.set()


def _group() -> asyncio.Future[None]:
    """What those wait for whose entries are written together."""
    group: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    # Its error may be nobody's.
    group.add_done_callback(lambda done: done.cancelled() or done.exception())
    return group
