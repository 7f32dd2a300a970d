"""Rows from distributions: a version keeps how its training data were distributed, and Evidently compares rows.

Each column is made by itself, so that its distribution is the reference's; nothing is known of how columns go together.
"""

import numpy as np

from contract.drift.summaries import BINS, QUANTILES, CategoricalSummary, NumericSummary, Values

EVEN = 1 / (QUANTILES - 1)
"""The share between two quantiles of a number without repeated values."""


def rows_of(summary: NumericSummary | CategoricalSummary, count: int) -> Values:
    """So many values of a column, float64 [count], NaN where one is missing; of a category places among its cells."""
    missing = round(count * summary.missing / max(1, int(summary.cells.sum())))
    there = count - missing
    values = _numbers(summary, there) if isinstance(summary, NumericSummary) else _places(summary, there)
    found = np.concatenate([values, np.full(count - len(values), np.nan)])
    # Always the same order, and no column's beside another's.
    chance = np.random.default_rng(list(summary.name.encode(errors="replace")))
    shuffled: Values = chance.permutation(found)
    return shuffled


def cells_of(summary: CategoricalSummary, codes: Values) -> Values:
    """Codes [n] as places among a summary's categories; one place more for all others, NaN where one is missing."""
    known = {category.code: place for place, category in enumerate(summary.categories)}
    rest = float(len(known))
    return np.array([np.nan if np.isnan(code) else known.get(int(code), rest) for code in codes], np.float64)


def _numbers(summary: NumericSummary, count: int) -> Values:
    points, shares = np.array(summary.points), np.array(summary.shares)
    if not len(points) or not count:
        return np.empty(0)
    wanted = (np.arange(count) + 0.5) / count
    place = np.searchsorted(shares, wanted).clip(max=len(points) - 1)
    # Few different values are the values themselves; a quantile that repeats is a value that does.
    if len(points) <= BINS:
        few: Values = points[place]
        return few
    before = place.clip(min=1) - 1
    step = (wanted - shares[before]) / EVEN
    between: Values = points[before] + (points[place] - points[before]) * step.clip(0, 1)
    return np.rint(between) if _is_whole(points) else between


def _places(summary: CategoricalSummary, count: int) -> Values:
    cells = summary.cells[:-1]
    if not cells.sum():
        return np.empty(0)
    wanted = (np.arange(count) + 0.5) / count
    return np.searchsorted(np.cumsum(cells) / cells.sum(), wanted).astype(np.float64)


def _is_whole(points: Values) -> bool:
    return bool((points == np.rint(points)).all())
