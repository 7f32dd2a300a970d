"""Encoded rows with what they are known to be."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from training.tables.dataset import Features, TableSplit, Targets


@dataclass(frozen=True)
class Rows:
    """`features` is float32 [n, columns], `targets` int64 [n]."""

    features: Features
    targets: Targets

    @classmethod
    def of(cls, split: TableSplit) -> "Rows":
        """Those of a split."""
        return cls(split.features, split.targets)

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, places: NDArray[np.int64]) -> "Rows":
        """The rows at these places."""
        return Rows(self.features[places], self.targets[places])

    def folds(self, count: int, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Places of the rows to learn from and of those held out, stratified, `count` times."""
        splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
        yield from splitter.split(self.targets[:, None], self.targets)
