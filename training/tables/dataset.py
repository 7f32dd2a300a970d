"""The data of a table model: encoded by the contract, split, with the rows as users send them."""

import hashlib
from collections.abc import Iterator
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

    def digest(self, id_column: str | None) -> str:
        """SHA-256 of the shape, the features, the targets and the ids, in hexadecimal."""
        digest = hashlib.sha256(repr(self.features.shape).encode())
        digest.update(np.ascontiguousarray(self.features, "<f4").data)
        digest.update(np.ascontiguousarray(self.targets, "<i8").data)
        if id_column is not None:
            digest.update("\n".join(map(str, self.rows[id_column].to_pylist())).encode())
        return digest.hexdigest()

    def counts(self, labels: tuple[str, ...]) -> dict[str, int]:
        """How many rows each label has."""
        numbers = np.bincount(self.targets, minlength=len(labels))
        return dict(zip(labels, numbers.tolist(), strict=True))


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

    def splits(self) -> Iterator[tuple[str, TableSplit]]:
        """Each split that there is, with its name."""
        named = (("train", self.train), ("validation", self.validation), ("test", self.test))
        yield from ((name, split) for name, split in named if split is not None)

    def digests(self) -> dict[str, str]:
        """The digest of each split."""
        return {name: split.digest(self.schema.id) for name, split in self.splits()}

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows of each label in each split."""
        return {name: split.counts(self.labels) for name, split in self.splits()}
