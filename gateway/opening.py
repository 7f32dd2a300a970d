"""The parts of a gateway, built when it starts and ended when it stops."""

import asyncio
import contextlib
import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from contract.names import ModelVersion
from contract.sql.sandbox import SqlLimits
from contract.tabular.table_file import TableLimits
from gateway.admission import Admission
from gateway.autoscaling.opening import open_watch
from gateway.background import in_background
from gateway.batchers import Batchers
from gateway.bodies import BodyReader
from gateway.catalogue import Catalogue
from gateway.connecting import OpenModelServer
from gateway.database.engine import Database
from gateway.database.opening import open_where_needed
from gateway.decoding import Decoder
from gateway.drift.detector import DriftDetector
from gateway.examples.opening import open_uploads
from gateway.examples.uploads import Places
from gateway.follower import CatalogueFollower
from gateway.history.reading import History
from gateway.holdings import Holdings
from gateway.identity.service import open_identity
from gateway.inference import ModelServer
from gateway.jobs.opening import OpenLauncher, launcher_of, open_jobs
from gateway.limits.address import Addresses
from gateway.limits.errors import TooManyBatches
from gateway.limits.roles import RoleBounds
from gateway.metrics import Metrics
from gateway.open_inference.predictor import TensorPredictor
from gateway.open_inference.readiness import VersionReadiness
from gateway.outcomes.flushing import flushed
from gateway.prediction_log.opening import open_log
from gateway.prediction_log.recorder import Recorder
from gateway.predictor import Predictor
from gateway.reader import CatalogueReader
from gateway.readiness import ReadinessCheck
from gateway.rollout.opening import open_rollouts
from gateway.rollout.world import World
from gateway.services import Services
from gateway.settings import GatewaySettings
from gateway.tables.feature_tables import FeatureTables
from gateway.tables.file_answer import FileAnswers
from gateway.tables.file_scorer import FileScorer
from gateway.tables.model import TableModels
from gateway.tables.predictor import RowPredictor
from gateway.tables.spool import Spool
from gateway.tables.work import FileWork
from gateway.telemetry.process import watch_loop
from gateway.telemetry.tracing import UNTRACED, Tracing
from gateway.waking.waking import waking_for


@contextlib.asynccontextmanager
async def open_services(
    settings: GatewaySettings,
    metrics: Metrics,
    open_model_server: OpenModelServer,
    tracing: Tracing = UNTRACED,
    *,
    open_launcher: OpenLauncher = launcher_of,
    world: World | None = None,
    holdings: Holdings | None = None,
) -> AsyncIterator[Services]:
    """Build everything, follow the catalogue, and end everything in the reverse order."""
    # Its warnings quote the bytes of bodies.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(tracing.running())
        await stack.enter_async_context(in_background(watch_loop(metrics.loop_lag)))
        database = await stack.enter_async_context(_database(settings, metrics))
        identity = await stack.enter_async_context(open_identity(settings, database))
        log = await stack.enter_async_context(_log(settings, database, metrics))
        recorder = None if log is None else log.recorder
        server = await stack.enter_async_context(open_model_server(settings, metrics))
        waking = waking_for(server, metrics, settings)
        decoder = await stack.enter_async_context(_decoding(settings, metrics, tracing))
        batchers = Batchers(server, metrics, settings, tracing)
        stack.push_async_callback(batchers.close)
        tables = TableModels(settings.repository, SqlLimits(settings.sql_memory_mb, timeout_s=settings.sql_timeout_s))
        features = await stack.enter_async_context(_feature_tables(settings))
        file_work = await stack.enter_async_context(_file_work(settings))
        follower = await stack.enter_async_context(
            _followed(
                settings,
                CatalogueReader(settings.repository, settings.served if holdings is None else holdings.served, metrics),
                metrics,
                [batchers.keep_only, tables.keep_only, metrics.keep_only, waking.keep_only],
                features,
            )
        )
        uploads = await stack.enter_async_context(
            open_uploads(settings, Places(decoder, file_work, Spool(settings.spool)))
        )
        yield Services(
            settings,
            metrics,
            follower,
            Predictor(batchers, decoder, metrics, settings, recorder),
            RowPredictor(
                models=tables,
                features=features,
                batchers=batchers,
                decoder=decoder,
                metrics=metrics,
                settings=settings,
                recorder=recorder,
            ),
            tables,
            _file_answers(server, file_work, metrics, settings, recorder),
            file_work,
            Spool(settings.spool),
            BodyReader(settings, RoleBounds(settings)),
            ReadinessCheck(
                lambda: follower.current,
                server,
                waking,
                timeout_s=settings.ready_timeout_s,
                cache_s=settings.ready_cache_s,
            ),
            waking,
            TensorPredictor(batchers=batchers, decoder=decoder, metrics=metrics, settings=settings, recorder=recorder),
            VersionReadiness(server, timeout_s=settings.ready_timeout_s, cache_s=settings.ready_cache_s),
            uploads=uploads,
            predictions=_predictions(settings),
            batches=Admission(settings.max_batches, each=settings.max_batches_per_caller, refusal=TooManyBatches),
            database=database,
            identity=identity,
            addresses=Addresses(settings.trusted_proxies),
            history=None if log is None else log.history,
            drift=None if log is None else log.drift,
            jobs=await stack.enter_async_context(
                open_jobs(
                    settings,
                    database,
                    metrics.jobs,
                    catalogue=lambda: follower.current,
                    examples=uploads.library if settings.examples else None,
                    drift=None if log is None else log.drift,
                    open_launcher=open_launcher,
                )
            ),
            rollouts=await stack.enter_async_context(
                open_rollouts(
                    settings,
                    database,
                    metrics.rollout,
                    catalogue=follower,
                    server=server,
                    world=world,
                    holdings=holdings,
                )
            ),
            autoscalers=await stack.enter_async_context(open_watch(settings)),
        )


@contextlib.asynccontextmanager
async def _database(settings: GatewaySettings, metrics: Metrics) -> AsyncIterator[Database | None]:
    async with open_where_needed(settings) as database, flushed(database, metrics.tally):
        yield database


@contextlib.asynccontextmanager
async def _file_work(settings: GatewaySettings) -> AsyncIterator[FileWork]:
    work = FileWork(settings.table_threads)
    try:
        yield work
    finally:
        await asyncio.to_thread(work.close)


def _predictions(settings: GatewaySettings) -> Admission:
    return Admission(settings.max_in_flight, each=math.ceil(settings.max_in_flight * settings.model_share))


class RunningLog(NamedTuple):
    """What takes note of predictions, and what reads them."""

    recorder: Recorder
    history: History
    drift: DriftDetector


@contextlib.asynccontextmanager
async def _log(
    settings: GatewaySettings, database: Database | None, metrics: Metrics
) -> AsyncIterator[RunningLog | None]:
    if settings.log == "off" or database is None:
        yield None
        return
    async with open_log(settings, database, metrics.log) as (recorder, shipping):
        yield RunningLog(recorder, History(database, shipping), DriftDetector(database, settings, metrics.drift))


def _file_answers(
    server: ModelServer, work: FileWork, metrics: Metrics, settings: GatewaySettings, recorder: Recorder | None
) -> FileAnswers:
    scorer = FileScorer(server, work, metrics, settings.triton_timeout_s)
    return FileAnswers(scorer, work, metrics, TableLimits(rows=settings.max_table_rows), recorder)


@contextlib.asynccontextmanager
async def _decoding(settings: GatewaySettings, metrics: Metrics, tracing: Tracing) -> AsyncIterator[Decoder]:
    decoder = Decoder(
        metrics,
        threads=settings.decode_threads or min(8, len(os.sched_getaffinity(0))),
        max_waiting=settings.decode_queue,
        max_pixels=settings.max_pixels,
        timeout_s=settings.decode_timeout_s,
        tracing=tracing,
    )
    try:
        yield decoder
    finally:
        await asyncio.to_thread(decoder.close)


@contextlib.asynccontextmanager
async def _followed(
    settings: GatewaySettings,
    reader: CatalogueReader,
    metrics: Metrics,
    keepers: Sequence[Callable[[set[ModelVersion]], None]],
    features: FeatureTables,
) -> AsyncIterator[CatalogueFollower]:
    def tell(catalogue: Catalogue) -> None:
        for keep_only in keepers:
            keep_only({card.name for card in catalogue.served_cards()})
        features.set_cards(catalogue.served_cards(), catalogue.published_cards())
        metrics.service_levels.set_models(catalogue.models)

    follower = CatalogueFollower(reader, metrics, interval_s=settings.refresh_interval_s, on_change=tell)
    await follower.refresh()
    async with in_background(follower.follow()):
        yield follower


@contextlib.asynccontextmanager
async def _feature_tables(settings: GatewaySettings) -> AsyncIterator[FeatureTables]:
    features = FeatureTables(settings.repository, settings.feature_cache)
    async with in_background(features.follow()):
        yield features
