"""Confidence intervals of proportions, of quantiles, and of their differences and ratios.

`z` is the half-width in standard errors: 1.96 for a single look at 95 %, or a boundary of `sequential` for many looks.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from gateway.judge.evidence import Count

LEAST_MS = 0.001
"""Latencies are told in whole microseconds."""


class Interval(NamedTuple):
    """An estimate and its bounds."""

    estimate: float
    low: float
    high: float


def wilson(count: Count, z: float) -> Interval:
    """A proportion, by the score method (Wilson 1927); from 0 to 1 where nothing was counted."""
    if not count.total:
        return Interval(0.5, 0.0, 1.0)
    n, share = count.total, count.hits / count.total
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # The formula's own bounds at 0 and at n, without its rounding.
    low = 0.0 if count.hits == 0 else max(0.0, centre - half)
    high = 1.0 if count.hits == n else min(1.0, centre + half)
    return Interval(share, low, high)


def newcombe(first: Count, second: Count, z: float) -> Interval:
    """The difference of two independent proportions, first minus second, from -1 to 1.

    The hybrid score interval: method 10 of Newcombe, Statistics in Medicine 17 (1998), 873-890.
    """
    return _difference(wilson(first, z), wilson(second, z))


def quantile(ordered: Sequence[float], part: float, z: float) -> Interval:
    """A quantile of values in ascending order, between two order statistics, whatever the distribution.

    The ranks are those of the binomial's normal approximation (Conover, Practical Nonparametric Statistics, 3.2),
    rounded outwards. 0 and infinity where there are too few values for a bound.
    """
    n = len(ordered)
    if not n:
        return Interval(math.nan, 0.0, math.inf)
    spread = z * math.sqrt(n * part * (1 - part))
    low, high = math.floor(n * part - spread), math.ceil(n * part + spread) + 1
    estimate = ordered[min(n, max(1, math.ceil(n * part))) - 1]
    return Interval(estimate, ordered[low - 1] if low >= 1 else 0.0, ordered[high - 1] if high <= n else math.inf)


def ratio(first: Interval, second: Interval) -> Interval:
    """The ratio of two independent positive quantities, from their intervals.

    The method of variance estimates recovery on the logarithms (Zou and Donner, Statistics in Medicine 27 (2008)).
    """
    return Interval(*(math.exp(value) for value in _difference(_log(first), _log(second))))


def _difference(first: Interval, second: Interval) -> Interval:
    estimate = first.estimate - second.estimate
    low = math.hypot(first.estimate - first.low, second.high - second.estimate)
    high = math.hypot(first.high - first.estimate, second.estimate - second.low)
    return Interval(estimate, estimate - low, estimate + high)


def _log(interval: Interval) -> Interval:
    estimate, low, high = (math.log(max(value, LEAST_MS)) for value in interval)
    # No lower bound was known, rather than one at the least latency.
    return Interval(estimate, low if interval.low else -math.inf, high)
