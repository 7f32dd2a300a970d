"""How long the version that was stable before keeps its place, where places are few."""

import time
from collections.abc import Callable

from gateway.rollout.traffic import Traffic


class Warmth:
    """Counts from when it first saw a way back; another keeper counts anew, so that it is never cut short."""

    def __init__(self, warm_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._warm_s = warm_s
        self._clock = clock
        self._since: dict[str, tuple[int, int, float]] = {}

    def is_over(self, traffic: Traffic) -> bool:
        """Whether the version before has been kept for long enough."""
        if traffic.previous is None:
            self._since.pop(traffic.model, None)
            return False
        stable, previous, since = self._since.get(traffic.model, (0, 0, 0.0))
        if (stable, previous) != (traffic.stable.version, traffic.previous):
            since = self._clock()
            self._since[traffic.model] = (traffic.stable.version, traffic.previous, since)
        return self._clock() - since >= self._warm_s
