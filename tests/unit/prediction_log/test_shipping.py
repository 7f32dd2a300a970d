"""When journals are shipped, and what may not hold them up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.database.errors import DatabaseUnavailable
from gateway.prediction_log import journalled, shipping
from gateway.prediction_log.errors import LogUnavailable
from gateway.prediction_log.journal import Journal, contents
from gateway.prediction_log.journalled import JournalledLog
from gateway.prediction_log.lines import document, line
from gateway.prediction_log.shipper import Shipper
from gateway.prediction_log.shipping import Shipping
from gateway.prediction_log.spill import Spill
from tests.unit.gateway.rig import soon
from tests.unit.prediction_log.rig import entry


class Database:
    """Takes what is shipped, where it isn't away."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.ids: list[str] = []

    async def ship(self, journal: Journal) -> None:
        if self.error is not None:
            raise self.error
        for segment in journal.closed():
            self.ids += [one[7:43].decode() for one in contents(segment).documents]
            journal.remove(segment)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journalled, "RETRY_S", 0.01)
    monkeypatch.setattr(shipping, "PAUSE_S", 0.01)
    monkeypatch.setattr(shipping, "LONGEST_PAUSE_S", 0.01)


def shipping_of(entries: JournalledLog, journal: Journal, database: Database, root: Path) -> Shipping:
    async def prepare() -> None:
        pass

    return Shipping(
        entries=entries, journal=journal, spill=Spill(root), shipper=cast("Shipper", database), prepare=prepare
    )


@contextlib.asynccontextmanager
async def running(entries: JournalledLog, work: Shipping) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(entries.run()), asyncio.create_task(work.run())]
    try:
        yield
    finally:
        tasks[1].cancel()
        entries.stop()
        await asyncio.wait(tasks)


def log_of(journal: Journal, **changes: Any) -> JournalledLog:
    return JournalledLog(journal, **{"window_s": 0.02, "sync": False, "capacity": 100, **changes})


async def test_a_full_journal_is_shipped_when_the_database_is_back(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    journal = Journal(tmp_path / "own", max_bytes=800)
    entries, database, answered = log_of(journal), Database(DatabaseUnavailable()), [entry(), entry()]
    async with running(entries, shipping_of(entries, journal, database, tmp_path)):
        await entries.add(answered[:1])
        await soon(lambda: journal.size)
        await entries.add(answered[1:])
        await soon(lambda: entries._refuses)
        with pytest.raises(LogUnavailable):
            await entries.add([entry()])
        database.error = None
        await soon(lambda: len(database.ids) == 2)
        await soon(lambda: not entries._refuses)
    assert database.ids == [one.id for one in answered]


async def test_an_end_is_in_good_order_whatever_the_database_says(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_bytes=10_000)
    await shipping_of(log_of(journal), journal, Database(RuntimeError("unforeseen")), tmp_path).drain(5)


async def test_a_stop_lets_what_is_being_shipped_arrive(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    journal, started, slow = Journal(tmp_path / "own", max_bytes=10_000), asyncio.Event(), asyncio.Event()

    class Slow(Database):
        async def ship(self, journal: Journal) -> None:
            started.set()
            await slow.wait()
            await super().ship(journal)

    journal.append(line(document(one := entry())), sync=False)
    database = Slow()
    work = shipping_of(log_of(journal), journal, database, tmp_path)
    task = asyncio.create_task(work.run())
    await started.wait()
    work.stop()
    slow.set()
    await asyncio.wait_for(task, 30)
    assert database.ids == [one.id]
