"""The data of a table model: encoded by the contract, split, with the rows as users send them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.inputs import TableInput

Features = NDArray[np.float32]
Targets = NDArray[np.int64]


@dataclass(frozen=True)
class TableSplit:
    """`features` is float32 [n, columns], `targets` int64 [n], `rows` a table of n rows with the columns and the id."""

    features: Features
    targets: Targets
    rows: pa.Table

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class TableData:
    """A data set for a recipe; `targets` index `labels`."""

    source: str
    """What a card says of where it comes from; generated data say so here."""
    schema: TableInput
    labels: tuple[str, ...]
    train: TableSplit
    test: TableSplit
    validation: TableSplit | None = None
    """What the threshold and the calibration are chosen on; without it, the folds of the training rows."""
