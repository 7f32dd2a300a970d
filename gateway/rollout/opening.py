"""The rollouts of one gateway, from its start to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial

from gateway.background import in_background
from gateway.database.engine import Database
from gateway.database.migrating import prepare
from gateway.follower import CatalogueFollower
from gateway.holdings import Holdings
from gateway.identifiers import Identifiers
from gateway.inference import ModelServer
from gateway.rollout.comparing import Comparison
from gateway.rollout.events import EventLog
from gateway.rollout.following import Tell, TrafficFollower
from gateway.rollout.holding import Holding
from gateway.rollout.judging import CanaryJudge
from gateway.rollout.keeper import LEASE, Keeper
from gateway.rollout.keeping import ModelKeeper
from gateway.rollout.leases import Leases
from gateway.rollout.metrics import RolloutMetrics
from gateway.rollout.origins import Origins
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.rollouts import Rollouts
from gateway.rollout.shadow import Shadows
from gateway.rollout.slots.opening import slots_of
from gateway.rollout.smoke import SmokeTest
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import Traffic
from gateway.rollout.warmth import Warmth
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
    holdings: Holdings | None = None,
) -> AsyncIterator[Rollouts | None]:
    """Follow the traffic of models, and keep it while no other gateway does; None where rollouts are off.

    With `holdings`, versions are loaded in the slots that the settings name. Raises `PoliciesInvalid` and
    `SettingsInvalid`.
    """
    if settings.rollout == "off" or database is None:
        yield None
        return

    tell = _teller(catalogue, metrics, holdings)
    async with _world(settings, world or AsServed(lambda: catalogue.current), holdings) as place:
        leases = Leases(database)
        store = RolloutStore(database, leases, places=place.places)
        following = TrafficFollower(store, tell, interval_s=settings.rollout_interval_s)
        policies = await asyncio.to_thread(RolloutPolicies.read, settings.rollout_policies)
        events = EventLog(database)
        comparison = Comparison(database, events)
        keeper = Keeper(
            holding=Holding(leases, LEASE, Identifiers().prediction_id(), seconds=settings.rollout_lease_s),
            store=store,
            catalogue=lambda: catalogue.current,
            world=place,
            models=_models(settings, place, server, policies, comparison),
            settings=settings,
            metrics=metrics,
            changed=following.refresh,
            prepare=partial(asyncio.to_thread, prepare, settings),
        )
        await following.refresh()
        shadows = Shadows(metrics, max_waiting=settings.shadow_queue)
        async with in_background(following.follow()), _working(keeper), shadows.running():
            yield Rollouts(store, events, following, metrics, shadows, comparison, policies, Origins(database))


def _teller(catalogue: CatalogueFollower, metrics: RolloutMetrics, holdings: Holdings | None) -> Tell:
    def tell(traffic: Mapping[str, Traffic]) -> None:
        if holdings is not None:
            holdings.set_traffic(traffic)
        catalogue.set_traffic(traffic)
        metrics.set_traffic(traffic)

    return tell


@contextlib.asynccontextmanager
async def _world(settings: GatewaySettings, otherwise: World, holdings: Holdings | None) -> AsyncIterator[World]:
    slots = None if holdings is None else slots_of(settings, holdings)
    try:
        yield slots or otherwise
    finally:
        if slots is not None:
            await asyncio.to_thread(slots.close)


def _models(
    settings: GatewaySettings, place: World, server: ModelServer, policies: RolloutPolicies, comparison: Comparison
) -> ModelKeeper:
    return ModelKeeper(
        world=place,
        smoke=SmokeTest(settings.repository, server, timeout_s=settings.rollout_smoke_timeout_s),
        policies=policies,
        judge=CanaryJudge(comparison, policies, interval_s=settings.rollout_judge_interval_s),
        warmth=None if place.places is None else Warmth(settings.rollout_warm_s),
    )


@contextlib.asynccontextmanager
async def _working(keeper: Keeper) -> AsyncIterator[None]:
    async with in_background(keeper.run()) as task:
        try:
            yield
        finally:
            keeper.stop()
            # Where it is cancelled in the middle of a transaction, SQLite may stay locked for some seconds.
            await asyncio.wait([task], timeout=END_S)
