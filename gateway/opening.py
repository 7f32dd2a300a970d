"""The parts of a gateway, opened in their order when it starts and closed in the reverse order when it stops."""

import contextlib
import logging
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from contract.tabular.table_file import TableLimits
from gateway.admission import Admission
from gateway.autoscaling.opening import open_watch
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.background import in_background
from gateway.bodies import BodyReader
from gateway.catalogue import Catalogue
from gateway.connecting import OpenModelServer
from gateway.examples.opening import open_uploads
from gateway.examples.uploads import Places, Uploads
from gateway.follower import CatalogueFollower
from gateway.holdings import Holdings
from gateway.jobs.jobs import Jobs
from gateway.jobs.opening import OpenLauncher, launcher_of, open_jobs
from gateway.limits.address import Addresses
from gateway.limits.errors import TooManyBatches
from gateway.limits.roles import RoleBounds
from gateway.metrics import Metrics
from gateway.open_inference.predictor import TensorPredictor
from gateway.open_inference.readiness import VersionReadiness
from gateway.parts import Inference, Storage, Tables, open_inference, open_storage, open_tables
from gateway.predictor import Predictor
from gateway.reader import CatalogueReader
from gateway.readiness import ReadinessCheck
from gateway.rollout.opening import open_rollouts
from gateway.rollout.rollouts import Rollouts
from gateway.rollout.world import World
from gateway.services import Services
from gateway.settings import GatewaySettings
from gateway.tables.file_answer import FileAnswers
from gateway.tables.file_scorer import FileScorer
from gateway.tables.predictor import RowPredictor
from gateway.tables.spool import Spool
from gateway.telemetry.process import watch_loop
from gateway.telemetry.tracing import UNTRACED, Tracing


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
    async with (
        tracing.running(),
        in_background(watch_loop(metrics.loop_lag)),
        open_storage(settings, metrics) as storage,
        open_inference(settings, metrics, open_model_server, tracing) as inference,
        open_tables(settings) as tables,
        _followed(settings, metrics, inference, tables, holdings) as follower,
        open_uploads(settings, Places(inference.decoder, tables.work, Spool(settings.spool))) as uploads,
    ):
        parts = _Parts(settings, metrics, storage, inference, tables, follower, uploads)
        async with (
            _jobs(parts, open_launcher) as jobs,
            _rollouts(parts, world, holdings) as rollouts,
            open_watch(settings) as autoscalers,
        ):
            yield parts.services(jobs, rollouts, autoscalers)


@dataclass(frozen=True)
class _Parts:
    """What every gateway opens, to put its services together of."""

    settings: GatewaySettings
    metrics: Metrics
    storage: Storage
    inference: Inference
    tables: Tables
    follower: CatalogueFollower
    uploads: Uploads

    def services(self, jobs: Jobs | None, rollouts: Rollouts | None, autoscalers: AutoscalerWatch | None) -> Services:
        settings, log = self.settings, self.storage.log
        return Services(
            settings=settings,
            metrics=self.metrics,
            follower=self.follower,
            predictor=self._pictures(),
            rows=self._rows(),
            tables=self.tables.models,
            files=self._files(),
            file_work=self.tables.work,
            spool=Spool(settings.spool),
            bodies=BodyReader(settings, RoleBounds(settings)),
            readiness=self._readiness(),
            waking=self.inference.waking,
            tensors=self._tensors(),
            versions_readiness=self._versions_readiness(),
            uploads=self.uploads,
            predictions=_predictions(settings),
            batches=Admission(settings.max_batches, each=settings.max_batches_per_caller, refusal=TooManyBatches),
            database=self.storage.database,
            identity=self.storage.identity,
            addresses=Addresses(settings.trusted_proxies),
            history=None if log is None else log.history,
            drift=None if log is None else log.drift,
            jobs=jobs,
            rollouts=rollouts,
            autoscalers=autoscalers,
        )

    def _pictures(self) -> Predictor:
        inference = self.inference
        return Predictor(inference.batchers, inference.decoder, self.metrics, self.settings, self.storage.recorder)

    def _rows(self) -> RowPredictor:
        return RowPredictor(
            models=self.tables.models,
            features=self.tables.features,
            batchers=self.inference.batchers,
            decoder=self.inference.decoder,
            metrics=self.metrics,
            settings=self.settings,
            recorder=self.storage.recorder,
        )

    def _tensors(self) -> TensorPredictor:
        return TensorPredictor(
            batchers=self.inference.batchers,
            decoder=self.inference.decoder,
            metrics=self.metrics,
            settings=self.settings,
            recorder=self.storage.recorder,
        )

    def _files(self) -> FileAnswers:
        work, limits = self.tables.work, TableLimits(rows=self.settings.max_table_rows)
        scorer = FileScorer(self.inference.server, work, self.metrics, self.settings.triton_timeout_s)
        return FileAnswers(scorer, work, self.metrics, limits, self.storage.recorder)

    def _readiness(self) -> ReadinessCheck:
        settings, follower = self.settings, self.follower
        return ReadinessCheck(
            lambda: follower.current,
            self.inference.server,
            self.inference.waking,
            timeout_s=settings.ready_timeout_s,
            cache_s=settings.ready_cache_s,
        )

    def _versions_readiness(self) -> VersionReadiness:
        settings = self.settings
        return VersionReadiness(
            self.inference.server, timeout_s=settings.ready_timeout_s, cache_s=settings.ready_cache_s
        )


def _jobs(parts: _Parts, open_launcher: OpenLauncher) -> contextlib.AbstractAsyncContextManager[Jobs | None]:
    log = parts.storage.log
    return open_jobs(
        parts.settings,
        parts.storage.database,
        parts.metrics.jobs,
        catalogue=lambda: parts.follower.current,
        examples=parts.uploads.library if parts.settings.examples else None,
        drift=None if log is None else log.drift,
        open_launcher=open_launcher,
    )


def _rollouts(
    parts: _Parts, world: World | None, holdings: Holdings | None
) -> contextlib.AbstractAsyncContextManager[Rollouts | None]:
    return open_rollouts(
        parts.settings,
        parts.storage.database,
        parts.metrics.rollout,
        catalogue=parts.follower,
        server=parts.inference.server,
        world=world,
        holdings=holdings,
    )


def _predictions(settings: GatewaySettings) -> Admission:
    return Admission(settings.max_in_flight, each=math.ceil(settings.max_in_flight * settings.model_share))


@contextlib.asynccontextmanager
async def _followed(
    settings: GatewaySettings, metrics: Metrics, inference: Inference, tables: Tables, holdings: Holdings | None
) -> AsyncIterator[CatalogueFollower]:
    def tell(catalogue: Catalogue) -> None:
        keepers = (inference.batchers, tables.models, metrics, inference.waking)
        for keep_only in (keeper.keep_only for keeper in keepers):
            keep_only({card.name for card in catalogue.served_cards()})
        tables.features.set_cards(catalogue.served_cards(), catalogue.published_cards())
        metrics.service_levels.set_models(catalogue.models)

    reader = CatalogueReader(settings.repository, settings.served if holdings is None else holdings.served, metrics)
    follower = CatalogueFollower(reader, metrics, interval_s=settings.refresh_interval_s, on_change=tell)
    await follower.refresh()
    async with in_background(follower.follow()):
        yield follower
