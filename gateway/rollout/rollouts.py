"""Rollouts, as the endpoints use them."""

from dataclasses import dataclass

from gateway.catalogue import Model
from gateway.rollout.actions import Action, By
from gateway.rollout.comparing import CanaryReport, Comparison
from gateway.rollout.documents import Told, VersionsShown, versions_shown
from gateway.rollout.errors import CanaryMissing
from gateway.rollout.events import EventLog
from gateway.rollout.following import TrafficFollower
from gateway.rollout.metrics import RolloutMetrics
from gateway.rollout.origins import Origins
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.shadow import Shadows
from gateway.rollout.store import RolloutStore


@dataclass(frozen=True)
class Rollouts:
    """The parts of a gateway that follows the traffic in the database."""

    store: RolloutStore
    events: EventLog
    follower: TrafficFollower
    metrics: RolloutMetrics
    shadows: Shadows
    comparison: Comparison
    policies: RolloutPolicies
    origins: Origins

    async def versions(self, model: Model) -> VersionsShown:
        """A model's versions, as the database has them now."""
        return versions_shown(model, await self.store.find(model.name), await self._told(model))

    async def apply(self, model: Model, action: Action, by: By, *, revision: int | None) -> VersionsShown:
        """Do an action, and follow it at once in this gateway; raises as `RolloutStore.apply`."""
        traffic, change = await self.store.apply(model.name, action, by, revision=revision)
        self.metrics.transitions.labels(model.name, change.action).inc()
        await self.follower.refresh()
        return versions_shown(model, traffic, await self._told(model))

    async def canary(self, model: Model) -> CanaryReport:
        """A model's canary beside its stable version; raises `CanaryMissing` and `DatabaseUnavailable`."""
        traffic = await self.store.find(model.name)
        if traffic is None:
            raise CanaryMissing(f"Model {model.name!r} has no canary now.")
        decision = model.representative().decision
        positive = None if decision is None else decision.positive
        return await self.comparison.report(traffic, self.policies.of(model.name).judge, positive)

    async def _told(self, model: Model) -> Told:
        events = self.events
        return Told(await events.last(model.name), await events.last_verdicts(model.name), await self.origins.of(model))
