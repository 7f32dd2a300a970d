"""Exact Shapley values of a sum of one term a column, such as a logistic regression's log-odds; numpy alone."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Additive:
    """Each column adds its term's distance from its mean over the training rows.

    That is the Shapley value where columns are independent, and what linear SHAP gives (Lundberg and Lee 2017).
    """

    intercept: Floats
    """The mean answer, float64 [1]."""
    slopes: Floats
    """Of numbers, float64 [columns]; 0 for categories."""
    means: Floats
    """Of numbers over the training rows, after preprocessing, float64 [columns]."""
    terms: Floats
    """Of categories, float64 [columns, codes + 1]: a code's term less its mean; the last one stands for NaN."""
    coded: NDArray[np.bool_]
    """Which columns are categories, bool [columns]."""

    @property
    def base(self) -> float:
        """The mean answer."""
        return float(self.intercept[0])

    def contributions(self, row: Floats) -> Floats:
        """What each column of a row float64 [columns] adds to `base`, float64 [columns]."""
        last = self.terms.shape[1] - 1
        codes = np.where(np.isnan(row), last, row).clip(0, last).astype(np.int64)
        return np.where(self.coded, self.terms[np.arange(len(row)), codes], self.slopes * (row - self.means))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `of` takes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> "Additive":
        """From what `arrays` gave; raises `KeyError`."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})
