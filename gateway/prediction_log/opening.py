"""The prediction log of one gateway, from its start to its end."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

from gateway.background import in_background
from gateway.database.engine import Database
from gateway.database.migrating import prepare
from gateway.faults import log_fault
from gateway.prediction_log.errors import LogFolderInvalid
from gateway.prediction_log.journal import Journal
from gateway.prediction_log.journalled import JournalledLog
from gateway.prediction_log.looks import PictureLooks
from gateway.prediction_log.metrics import LogMetrics
from gateway.prediction_log.policy import Policy
from gateway.prediction_log.recorder import Recorder
from gateway.prediction_log.settings import LogSettings
from gateway.prediction_log.shipper import Shipper
from gateway.prediction_log.shipping import Shipping
from gateway.prediction_log.sink import JsonLines
from gateway.prediction_log.spill import Spill
from gateway.prediction_log.upkeep import Upkeep
from gateway.settings import GatewaySettings
from gateway.upkeep import hourly


@contextlib.asynccontextmanager
async def open_log(
    settings: GatewaySettings, database: Database, metrics: LogMetrics
) -> AsyncIterator[tuple[Recorder, Shipping]]:
    """Begin a journal, write and ship it; at the end write all, and ship what there is time for.

    Raises `HashKeyInvalid` or `LogFolderInvalid`.
    """
    policy, spill = Policy.of(settings), Spill(settings.log_spill)
    upkeep = Upkeep(database, timedelta(days=settings.log_retention_days))
    async with _begun(settings, spill) as journal:
        entries = _entries(settings, journal)
        _measure(metrics, entries, journal)
        shipping = Shipping(
            entries=entries,
            journal=journal,
            spill=spill,
            shipper=Shipper(database, spill.rejected, metrics),
            prepare=partial(_prepare, settings, upkeep),
        )
        async with (
            _written(entries, journal),
            _shipped(shipping, settings.log_drain_s),
            in_background(hourly(upkeep.tidy)),
        ):
            looks = PictureLooks(settings.drift_pictures_per_s)
            yield Recorder(entries, policy, looks, settings.log_files == "rows"), shipping
        await shipping.drain(settings.log_drain_s)


@contextlib.asynccontextmanager
async def _begun(settings: LogSettings, spill: Spill) -> AsyncIterator[Journal]:
    try:
        claim = await asyncio.to_thread(spill.begin)
    except OSError as error:
        raise LogFolderInvalid(f"GATEWAY_LOG_SPILL can't be used: {os.strerror(error.errno or 0)}.") from None
    try:
        yield Journal(claim.folder, max_bytes=settings.log_spill_bytes)
    finally:
        await asyncio.to_thread(claim.release)


@contextlib.asynccontextmanager
async def _written(entries: JournalledLog, journal: Journal) -> AsyncIterator[None]:
    writer = asyncio.create_task(entries.run())
    try:
        yield
    finally:
        entries.stop()
        await writer
        try:
            await asyncio.to_thread(journal.end)
        except OSError as error:
            # What was written is still to be shipped.
            log_fault(error, "-")


@contextlib.asynccontextmanager
async def _shipped(shipping: Shipping, end_s: float) -> AsyncIterator[None]:
    async with in_background(shipping.run()) as task:
        try:
            yield
        finally:
            shipping.stop()
            # Where it is cancelled in the middle of a transaction, SQLite may stay locked for some seconds.
            await asyncio.wait([task], timeout=end_s)


def _entries(settings: LogSettings, journal: Journal) -> JournalledLog:
    path = settings.log_jsonl
    sink = JsonLines(path, max_bytes=settings.log_jsonl_bytes, files=settings.log_jsonl_files) if path else None
    return JournalledLog(
        journal,
        window_s=settings.log_window_ms / 1000,
        sync=settings.log_durability == "sync",
        capacity=settings.log_queue,
        sink=sink,
    )


async def _prepare(settings: GatewaySettings, upkeep: Upkeep) -> None:
    await asyncio.to_thread(prepare, settings)
    await upkeep.tidy(datetime.now(UTC))


def _measure(metrics: LogMetrics, entries: JournalledLog, journal: Journal) -> None:
    def age() -> float:
        oldest = journal.oldest
        return 0.0 if oldest is None else max(0.0, time.time() - oldest)

    metrics.queue.set_function(lambda: entries.waiting)
    metrics.journal.set_function(lambda: journal.size)
    metrics.oldest.set_function(age)
