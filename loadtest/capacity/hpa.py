"""The algorithm of Kubernetes' HorizontalPodAutoscaler, as its documentation and controller have it.

Source: Kubernetes' page *Horizontal Pod Autoscaling* (algorithm details, configurable scaling behavior), and for what
it leaves open `pkg/controller/podautoscaler/horizontal.go` and `replica_calculator.go`.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Literal

EXACT = 1e-9


@dataclass(frozen=True)
class Policy:
    """At most so many pods, or percent of them, in a period."""

    type: Literal["Pods", "Percent"]
    value: int
    period_s: float


@dataclass(frozen=True)
class Rules:
    """One direction of `behavior`."""

    policies: tuple[Policy, ...]
    stabilization_s: float = 0.0
    select: Literal["Max", "Min", "Disabled"] = "Max"
    tolerance: float = 0.1


UP = Rules((Policy("Percent", 100, 15), Policy("Pods", 4, 15)))
DOWN = Rules((Policy("Percent", 100, 15),), stabilization_s=300)
"""What Kubernetes does where nothing is said."""


def is_tolerated(ratio: float, up: Rules, down: Rules) -> bool:
    """Whether a metric is so near its target that nothing is done."""
    return 1 - down.tolerance - EXACT <= ratio <= 1 + up.tolerance + EXACT


def by_total(total: float, target: float, current: int, up: Rules, down: Rules) -> int:
    """Replicas for a total of which each is to have `target`: an External metric with an average value."""
    if current == 0 or is_tolerated(total / (target * current), up, down):
        return current
    return ceil(total / target - EXACT)


def by_pods(
    ready_values: float, *, ready: int, unready: int, target: float, current: int, up: Rules, down: Rules
) -> int:
    """Replicas for a Pods metric, `ready_values` in sum; pods that aren't ready count as zero on the way up."""
    if ready == 0:
        return current
    ratio = ready_values / (ready * target)
    if ratio <= 1 or not unready:
        return current if is_tolerated(ratio, up, down) else ceil(ratio * ready - EXACT)
    counted = ready + unready
    adjusted = ready_values / (counted * target)
    wanted = ceil(adjusted * counted - EXACT)
    return current if adjusted <= 1 or is_tolerated(adjusted, up, down) else max(current, wanted)


@dataclass(frozen=True)
class Change:
    """Replicas that came or went at a time."""

    time: float
    count: int


class Autoscaler:
    """What turns recommendations into numbers of replicas: stabilisation, policies, bounds; keeps their history."""

    def __init__(self, least: int, most: int, up: Rules = UP, down: Rules = DOWN) -> None:
        self.least, self.most = least, most
        self.up, self.down = up, down
        self._recommended: deque[Change] = deque()
        self._added: deque[Change] = deque()
        self._removed: deque[Change] = deque()

    def decide(self, now: float, current: int, recommended: int) -> int:
        """The number of replicas at a time, which must not go back."""
        if not self._recommended:
            self._recommended.append(Change(now, current))
        stable = self._stabilized(now, current, recommended)
        wanted = self._limited(now, current, stable)
        if wanted > current:
            self._added.append(Change(now, wanted - current))
        elif wanted < current:
            self._removed.append(Change(now, current - wanted))
        return wanted

    def _stabilized(self, now: float, current: int, recommended: int) -> int:
        """Up to the least that was recommended in the window up, down to the most in the window down."""
        window = max(self.up.stabilization_s, self.down.stabilization_s)
        while self._recommended and self._recommended[0].time <= now - window:
            self._recommended.popleft()
        lowest = min((one.count for one in self._within(now, self.up.stabilization_s)), default=recommended)
        highest = max((one.count for one in self._within(now, self.down.stabilization_s)), default=recommended)
        self._recommended.append(Change(now, recommended))
        found = max(current, min(lowest, recommended))
        return min(found, max(highest, recommended))

    def _within(self, now: float, seconds: float) -> list[Change]:
        return [one for one in self._recommended if one.time > now - seconds]

    def _limited(self, now: float, current: int, wanted: int) -> int:
        if wanted > current:
            limit = max(current, self._highest(now, current))
            return min(wanted, limit, self.most)
        if wanted < current:
            limit = min(current, self._lowest(now, current))
            return max(wanted, limit, self.least)
        return min(max(current, self.least), self.most)

    def _highest(self, now: float, current: int) -> int:
        if self.up.select == "Disabled":
            return current
        proposals = [
            start + one.value if one.type == "Pods" else ceil(start * (1 + one.value / 100) - EXACT)
            for one in self.up.policies
            for start in [self._at_start(now, current, one)]
        ]
        return max(proposals) if self.up.select == "Max" else min(proposals)

    def _lowest(self, now: float, current: int) -> int:
        if self.down.select == "Disabled":
            return current
        proposals = [
            start - one.value if one.type == "Pods" else int(start * (1 - one.value / 100) + EXACT)
            for one in self.down.policies
            for start in [self._at_start(now, current, one)]
        ]
        return min(proposals) if self.down.select == "Max" else max(proposals)

    def _at_start(self, now: float, current: int, policy: Policy) -> int:
        """Replicas at the beginning of a policy's period."""
        since = now - policy.period_s
        added = sum(one.count for one in self._added if one.time > since)
        removed = sum(one.count for one in self._removed if one.time > since)
        return current - added + removed
