"""Draws of whole columns, each a masked NumPy array whose masked places are missing values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Parameter = float | NDArray[Any]
"""One number for all rows, or one a row."""
Values = np.ma.MaskedArray[Any, Any] | NDArray[Any]
Columns = dict[str, Values]
Texts = dict[str, tuple[str, ...]]
"""Text columns hold int codes; here are the texts that they stand for."""


@dataclass(frozen=True)
class Draws:
    """Random columns of `count` rows; `missing` is the share of missing values in a column that may have them."""

    random: np.random.Generator
    count: int
    missing: float = 0.0

    def normal(self) -> Numbers:
        """Standard normal numbers."""
        return self.random.standard_normal(self.count)

    def uniform(self) -> Numbers:
        """Numbers from 0 to 1."""
        return self.random.random(self.count)

    def chance(self, probability: Parameter) -> NDArray[np.bool_]:
        """True with a probability."""
        return self.uniform() < probability

    def pick(self, shares: Sequence[float], lean: Parameter = 0.0) -> NDArray[np.int64]:
        """Codes by their shares, which add up to 1; where `lean` is positive, high codes are likelier."""
        leaning = self.uniform() ** np.exp(-lean)
        codes = np.searchsorted(np.cumsum(shares), leaning, "right")
        return np.minimum(codes, len(shares) - 1).astype(np.int64)

    def between(self, low: int, high: int) -> NDArray[np.int64]:
        """Whole numbers, both ends included."""
        return self.random.integers(low, high, self.count, endpoint=True)

    def poisson(self, mean: Parameter, most: int = 1_000) -> NDArray[np.int64]:
        """Counts of at most `most`."""
        return np.minimum(self.random.poisson(np.broadcast_to(mean, self.count)), most)

    def amount(self, centre: Parameter, spread: Parameter = 0.0, step: int = 10) -> NDArray[np.int64]:
        """Whole amounts around a centre, log-normal with a spread in logarithms, multiples of `step` from `step` on."""
        return rounded(centre * np.exp(self.normal() * spread), step)

    def hide(self, values: NDArray[Any], where: NDArray[np.bool_] | bool = False) -> Values:
        """The values, some of them missing; also missing `where` there is none by nature."""
        return np.ma.MaskedArray(values, self.chance(self.missing) | where)


def rounded(values: NDArray[Any], step: int = 1) -> NDArray[np.int64]:
    """Multiples of `step` from `step` on."""
    return np.maximum(np.rint(values / step), 1).astype(np.int64) * step


def plain(values: Values) -> NDArray[Any]:
    """The values without regard to which are missing."""
    return np.ma.getdata(values)


def known(values: Values, otherwise: float) -> Numbers:
    """The values as float64, with something else where they are missing."""
    return np.where(np.ma.getmaskarray(values), otherwise, plain(values)).astype(np.float64)


def logistic(values: NDArray[Any]) -> Numbers:
    """1 / (1 + e^-x)."""
    odds: Numbers = np.exp(values)
    return odds / (1.0 + odds)


def arrow_table(columns: Columns, texts: Texts) -> pa.Table:
    """The columns as an Arrow table: int64, double, bool and dictionary<string>; masked values are null."""
    return pa.table({name: _arrow(values, texts.get(name)) for name, values in columns.items()})


def _arrow(values: Values, texts: tuple[str, ...] | None) -> pa.Array:
    mask = np.ma.getmaskarray(values) if np.ma.is_masked(values) else None
    bare = plain(values)
    if texts is None:
        return pa.array(bare, mask=mask)
    return pa.DictionaryArray.from_arrays(pa.array(bare.astype(np.int32), mask=mask), pa.array(texts))
