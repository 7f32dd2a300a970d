"""How fast replicas come and go: HorizontalPodAutoscaler's `behavior`, derived from how long a replica takes to start.

Fast up, slow down: a replica too few breaks the promise to callers, one too many costs its price for some minutes.
"""

from dataclasses import dataclass
from math import ceil, sqrt

from loadtest.capacity.hpa import Policy, Rules
from trireme.autoscale.wish import Wish

UP_PERIOD_S = 15
DOWN_PERIOD_S = 60
MIN_DOWN_S, MAX_DOWN_S = 120, 1800
STARTS = 10
"""Times of a replica's start-up that a lower load has to last before a replica goes."""
MIN_TOLERANCE, MAX_TOLERANCE = 0.05, 0.2
SIGMAS = 3


@dataclass(frozen=True)
class Behaviour:
    """Both directions."""

    up: Rules
    down: Rules


def behaviour(wish: Wish, *, max_replicas: int, target_rate: float) -> Behaviour:
    """The behaviour for a replica that takes `target_rate` items a second."""
    tolerance = _tolerance(wish, target_rate)
    step = max(1, ceil((wish.growth - 1) * max_replicas))
    up = (Policy("Percent", 100, UP_PERIOD_S), Policy("Pods", step, UP_PERIOD_S))
    down = (Policy("Percent", 10, DOWN_PERIOD_S), Policy("Pods", 1, DOWN_PERIOD_S))
    calm = min(MAX_DOWN_S, max(MIN_DOWN_S, ceil(STARTS * wish.startup_s)))
    return Behaviour(Rules(up, 0, tolerance=tolerance), Rules(down, calm, tolerance=max(0.1, tolerance)))


def _tolerance(wish: Wish, target_rate: float) -> float:
    """Three standard deviations of what chance does to a count within the window (Poisson)."""
    noise = SIGMAS / sqrt(max(1.0, target_rate * wish.window_s))
    return round(min(MAX_TOLERANCE, max(MIN_TOLERANCE, noise)), 2)
