"""The rollouts of one gateway, from its start to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial

from gateway.background import in_background
from gateway.database.engine import Database
from gateway.database.migrating import prepare
from gateway.follower import CatalogueFollower
from gateway.identifiers import Identifiers
from gateway.inference import ModelServer
from gateway.rollout.comparing import Comparison
from gateway.rollout.events import EventLog
from gateway.rollout.following import TrafficFollower
from gateway.rollout.holding import Holding
from gateway.rollout.judging import CanaryJudge
from gateway.rollout.keeper import LEASE, Keeper
from gateway.rollout.keeping import ModelKeeper
from gateway.rollout.leases import Leases
from gateway.rollout.metrics import RolloutMetrics
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.rollouts import Rollouts
from gateway.rollout.shadow import Shadows
from gateway.rollout.smoke import SmokeTest
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import Traffic
from gateway.rollout.world import AsServed, World
from gateway.settings import GatewaySettings

END_S = 5.0
"""Seconds for the keeper to end by itself when the gateway stops."""


@contextlib.asynccontextmanager
async def open_rollouts(
    settings: GatewaySettings,
    database: Database | None,
    metrics: RolloutMetrics,
    *,
    catalogue: CatalogueFollower,
    server: ModelServer,
    world: World | None,
) -> AsyncIterator[Rollouts | None]:
    """Follow the traffic of models, and keep it while no other gateway does; None where rollouts are off.

    Raises `PoliciesInvalid`.
    """
    if settings.rollout == "off" or database is None:
        yield None
        return

    def tell(traffic: Mapping[str, Traffic]) -> None:
        catalogue.set_traffic(traffic)
        metrics.set_traffic(traffic)

    leases = Leases(database)
    store = RolloutStore(database, leases)
    following = TrafficFollower(store, tell, interval_s=settings.rollout_interval_s)
    place = world or AsServed(lambda: catalogue.current)
    policies = await asyncio.to_thread(RolloutPolicies.read, settings.rollout_policies)
    events = EventLog(database)
    comparison = Comparison(database, events)
    models = ModelKeeper(
        world=place,
        smoke=SmokeTest(settings.repository, server, timeout_s=settings.rollout_smoke_timeout_s),
        policies=policies,
        judge=CanaryJudge(comparison, policies, interval_s=settings.rollout_judge_interval_s),
    )
    keeper = Keeper(
        holding=Holding(leases, LEASE, Identifiers().prediction_id(), seconds=settings.rollout_lease_s),
        store=store,
        catalogue=lambda: catalogue.current,
        world=place,
        models=models,
        settings=settings,
        metrics=metrics,
        changed=following.refresh,
        prepare=partial(asyncio.to_thread, prepare, settings),
    )
    await following.refresh()
    shadows = Shadows(metrics, max_waiting=settings.shadow_queue)
    async with in_background(following.follow()), _working(keeper), shadows.running():
        yield Rollouts(store, events, following, metrics, shadows, comparison, policies)


@contextlib.asynccontextmanager
async def _working(keeper: Keeper) -> AsyncIterator[None]:
    async with in_background(keeper.run()) as task:
        try:
            yield
        finally:
            keeper.stop()
            # Where it is cancelled in the middle of a transaction, SQLite may stay locked for some seconds.
            await asyncio.wait([task], timeout=END_S)
