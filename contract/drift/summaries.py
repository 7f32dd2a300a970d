"""One feature's distribution, in few numbers: what a version's folder keeps of its training data."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, model_validator

from contract.base import Document
from contract.drift.distances import Counts

Values = NDArray[Any]
BINS = 10
QUANTILES = 101
TOP = 20
"""Categories that are counted by name."""


class NumericSummary(Document):
    """A number's distribution: bins of about equal counts, and the cumulative shares at some of its quantiles."""

    kind: Literal["numeric"] = "numeric"
    name: str
    missing: NonNegativeInt
    edges: Annotated[tuple[float, ...], Field(max_length=BINS - 1)]
    """The upper bounds, which belong to their bins, of all but the last bin."""
    counts: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1, max_length=BINS)]
    points: Annotated[tuple[float, ...], Field(max_length=QUANTILES)]
    """Quantiles, without repetition, rising."""
    shares: Annotated[tuple[float, ...], Field(max_length=QUANTILES)]
    """Of the values that are there: those at most as large as each point."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.counts) != len(self.edges) + 1 or len(self.points) != len(self.shares):
            raise ValueError("a summary's lists differ in length")
        if any(list(rising) != sorted(set(rising)) for rising in (self.edges, self.points)):
            raise ValueError("a summary's edges or points don't rise")
        return self

    @classmethod
    def of(cls, name: str, values: Values) -> Self:
        """Of numbers [n], NaN where one is missing."""
        there = np.sort(np.asarray(values, np.float64)[~np.isnan(values)])
        edges, points = _edges(there), np.unique(_quantiles(there, QUANTILES))
        return cls(
            name=name,
            missing=len(values) - len(there),
            edges=tuple(edges.tolist()),
            counts=tuple(_binned(there, edges).tolist()),
            points=tuple(points.tolist()),
            shares=tuple(_cumulative(there, points).tolist()),
        )

    @property
    def present(self) -> int:
        """How many values are there."""
        return sum(self.counts)

    @property
    def median(self) -> float | None:
        """The smallest point that half of the values don't exceed; None where there are none."""
        pairs = zip(self.points, self.shares, strict=True)
        return next((point for point, share in pairs if share >= 1 / 2), None)

    @property
    def cells(self) -> Counts:
        """Counts of each bin and of what is missing, int64 [bins + 1]."""
        return np.array([*self.counts, self.missing], np.int64)

    def cells_of(self, values: Values) -> Counts:
        """The same of other values [n]."""
        there = values[~np.isnan(values)]
        return np.append(_binned(there, np.array(self.edges)), len(values) - len(there))

    def largest_gap(self, there: Values) -> float:
        """The Kolmogorov-Smirnov statistic against other values [n], none missing, measured at the points.

        It is exact where the values are few different ones; else at most a hundredth too low.
        """
        if not len(there) or not self.points:
            return 0.0
        shares = _cumulative(np.sort(there), np.array(self.points))
        return float(np.abs(shares - np.array(self.shares)).max())


class Category(Document):
    """One category, and how often it came."""

    code: NonNegativeInt
    """The number that stands for it in encoded rows, or its place among the version's labels."""
    name: str
    count: NonNegativeInt


class CategoricalSummary(Document):
    """A category's distribution: the most frequent ones, and the rest together."""

    kind: Literal["categorical"] = "categorical"
    name: str
    missing: NonNegativeInt
    categories: Annotated[tuple[Category, ...], Field(max_length=TOP)]
    """The most frequent first."""
    other: NonNegativeInt

    @classmethod
    def of(cls, name: str, codes: Values, names: Sequence[str]) -> Self:
        """Of codes [n], whole numbers from 0 or NaN; those beyond `names` count as other."""
        counts, missing = _counted(codes, len(names))
        top = np.argsort(-counts[:-1], kind="stable")[:TOP]
        found = tuple(Category(code=code, name=names[code], count=int(counts[code])) for code in top.tolist())
        other = int(counts.sum()) - sum(one.count for one in found)
        return cls(name=name, missing=missing, categories=found, other=other)

    @property
    def cells(self) -> Counts:
        """Counts of each category, of the rest and of what is missing, int64 [categories + 2]."""
        return np.array([*(one.count for one in self.categories), self.other, self.missing], np.int64)

    def cells_of(self, codes: Values) -> Counts:
        """The same of other codes [n]."""
        known = np.array([one.code for one in self.categories], np.int64)
        counts, missing = _counted(codes, int(known.max(initial=-1)) + 1)
        named = counts[known]
        return np.append(named, [counts.sum() - named.sum(), missing])


Summary = Annotated[NumericSummary | CategoricalSummary, Field(discriminator="kind")]


def _edges(there: Values) -> Values:
    different = np.unique(there)
    if len(different) <= BINS:
        # A bin each, however rare: the quantiles of a number that is mostly the same have nothing below it.
        return different[:-1]
    return np.unique(_quantiles(there, BINS + 1)[1:-1])


def _quantiles(there: Values, count: int) -> Values:
    # Values that are there, not between two of them: then shares at them are exact.
    return np.quantile(there, np.linspace(0, 1, count), method="inverted_cdf") if len(there) else there


def _binned(there: Values, edges: Values) -> Counts:
    return np.bincount(np.searchsorted(edges, there), minlength=len(edges) + 1).astype(np.int64)


def _cumulative(rising: Values, points: Values) -> Values:
    return np.searchsorted(rising, points, side="right") / max(1, len(rising))


def _counted(codes: Values, known: int) -> tuple[Counts, int]:
    """Counts of codes below `known` and of all others, int64 [known + 1], and how many are missing."""
    there = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(np.minimum(there, known), minlength=known + 1).astype(np.int64)
    return counts, len(codes) - len(there)
