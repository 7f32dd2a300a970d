"""What the keeper does for one model at one look; each step is written under its lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from contract.names import ModelVersion
from gateway.catalogue import Model
from gateway.errors import ModelServerTimeout, ModelServerUnavailable
from gateway.rollout.actions import SMOKE_TEST, Action, Announce, Begin, By, Fail, Prove, Shadow, Unload
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.smoke import Outcome, SmokeTest
from gateway.rollout.traffic import Traffic
from gateway.rollout.verdict import Judge
from gateway.rollout.warmth import Warmth
from gateway.rollout.world import World

log = logging.getLogger(__name__)

PUBLISHED, POLICY, PLACE = "published", "policy", "place"
"""Rules that events name."""

Apply = Callable[[str, int, Action, By], Awaitable[Traffic]]
"""Does an action on a model whose traffic has this revision; 0 where it has none."""


class ModelKeeper:
    """Announces, proves, starts and judges versions."""

    def __init__(
        self, *, world: World, smoke: SmokeTest, policies: RolloutPolicies, judge: Judge, warmth: Warmth | None = None
    ) -> None:
        self._world = world
        self._smoke = smoke
        self._policies = policies
        self._judge = judge
        self._warmth = warmth
        """None: where there is room, a version that was stable before stays."""
        self._unfit: set[ModelVersion] = set()
        """Versions that failed before their model had a row in which that can be written."""

    def first(self, model: Model) -> int | None:
        """The version to begin a model's traffic with: what is stable now, else the newest that did not fail."""
        fit = [version for version in model.cards if ModelVersion(model.name, version) not in self._unfit]
        return model.stable if model.stable in fit else max(fit, default=None)

    async def keep(self, model: Model, traffic: Traffic | None, apply: Apply) -> None:
        """Do what is due; raises what `apply` raises."""
        if traffic is None:
            await self._begin(model, apply)
            return
        for version in sorted(model.cards):
            if not traffic.knows(version):
                traffic = await apply(model.name, traffic.revision, Announce(version), By(PUBLISHED))
        traffic = await self._cooled(model, traffic, apply)
        traffic = await self._proved(model, traffic, apply)
        traffic = await self._started(model, traffic, apply)
        await self._judged(model, traffic, apply)

    async def _begin(self, model: Model, apply: Apply) -> None:
        version = self.first(model)
        outcome = None if version is None else await self._outcome(model, version)
        if version is None or outcome is None:
            return
        if not outcome.passed:
            self._unfit.add(ModelVersion(model.name, version))
            log.warning("version %s of model %s can't begin its traffic: %s", version, model.name, outcome.note)
            return
        older = tuple(one for one in sorted(model.cards) if one < version)
        previous = max((one for one in older if one in model.served), default=None)
        await apply(model.name, 0, Begin(version, older, previous), _tested(outcome))

    async def _cooled(self, model: Model, traffic: Traffic, apply: Apply) -> Traffic:
        """Give the place of the version before to the next one, after a while."""
        if self._warmth is None or not self._warmth.is_over(traffic) or traffic.previous is None:
            return traffic
        return await apply(model.name, traffic.revision, Unload(traffic.previous), By(PLACE))

    async def _proved(self, model: Model, traffic: Traffic, apply: Apply) -> Traffic:
        """Ask versions that are loaded and not proven yet."""
        for version in sorted(traffic.wanted_in(self._world.places)):
            if not traffic.find(version).proven and version in model.cards:
                outcome = await self._outcome(model, version)
                if outcome is not None:
                    action = Prove(version) if outcome.passed else Fail(version)
                    traffic = await apply(model.name, traffic.revision, action, _tested(outcome))
        return traffic

    async def _outcome(self, model: Model, version: int) -> Outcome | None:
        """How a version does; None where it can't be asked yet."""
        name = ModelVersion(model.name, version)
        # What isn't in the gateway's own catalogue of served versions yet has no batcher and no metrics there.
        if version not in model.served or not await asyncio.to_thread(self._world.is_ready, name):
            return None
        try:
            return await self._smoke.run(model.cards[version])
        except (ModelServerUnavailable, ModelServerTimeout):
            return None

    async def _started(self, model: Model, traffic: Traffic, apply: Apply) -> Traffic:
        """What the model's policy does with a proven candidate; while a canary runs, it waits."""
        candidate = traffic.candidate
        if candidate is None or not candidate.proven or traffic.canary is not None:
            return traffic
        action = self._policies.of(model.name).action(candidate.version)
        if action is None or (traffic.shadow is not None and isinstance(action, Shadow)):
            return traffic
        return await apply(model.name, traffic.revision, action, By(POLICY))

    async def _judged(self, model: Model, traffic: Traffic, apply: Apply) -> None:
        canary = traffic.canary
        verdict = None if canary is None else await self._judge(model.name, traffic)
        if canary is not None and verdict is not None:
            await apply(model.name, traffic.revision, verdict.done_to(canary.version), verdict.by)


def _tested(outcome: Outcome) -> By:
    return By(SMOKE_TEST, outcome.note, outcome.numbers)
