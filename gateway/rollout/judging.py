"""The judge of running canaries, where a model's policy lets it act."""

import math
import time
from collections.abc import Callable, Mapping

from gateway.judge import verdict as judged
from gateway.rollout.actions import JUDGE
from gateway.rollout.comparing import Comparison
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.traffic import Traffic
from gateway.rollout.verdict import Verdict


class CanaryJudge:
    """Looks at a model's canary at intervals; a `gateway.rollout.verdict.Judge`."""

    def __init__(
        self,
        comparison: Comparison,
        policies: RolloutPolicies,
        *,
        interval_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._comparison = comparison
        self._policies = policies
        self._interval_s = interval_s
        self._clock = clock
        self._looked: dict[str, float] = {}

    async def __call__(self, model: str, traffic: Traffic) -> Verdict | None:
        """What is to be done now; raises `DatabaseUnavailable`."""
        policy, now = self._policies.of(model).judge, self._clock()
        if policy is None or now < self._looked.get(model, -math.inf) + self._interval_s:
            return None
        self._looked[model] = now
        return said(await self._comparison.verdict(traffic, policy))


def said(verdict: judged.Verdict) -> Verdict | None:
    """What the keeper is to do by a judge's verdict; None: wait."""
    if verdict.decision == "wait":
        return None
    return Verdict(verdict.decision, f"{JUDGE}:{verdict.rule}", numbers_of(verdict), verdict.sentence)


def numbers_of(verdict: judged.Verdict) -> Mapping[str, float]:
    """Each criterion's finite numbers, by names such as `errors.estimate`."""
    fields = ("canary", "stable", "estimate", "low", "high", "threshold")
    found = {f"{one.name}.{name}": getattr(one, name) for one in verdict.criteria for name in fields}
    return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}
