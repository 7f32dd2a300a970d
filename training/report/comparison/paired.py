"""Two models' answers to the same pictures: how they differ, and whether by more than chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 95
LEVEL = 0.95

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Paired:
    """Whether the first and the second model are right about each picture, bool [n] each; n is at least 1."""

    first: Mask
    second: Mask

    @property
    def won(self) -> NDArray[np.int64]:
        """Indices of the pictures that only the second model gets right."""
        return np.flatnonzero(~self.first & self.second)

    @property
    def lost(self) -> NDArray[np.int64]:
        """Indices of the pictures that only the first model gets right."""
        return np.flatnonzero(self.first & ~self.second)

    @property
    def difference(self) -> float:
        """By how much the second model's accuracy is higher."""
        return (len(self.won) - len(self.lost)) / len(self.first)

    @property
    def p_value(self) -> float:
        """McNemar's exact two-sided test (1947): how likely so uneven a count is if both are equally good."""
        return mcnemar(len(self.won), len(self.lost))

    def interval(self) -> tuple[float, float]:
        """The bootstrap's 95 % interval of the difference: percentiles over resampled pictures (Efron 1979).

        A resample's difference depends on its counts of won and lost pictures alone, which are multinomial.
        """
        count, won, lost = len(self.first), len(self.won), len(self.lost)
        shares = np.array([won, lost, count - won - lost]) / count
        drawn = np.random.default_rng(SEED).multinomial(count, shares, RESAMPLES)
        low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)


def mcnemar(won: int, lost: int) -> float:
    """The exact two-sided p-value of `won` against `lost` discordant pairs: a fair coin's binomial distribution."""
    count = won + lost
    # Exact whole numbers: as floats they overflow from a thousand pairs on.
    tail = sum(islice(_binomials(count), min(won, lost) + 1))
    return min(1.0, float(2 * tail / 2**count))


def _binomials(count: int) -> Iterator[int]:
    """`count` choose 0, 1, 2 and so on."""
    value = 1
    for chosen in range(count + 1):
        yield value
        value = value * (count - chosen) // (chosen + 1)
