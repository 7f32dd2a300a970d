"""Tests of two proportions, and how many samples they need."""

import math
from statistics import NormalDist

from gateway.judge.evidence import Count

SMALL = 5
"""Below so many expected in a cell, the normal approximation is not trusted."""
_NORMAL = NormalDist()


def p_value(first: Count, second: Count) -> float:
    """How likely so large a difference is by chance where there is none, of both sides, for a single look.

    By the pooled z-test, or by Fisher's exact test where a cell is expected to be small; 1 where a side is empty.
    """
    hits, total = first.hits + second.hits, first.total + second.total
    if not first.total or not second.total or hits in {0, total}:
        return 1.0
    if min(first.total, second.total) * min(hits, total - hits) / total < SMALL:
        return fisher(first, second)
    share = hits / total
    error = math.sqrt(share * (1 - share) * (1 / first.total + 1 / second.total))
    z = abs(first.hits / first.total - second.hits / second.total) / error
    return math.erfc(z / math.sqrt(2))


def fisher(first: Count, second: Count) -> float:
    """Fisher's exact test, of both sides: all tables that are no more likely than this one."""
    hits = first.hits + second.hits
    least, most = max(0, hits - second.total), min(hits, first.total)
    logs = [_log_ways(first.total, k) + _log_ways(second.total, hits - k) for k in range(least, most + 1)]
    # Equal ones must count as equal, whatever the rounding.
    bound, whole = logs[first.hits - least] + 1e-7, max(logs)
    return min(1.0, sum(math.exp(one - whole) for one in logs if one <= bound) / _sum(logs, whole))


def samples_needed(share: float, difference: float, *, ratio: float = 1.0, alpha: float, power: float) -> int:
    """Samples of the first group that find a `difference` from the second group's `share`, up or down.

    The second group has `ratio` times as many. By the normal approximation (Fleiss, Levin and Paik, Statistical Methods
    for Rates and Proportions, 2003, 4.4, without its continuity correction).
    """
    others = [other for other in (share - difference, share + difference) if 0 <= other <= 1]
    # Where neither is a proportion, only the farthest one can be.
    others = others or [0.0 if share > 0.5 else 1.0]
    return max(
        _samples(other, share, ratio, _NORMAL.inv_cdf(1 - alpha / 2), _NORMAL.inv_cdf(power)) for other in others
    )


def _samples(first: float, second: float, ratio: float, z_alpha: float, z_power: float) -> int:
    mean = (first + ratio * second) / (1 + ratio)
    null = z_alpha * math.sqrt((1 + 1 / ratio) * mean * (1 - mean))
    other = z_power * math.sqrt(first * (1 - first) + second * (1 - second) / ratio)
    return math.ceil(((null + other) / (first - second)) ** 2)


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _sum(logs: list[float], whole: float) -> float:
    return math.fsum(math.exp(one - whole) for one in logs)
