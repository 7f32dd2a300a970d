"""The two tests of a split, for the rows that go left and for those that go right."""

from collections.abc import Iterable

import numpy as np

from training.tables.explaining.features import Sources
from training.tables.explaining.trees import Codes, Range

Ranges = tuple[Range, Range]
Sets = tuple[Codes, Codes]


def by_number(threshold: float, *, missing_left: bool) -> Ranges:
    """Numbers up to the threshold go left."""
    return Range(high=threshold, missing=missing_left), Range(low=threshold, missing=not missing_left)


def by_set(codes: Iterable[int], sources: Sources) -> Sets:
    """These codes go left; all others, missing values among them, go right."""
    members = np.zeros(sources.missing + 1, bool)
    members[[code for code in codes if code < sources.missing]] = True
    return Codes(members), Codes(~members)


def by_code(code: int, threshold: float, sources: Sources) -> Sets:
    """A feature that is 1 where the column has this code, else 0: up to the threshold goes left."""
    is_left = np.full(sources.missing + 1, threshold >= 0)
    is_left[code] = threshold >= 1
    return Codes(is_left), Codes(~is_left)
