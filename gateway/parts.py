"""Groups of a gateway's parts that are opened together and closed in the reverse order."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import NamedTuple

from contract.sql.sandbox import SqlLimits
from gateway.background import in_background
from gateway.batchers import Batchers
from gateway.connecting import OpenModelServer
from gateway.database.engine import Database
from gateway.database.opening import open_where_needed
from gateway.decoding import Decoder
from gateway.drift.detector import DriftDetector
from gateway.history.reading import History
from gateway.identity.service import Identity, open_identity
from gateway.inference import ModelServer
from gateway.metrics import Metrics
from gateway.outcomes.flushing import flushed
from gateway.prediction_log.opening import open_log
from gateway.prediction_log.recorder import Recorder
from gateway.settings import GatewaySettings
from gateway.tables.feature_tables import FeatureTables
from gateway.tables.model import TableModels
from gateway.tables.work import FileWork
from gateway.telemetry.tracing import Tracing
from gateway.waking.waking import Waking, waking_for


class RunningLog(NamedTuple):
    """What takes note of predictions, and what reads them."""

    recorder: Recorder
    history: History
    drift: DriftDetector


class Storage(NamedTuple):
    """The database, and what is kept in it for all requests."""

    database: Database | None
    """None where nothing needs it."""
    identity: Identity
    log: RunningLog | None
    """None where no log is kept."""

    @property
    def recorder(self) -> Recorder | None:
        """What takes note of predictions; None where no log is kept."""
        return None if self.log is None else self.log.recorder


class Inference(NamedTuple):
    """The way of a request to the model server: decoded, then in a batch."""

    server: ModelServer
    decoder: Decoder
    batchers: Batchers
    waking: Waking


class Tables(NamedTuple):
    """What models of tables need besides."""

    models: TableModels
    features: FeatureTables
    work: FileWork


@contextlib.asynccontextmanager
async def open_storage(settings: GatewaySettings, metrics: Metrics) -> AsyncIterator[Storage]:
    """Connect to the database where one is needed, and run the log where one is kept."""
    async with (
        open_where_needed(settings) as database,
        flushed(database, metrics.tally),
        open_identity(settings, database) as identity,
        _log(settings, database, metrics) as log,
    ):
        yield Storage(database, identity, log)


@contextlib.asynccontextmanager
async def open_inference(
    settings: GatewaySettings, metrics: Metrics, open_model_server: OpenModelServer, tracing: Tracing
) -> AsyncIterator[Inference]:
    """Connect to the model server; at the end the batches are closed first, the connection last."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(open_model_server(settings, metrics))
        decoder = _decoder(settings, metrics, tracing)
        stack.push_async_callback(asyncio.to_thread, decoder.close)
        batchers = Batchers(server, metrics, settings, tracing)
        stack.push_async_callback(batchers.close)
        yield Inference(server, decoder, batchers, waking_for(server, metrics, settings))


@contextlib.asynccontextmanager
async def open_tables(settings: GatewaySettings) -> AsyncIterator[Tables]:
    """Keep feature tables fresh, and start the threads that work on files."""
    limits = SqlLimits(settings.sql_memory_mb, timeout_s=settings.sql_timeout_s)
    async with _feature_tables(settings) as features, _file_work(settings) as work:
        yield Tables(TableModels(settings.repository, limits), features, work)


@contextlib.asynccontextmanager
async def _log(
    settings: GatewaySettings, database: Database | None, metrics: Metrics
) -> AsyncIterator[RunningLog | None]:
    if settings.log == "off" or database is None:
        yield None
        return
    async with open_log(settings, database, metrics.log) as (recorder, shipping):
        yield RunningLog(recorder, History(database, shipping), DriftDetector(database, settings, metrics.drift))


def _decoder(settings: GatewaySettings, metrics: Metrics, tracing: Tracing) -> Decoder:
    return Decoder(
        metrics,
        threads=settings.decode_threads or min(8, len(os.sched_getaffinity(0))),
        max_waiting=settings.decode_queue,
        max_pixels=settings.max_pixels,
        timeout_s=settings.decode_timeout_s,
        tracing=tracing,
    )


@contextlib.asynccontextmanager
async def _feature_tables(settings: GatewaySettings) -> AsyncIterator[FeatureTables]:
    features = FeatureTables(settings.repository, settings.feature_cache)
    async with in_background(features.follow()):
        yield features


@contextlib.asynccontextmanager
async def _file_work(settings: GatewaySettings) -> AsyncIterator[FileWork]:
    work = FileWork(settings.table_threads)
    try:
        yield work
    finally:
        await asyncio.to_thread(work.close)
