"""Which candidate is the best, and which ones are not worse than any other."""

from collections.abc import Sequence

from training.engines.errors import TuningFailed
from training.engines.record import Candidate

TIE = 0.05
"""Two throughputs that are nearer than this are the same."""


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The highest throughput under the busiest load; of those that tie with it, the first, which is the simplest.

    A candidate ties where its median is within `TIE` of the best one's, or where it was faster in at least one round.
    Raises `TuningFailed` where none may be chosen.
    """
    fit = [one for one in candidates if one.reason is None and one.loads]
    if not fit:
        raise TuningFailed("No engine could be served within the limits; the table says why.")
    best = max(fit, key=lambda one: one.busiest.throughput)
    return next(one for one in fit if _ties(one, best))


def _ties(one: Candidate, best: Candidate) -> bool:
    if one.busiest.throughput >= best.busiest.throughput * (1 - TIE):
        return True
    return any(mine > theirs for mine, theirs in zip(one.busiest.rounds, best.busiest.rounds, strict=True))


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """For each point, whether no other one is at least as high in both and higher in one (Pareto)."""
    return [not any(_dominates(other, point) for other in points) for point in points]


def _dominates(other: tuple[float, float], point: tuple[float, float]) -> bool:
    return other != point and other[0] >= point[0] and other[1] >= point[1]
