"""Probabilities of chance, by `math` alone: how likely a difference is between samples of one and the same thing."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TERMS = 101
"""Of Kolmogorov's series; above `FROM` far fewer are needed."""
FROM = 0.2
"""Below it Kolmogorov's distribution says 1 in double precision."""


def kolmogorov_sf(value: float) -> float:
    """P(K > value) for Kolmogorov's distribution: 2 Σ (-1)^(k-1) exp(-2 k² value²)."""
    if value < FROM:
        return 1.0
    terms = (math.exp(-2 * (term * value) ** 2) * (-1) ** (term - 1) for term in range(1, TERMS))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def ks_p_value(statistic: float, first: int, second: int) -> float:
    """The asymptotic p-value of the two-sample Kolmogorov-Smirnov statistic, for samples of these sizes.

    With Stephens' correction for small samples (Journal of the Royal Statistical Society B 32, 1970). A lower bound of
    the statistic, and values that repeat, make it larger, never smaller. 1 where a sample is empty.
    """
    if not first or not second:
        return 1.0
    root = math.sqrt(first * second / (first + second))
    return kolmogorov_sf((root + 0.12 + 0.11 / root) * statistic)


def chi_squared_sf(value: float, freedom: int) -> float:
    """P(X > value) for the chi-squared distribution; exact, by the finite sums for whole degrees of freedom.

    Abramowitz and Stegun, 26.4.4 and 26.4.5.
    """
    if value <= 0 or freedom < 1:
        return 1.0
    half = value / 2
    start = freedom % 2 / 2
    terms = (math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in _powers(start, freedom))
    tail = math.erfc(math.sqrt(half)) if freedom % 2 else 0.0
    return min(1.0, tail + math.fsum(terms))


def _powers(start: float, freedom: int) -> list[float]:
    return [start + step for step in range(freedom // 2)]


def benjamini_hochberg(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Adjusted p-values, float64 [n], in the order of the given ones.

    Of those that are at most q, the expected share of false findings is at most q (Benjamini and Hochberg, 1995).
    """
    given = np.asarray(p_values, np.float64)
    order = np.argsort(given)
    scaled = given[order] * len(given) / np.arange(1, len(given) + 1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted
