"""The app, put together."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fastapi import FastAPI

from contract import __version__
from gateway import docs_ui, problems
from gateway.allowances import allowances
from gateway.body_guard import BodyGuard, Pace
from gateway.connecting import OpenModelServer, open_triton
from gateway.holdings import Holdings, holdings_of
from gateway.http.drain import Drain
from gateway.identity.access import access_table
from gateway.identity.middleware import IdentityGuard
from gateway.jobs.opening import OpenLauncher, launcher_of
from gateway.limits import cors
from gateway.limits.opening import rate_counters
from gateway.limits.policy import RatePolicy
from gateway.limits.rate_limit import RateLimit
from gateway.limits.rates import Counters
from gateway.metrics import Metrics
from gateway.observation import Observation
from gateway.openapi import DocumentedApp
from gateway.opening import open_services
from gateway.rollout.world import World
from gateway.routes import (
    auth,
    autoscaling,
    drift,
    drift_report,
    evaluate,
    examples,
    health,
    keys,
    models,
    open_inference,
    predict,
    predictions,
    releases,
    retrain,
    users,
    validate,
)
from gateway.settings import GatewaySettings
from gateway.start_errors import StartErrors
from gateway.telemetry.choice import tracing_for
from gateway.telemetry.tracing import Tracing

DESCRIPTION = "Predictions from the models of a Trireme repository. Errors are RFC 9457 problem documents."


def create_app(
    settings: GatewaySettings,
    *,
    open_model_server: OpenModelServer | None = None,
    open_launcher: OpenLauncher = launcher_of,
    world: World | None = None,
    holdings: Holdings | None = None,
) -> FastAPI:
    """The gateway as an ASGI app; it connects and reads the repository when it is started, not here.

    `world` is where versions are loaded as the traffic wants them; without it, somebody else sees to that. `holdings`
    is what `open_model_server` asks its replicas with; without it, it is made where the settings want one.
    """
    metrics = Metrics(slo_latency_s=settings.slo_latency_s)
    tracing = tracing_for(settings, metrics)
    holdings = holdings or holdings_of(settings)
    connect = open_model_server or partial(open_triton, tracing=tracing, holdings=holdings)
    counters = rate_counters(settings, metrics)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_services(
            settings, metrics, connect, tracing, open_launcher=open_launcher, world=world, holdings=holdings
        )
        async with opened as services:
            app.state.services = services
            try:
                yield
            finally:
                await counters.close()

    app = DocumentedApp(
        title="Trireme",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect would answer with an address that the caller made up in its Host header.
        redirect_slashes=False,
        # FastAPI's own would send bodies and the texts of errors to whoever the environment names.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    # For the server, which starts before there are services.
    app.state.metrics = metrics
    app.state.drain = Drain()
    _install(app, settings, metrics, tracing, counters)
    return app


def _install(app: FastAPI, settings: GatewaySettings, metrics: Metrics, tracing: Tracing, counters: Counters) -> None:
    # Predictions first: routes are tried in order.
    of_models = models, releases, autoscaling, drift, drift_report, examples, predictions, retrain, evaluate
    resources = (predict, validate, open_inference, *of_models, health, auth, users, keys)
    for resource in resources:
        app.include_router(resource.router)
    docs_ui.install(app)
    problems.install(app)
    # The last one added is the outermost.
    pace = Pace(settings.body_grace_s, settings.min_bytes_per_s)
    app.add_middleware(BodyGuard, allow=allowances(settings, metrics), pace=pace)
    app.add_middleware(RateLimit, policy=RatePolicy(settings), counters=counters)
    app.add_middleware(IdentityGuard, table=access_table(open_metrics=settings.metrics_access == "open"))
    cors.install(app, settings)
    app.add_middleware(Observation, metrics=metrics, tracing=tracing, with_access_log=settings.access_log)
    app.add_middleware(StartErrors)
