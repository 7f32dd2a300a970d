"""How wide an interval must be so that one may look as often as one likes.

Robbins' normal mixture: a confidence sequence covers at all times at once, with at least 1 - alpha (Robbins, Annals of
Mathematical Statistics 41 (1970); Johari, Koomen, Pekelis and Walsh, Operations Research 70 (2022), call it mSPRT;
Waudby-Smith et al., Annals of Statistics 52 (2024), show it for estimated variances). It is asymptotic: `simulate`
shows what it keeps at the counts that matter here.
"""

import math
from statistics import NormalDist


def boundary(samples: float, alpha: float, *, tightest_at: float) -> float:
    """The half-width in standard errors, of both sides, after `samples` independent samples.

    It depends on their number alone, not on what they were. `tightest_at` is the number at which it is nearly
    tightest. Infinite where there are none.
    """
    if samples <= 0:
        return math.inf
    spent = -2 * math.log(alpha)
    # The tuning is that of Waudby-Smith et al.
    information = samples / tightest_at * (spent + math.log(spent) + 1)
    return math.sqrt((1 + 1 / information) * (spent + math.log1p(information)))


def effective(first: int, second: int) -> float:
    """The number that counts for a difference: half the harmonic mean of two groups' sizes, 0 where one is empty."""
    return first * second / (first + second) if first and second else 0.0


def fixed(alpha: float) -> float:
    """The half-width, of both sides, of an interval that is looked at once."""
    return NormalDist().inv_cdf(1 - alpha / 2)
