"""How far counts are from counts: the population stability index, and the chi-squared statistic."""

import numpy as np
from numpy.typing import NDArray

from contract.drift.significance import chi_squared_sf

Counts = NDArray[np.int64]
SMOOTHING = 0.5
"""Is added to each count, so that the logarithm of an empty cell is finite."""
LEAST_EXPECTED = 5.0
"""Of a cell; those with less are taken together, or the chi-squared distribution would not fit."""


def stability_index(reference: Counts, now: Counts) -> float:
    """The population stability index of counts int64 [cells]: Σ (now - then) · ln(now / then), over the shares.

    Cells that are empty in both count for nothing. 0 where one side has no counts at all.
    """
    used = (reference > 0) | (now > 0)
    if not reference.sum() or not now.sum():
        return 0.0
    then, present = _shares(reference[used]), _shares(now[used])
    return float(np.sum((present - then) * np.log(present / then)))


def chi_squared(reference: Counts, now: Counts) -> tuple[float, float]:
    """The statistic and p-value of the chi-squared test that two rows of counts int64 [cells] are of one kind."""
    table = np.stack([reference, now]).astype(np.float64)
    totals = table.sum(axis=1)
    if not totals.all():
        return 0.0, 1.0
    table = _merged(table, totals.min() / totals.sum())
    expected = totals[:, None] * table.sum(axis=0) / totals.sum()
    if table.shape[1] < 2:
        return 0.0, 1.0
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, chi_squared_sf(statistic, table.shape[1] - 1)


def _shares(counts: Counts) -> NDArray[np.float64]:
    smoothed = counts.astype(np.float64) + SMOOTHING
    shares: NDArray[np.float64] = smoothed / smoothed.sum()
    return shares


def _merged(table: NDArray[np.float64], smaller: float) -> NDArray[np.float64]:
    """The table with its rare cells as one; `smaller` is the smaller sample's share of all."""
    is_rare = table.sum(axis=0) * smaller < LEAST_EXPECTED
    rest = table[:, is_rare].sum(axis=1, keepdims=True)
    common = table[:, ~is_rare]
    if not rest.any():
        return common
    if rest.sum() * smaller >= LEAST_EXPECTED or not common.shape[1]:
        return np.concatenate([common, rest], axis=1)
    # Too rare even together: they join the smallest of the others.
    common[:, common.sum(axis=0).argmin()] += rest[:, 0]
    return common
