"""The jobs of one gateway, from its start to its end."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial

from contract.jobs.policy import RetrainPolicies
from gateway.background import in_background
from gateway.catalogue import Catalogue
from gateway.database.engine import Database
from gateway.database.migrating import prepare
from gateway.identifiers import Identifiers
from gateway.jobs.asking import Questions, TrainingBatches
from gateway.jobs.drifting import Watch
from gateway.jobs.events import JobEvents
from gateway.jobs.history import RetrainHistory
from gateway.jobs.jobs import Jobs, streams
from gateway.jobs.kubernetes.opening import kubernetes_launcher
from gateway.jobs.launcher import Launcher
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.pages import JobPages
from gateway.jobs.processes import ProcessLauncher
from gateway.jobs.queue import JobQueue
from gateway.jobs.runner import END_S, Runner
from gateway.jobs.store import JobStore
from gateway.jobs.triggers import Triggers
from gateway.jobs.upkeep import JobUpkeep
from gateway.settings import GatewaySettings
from gateway.upkeep import hourly

COMMAND = (sys.executable, "-m", "training.retrain")
PACKAGE = "training"
OURS = "GATEWAY_"

OpenLauncher = Callable[[GatewaySettings, JobEvents], Launcher]


@contextlib.asynccontextmanager
async def open_jobs(
    settings: GatewaySettings,
    database: Database | None,
    metrics: JobMetrics,
    *,
    catalogue: Callable[[], Catalogue],
    examples: TrainingBatches | None,
    drift: Watch | None = None,
    open_launcher: OpenLauncher,
) -> AsyncIterator[Jobs | None]:
    """Run jobs; None where none are run. Raises `PoliciesInvalid`, or `SettingsInvalid` where nothing can run them."""
    if settings.jobs == "off" or database is None:
        yield None
        return
    policies = await asyncio.to_thread(RetrainPolicies.read, settings.retrain_policies)
    events = JobEvents(database)
    runner = Runner(
        queue=JobQueue(database),
        launcher=open_launcher(settings, events),
        policies=policies,
        settings=settings,
        gateway=Identifiers().prediction_id(),
        stable=partial(_stable, catalogue),
        metrics=metrics,
        prepare=partial(asyncio.to_thread, prepare, settings),
    )
    async with _running(runner):
        store = JobStore(database, settings.job_queue)
        questions = Questions(policies, examples, settings.log_hashed_columns)
        pages = JobPages(database)
        jobs = Jobs(store, events, pages, questions, runner, streams(settings), settings, metrics)
        triggers = Triggers(
            policies=policies,
            catalogue=catalogue,
            questions=jobs.questions,
            create=jobs.create,
            history=RetrainHistory(database),
            examples=examples,
            drift=drift,
            interval_s=settings.trigger_interval_s,
        )
        upkeep = JobUpkeep(database, timedelta(days=settings.job_log_days))
        async with _working(triggers), in_background(hourly(upkeep.tidy)):
            yield jobs


def launcher_of(settings: GatewaySettings, events: JobEvents) -> Launcher:
    """What runs jobs, as the settings say, with Trireme's own program. Raises `SettingsInvalid`."""
    if settings.jobs == "kubernetes":
        return kubernetes_launcher(settings)
    return ProcessLauncher(COMMAND, environment(settings), events, settings, needs=PACKAGE)


def environment(settings: GatewaySettings) -> dict[str, str]:
    """A job's variables: the gateway's own, such as its keys, are not among them."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return others | {
        "TRAINING_DATABASE": settings.database.get_secret_value(),
        "TRAINING_EXAMPLES": settings.examples,
        "TRAINING_EXAMPLES_ENDPOINT": settings.examples_endpoint,
        "TRAINING_REPOSITORY": str(settings.repository),
    }


@contextlib.asynccontextmanager
async def _running(runner: Runner) -> AsyncIterator[None]:
    try:
        async with _working(runner):
            yield
    finally:
        await runner.close()


@contextlib.asynccontextmanager
async def _working(worker: Runner | Triggers) -> AsyncIterator[None]:
    async with in_background(worker.run()) as task:
        try:
            yield
        finally:
            worker.stop()
            # Where it is cancelled in the middle of a transaction, SQLite may stay locked for some seconds.
            await asyncio.wait([task], timeout=END_S)


def _stable(catalogue: Callable[[], Catalogue], model: str) -> int | None:
    found = catalogue().models.get(model)
    return None if found is None else found.stable
