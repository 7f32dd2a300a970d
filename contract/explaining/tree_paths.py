"""Exact Shapley values of a sum of decision trees, by the paths to their leaves; numpy alone.

A leaf's value counts where all conditions on its path hold. With z the share of training rows that a condition on the
path lets through, and o whether this row meets it, the value of a set of known columns is Σ value · Π o (known) · Π z
(unknown), which is what path-dependent TreeSHAP explains (Lundberg et al., "From local explanations to global
understanding", 2020). The Shapley value of such a game is the integral of its multilinear extension's derivative along
the diagonal (Owen 1972): φᵢ = Σ value · (oᵢ - zᵢ) · ∫₀¹ Π_{j≠i} (t·oⱼ + (1-t)·zⱼ) dt. The integrand is a polynomial,
so Gauss and Legendre's rule with half as many nodes as conditions is exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]

NUMBER = -1
"""In `sets` of a condition: it is one on a number."""


@dataclass(frozen=True)
class TreePaths:
    """Leaves, those with the fewest conditions first, and all conditions in the leaves' order.

    Columns that a path splits several times have one condition on it.
    """

    values: Floats
    """What each leaf adds to the sum, float64 [leaves]."""
    lengths: Ints
    """How many conditions each leaf has, int32 [leaves], ascending."""
    columns: Ints
    """The column of each condition, int32 [conditions], as are the next ones."""
    low: Floats
    """A number must be above this, in float64 ..."""
    high: Floats
    """... and at most this."""
    missing: Mask
    """Whether NaN meets the condition on a number."""
    sets: Ints
    """The row of `members` that holds the codes that meet it, or `NUMBER`."""
    members: Mask
    """bool [sets, codes + 1]: which codes are in a set; the last one stands for NaN."""
    shares: Floats
    """The share of the training rows that the condition let through on its path, above 0."""

    @cached_property
    def base(self) -> float:
        """The mean answer: what the sum is when no column is known."""
        means = [(values * shares.prod(axis=1)).sum() for values, _, shares, _ in self._groups(self.shares)]
        return float(self.values[self.lengths == 0].sum() + sum(means))

    def contributions(self, row: Floats) -> Floats:
        """What each column of a row float64 [columns] adds to `base`, float64 [columns]."""
        found = np.zeros(len(row))
        for values, columns, shares, met in self._groups(self._met(row)):
            terms = _gains(met, shares) * values[:, None]
            found += np.bincount(columns.ravel(), terms.ravel(), len(row))
        return found

    def _met(self, row: Floats) -> Floats:
        """Which conditions the row meets: 0 or 1, float64 [conditions]."""
        given = row[self.columns]
        met = np.where(np.isnan(given), self.missing, (given > self.low) & (given <= self.high))
        met[self._coded] = self.members[self.sets[self._coded], self._codes(given[self._coded])]
        return met.astype(np.float64)

    @cached_property
    def _coded(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.sets != NUMBER)

    def _codes(self, given: Floats) -> NDArray[np.int64]:
        last = self.members.shape[1] - 1
        return np.where(np.isnan(given), last, given).astype(np.int64).clip(0, last)

    @cached_property
    def _spans(self) -> list[tuple[int, slice, slice]]:
        """For each number of conditions but 0: the leaves that have it, and their conditions."""
        ends = np.concatenate([[0], np.cumsum(self.lengths)])
        spans = []
        for length in np.unique(self.lengths[self.lengths > 0]).tolist():
            first, last = (int(np.searchsorted(self.lengths, length, side)) for side in ("left", "right"))
            spans.append((length, slice(first, last), slice(int(ends[first]), int(ends[last]))))
        return spans

    def _groups(self, met: Floats) -> Iterator[tuple[Floats, Ints, Floats, Floats]]:
        """Leaves with equally many conditions, if any: values [n]; columns, shares and `met` as [n, conditions]."""
        for length, leaves, parts in self._spans:
            shape = (-1, length)
            columns, shares = self.columns[parts].reshape(shape), self.shares[parts].reshape(shape)
            yield self.values[leaves], columns, shares, met[parts].reshape(shape)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `of` takes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> "TreePaths":
        """From what `arrays` gave; raises `KeyError`."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def _gains(met: Floats, shares: Floats) -> Floats:
    """(o - z) · ∫₀¹ Π_{j≠i} (t·o + (1-t)·z) dt for each condition i of each leaf, float64 [n, conditions]."""
    nodes, weights = np.polynomial.legendre.leggauss((met.shape[1] + 1) // 2)
    total = np.zeros(met.shape)
    for node, weight in zip(nodes, weights, strict=True):
        time = (node + 1) / 2
        factors = time * met + (1 - time) * shares
        total += weight / 2 * factors.prod(axis=1, keepdims=True) / factors
    return total * (met - shares)
