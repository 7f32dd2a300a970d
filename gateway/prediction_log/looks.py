"""What pictures look like, for drift: of as many as it takes, and not of each one under load."""

import time
from collections.abc import Callable, Mapping

from contract.drift.pictures import figures
from gateway.inference import Pixels

SAVED_UP_S = 20.0
"""Seconds whose looks can be saved up, so that a burst after a quiet time is looked at whole."""


class PictureLooks:
    """Looks at `per_s` pictures a second on the average, each of which takes a tenth of a millisecond."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._left = self._most = per_s * SAVED_UP_S
        self._last = clock()

    def at(self, pixels: Pixels) -> Mapping[str, float] | None:
        """The figures of a picture; None where enough others were looked at."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._last) * self._per_s)
        self._last = now
        if self._left < 1:
            return None
        self._left -= 1
        return figures(pixels)._asdict()
