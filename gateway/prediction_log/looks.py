"""What pictures look like, for drift: of as many as it takes, and not of each one under load.

Requests only say which pictures are to be looked at; that is done where entries are written, many at a time.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from contract.drift.pictures import figures_of, thinned
from gateway.inference import Pixels

SAVED_UP_S = 20.0
"""Seconds whose looks can be saved up, so that a burst after a quiet time is looked at whole."""


class Look:
    """At one picture."""

    __slots__ = ("figures", "pixels")

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = thinned(pixels)
        self.figures: Mapping[str, float] | None = None
        """By name, once `take` was called."""


class PictureLooks:
    """Has `per_s` pictures a second looked at on the average."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._left = self._most = per_s * SAVED_UP_S
        self._last = clock()

    def at(self, pixels: Pixels) -> Look | None:
        """A look at a picture, to be taken; None where enough others are looked at."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._last) * self._per_s)
        self._last = now
        if self._left < 1:
            return None
        self._left -= 1
        return Look(pixels)


def take(looks: Iterable[Look]) -> None:
    """Look at pictures: at all of one size together."""
    alike: defaultdict[tuple[int, ...], list[Look]] = defaultdict(list)
    for look in looks:
        alike[look.pixels.shape].append(look)
    for group in alike.values():
        found = figures_of(np.stack([look.pixels for look in group]))
        for look, figures in zip(group, found, strict=True):
            look.figures = figures._asdict()
