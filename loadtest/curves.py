"""How many users there are over time: curves over [0, 1] of the time, of [0, 1] of the users at the peak."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi
from typing import NamedTuple


class Point(NamedTuple):
    """A corner of a curve."""

    time: float
    users: float


Curve = Sequence[Point]
"""Points in the order of their time, from 0 to 1; straight lines between them, a jump where two share a time."""

DIURNAL_STEPS = 48
NIGHT = 0.1
"""Share of the peak's users that are there at night."""


def users_at(curve: Curve, time: float) -> float:
    """The share of the peak's users at a time; the last point's after the end."""
    for before, after in pairwise(curve):
        if before.time <= time < after.time:
            share = (time - before.time) / (after.time - before.time)
            return before.users + share * (after.users - before.users)
    return curve[-1].users


def _diurnal(days: int) -> Curve:
    times = [step / DIURNAL_STEPS for step in range(DIURNAL_STEPS + 1)]
    return [Point(time, NIGHT + (1 - NIGHT) * (1 - cos(2 * pi * days * time)) / 2) for time in times]


STEADY: Curve = [Point(0, 0.2), Point(0.05, 1), Point(1, 1)]
RAMP: Curve = [Point(0, 0), Point(0.8, 1), Point(1, 1)]
BURST: Curve = [
    Point(0, 0.1), Point(0.3, 0.1), Point(0.3, 1), Point(0.4, 1), Point(0.4, 0.1),
    Point(0.7, 0.1), Point(0.7, 1), Point(0.8, 1), Point(0.8, 0.1), Point(1, 0.1),
]  # fmt: skip
DIURNAL: Curve = _diurnal(days=2)
