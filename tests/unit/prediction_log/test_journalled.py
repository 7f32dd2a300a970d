"""The log as predictions see it: what is answered is on the disk within the window, or before with `sync`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.prediction_log import journalled
from gateway.prediction_log.errors import LogUnavailable
from gateway.prediction_log.journal import Journal, contents
from gateway.prediction_log.journalled import JournalledLog
from tests.unit.gateway.rig import soon
from tests.unit.prediction_log.rig import entry


class BrokenJournal(Journal):
    """A journal whose disk can be full."""

    is_broken = True

    def append(self, lines: bytes, *, sync: bool) -> None:
        if self.is_broken:
            raise OSError
        super().append(lines, sync=sync)


@contextlib.asynccontextmanager
async def running(journal: Journal, **changes: Any) -> AsyncIterator[JournalledLog]:
    log = JournalledLog(journal, **{"window_s": 0.02, "sync": False, "capacity": 100, **changes})
    task = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        log.stop()
        await task


def ids(journal: Journal) -> list[str]:
    journal.end_segment()
    documents = [one for segment in journal.closed() for one in contents(segment).documents]
    return [one[7:43].decode() for one in documents]


async def test_with_the_window_entries_are_written_soon_and_in_order(tmp_path: Path) -> None:
    journal, given = Journal(tmp_path, max_bytes=10**6), [entry() for _ in range(10)]
    async with running(journal) as log:
        for one in given:
            await log.add([one])
        await soon(lambda: journal.size and not log.waiting)
    assert ids(journal) == [one.id for one in given]


async def test_with_sync_entries_are_on_the_disk_when_add_returns(tmp_path: Path) -> None:
    journal, given = Journal(tmp_path, max_bytes=10**6), [entry() for _ in range(20)]
    async with running(journal, sync=True) as log:
        await asyncio.gather(*(log.add([one]) for one in given))
        assert sorted(ids(journal)) == sorted(one.id for one in given)


async def test_a_caller_that_leaves_takes_nobody_along(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_bytes=10**6)
    async with running(journal, sync=True) as log:
        tasks = [asyncio.create_task(log.add([entry()])) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.gather(*tasks[1:])
    assert len(ids(journal)) == 3


async def test_a_full_disk_refuses_predictions_and_keeps_what_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journalled, "RETRY_S", 0.01)
    journal, answered, later = BrokenJournal(tmp_path, max_bytes=10**6), entry(), entry()
    async with running(journal) as log:
        await log.add([answered])
        await soon(lambda: log._refuses)
        with pytest.raises(LogUnavailable):
            await log.add([entry()])
        journal.is_broken = False
        await soon(lambda: not log._refuses)
        await log.add([later])
    assert ids(journal) == [answered.id, later.id]


async def test_with_sync_a_full_disk_refuses_each_prediction_until_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journalled, "RETRY_S", 0.01)
    journal, given = BrokenJournal(tmp_path, max_bytes=10**6), entry()
    async with running(journal, sync=True) as log:
        with pytest.raises(LogUnavailable):
            await log.add([entry()])
        journal.is_broken = False
        await log.add([given])
    assert ids(journal) == [given.id]


async def test_a_full_queue_makes_predictions_wait(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_bytes=10**6)
    async with running(journal, capacity=3, window_s=60) as log:
        await log.add([entry() for _ in range(3)])
        await log.add([entry()])
        assert log.waiting == 1
        await log.add([entry() for _ in range(5)])
        assert log.waiting == 6, "a large call goes beyond: on a busy gateway the queue is never empty"
        await log.add([entry()])
        assert log.waiting == 1


async def test_a_stop_writes_what_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_bytes=10**6)
    async with running(journal, window_s=60) as log:
        await log.add([entry()])
    assert len(ids(journal)) == 1
