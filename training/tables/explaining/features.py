"""From a table's columns to the features that an estimator sees, as far as explanations must know it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from contract.explaining.explanation import Preparation
from contract.inputs import TableInput


@dataclass(frozen=True)
class Feature:
    """One feature of an estimator: a column's prepared number or code, or with `code` whether the column has it."""

    column: int
    code: int | None = None
    """A category's code; `Sources.missing` stands for a missing value."""


@dataclass(frozen=True)
class Sources:
    """What an estimator's features are made of, in its own order."""

    schema: TableInput
    features: tuple[Feature, ...]
    preparation: Preparation

    @classmethod
    def plain(cls, schema: TableInput) -> "Sources":
        """Features are the columns as they are, NaN and codes included."""
        count = len(schema.columns)
        nothing = Preparation(*(np.full(count, value, np.float32) for value in (np.nan, 0.0, 1.0)))
        return cls(schema, tuple(Feature(place) for place in range(count)), nothing)

    @cached_property
    def missing(self) -> int:
        """The code that stands for NaN: after all codes and the one for unknown values."""
        return max((len(column.allowed) for column in self.schema.columns), default=0) + 1

    @cached_property
    def coded(self) -> NDArray[np.bool_]:
        """Which columns are categories, bool [columns]."""
        return np.array([column.type == "category" for column in self.schema.columns])
