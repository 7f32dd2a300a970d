"""A model's answers to the test examples, stored so that a report or a comparison can be made again."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.report.errors import AnswersInvalid


@dataclass(frozen=True)
class Answers:
    """Of `n` test pictures or rows: the true labels int64 [n] and the model's probabilities float32 [n, labels].

    Row i is about example i of the test split.
    """

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    decided: NDArray[np.int64] | None = None
    """The labels int64 [n] that a decision's threshold gives; None where the most probable label is the answer."""

    def __post_init__(self) -> None:
        rows, labels = self.probabilities.shape
        if len(self.truth) != rows or not ((self.truth >= 0) & (self.truth < labels)).all():
            raise ValueError("the true labels don't fit the probabilities")

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The answered labels int64 [n]: the decided ones, or the most probable ones."""
        return self.decided if self.decided is not None else np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probabilities float32 [n] of the answered labels."""
        return np.take_along_axis(self.probabilities, self.labels[:, None], axis=1)[:, 0]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer is the true label, bool [n]."""
        return np.asarray(self.labels == self.truth)

    def write(self, path: Path) -> None:
        """Write a Parquet table of fixed-size columns: index, truth, probabilities, and what was decided."""
        rows = np.ascontiguousarray(self.probabilities, np.float32)
        columns = {
            "index": pa.array(np.arange(len(self))),
            "truth": pa.array(self.truth),
            "probabilities": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1]),
        }
        if self.decided is not None:
            columns["decided"] = pa.array(self.decided)
        pq.write_table(pa.table(columns), path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "Answers":
        """Read what `write` wrote, in the order of the index; raises `AnswersInvalid` or `OSError`."""
        try:
            table = pq.read_table(path).sort_by("index")
            rows = table["probabilities"].combine_chunks()
            probabilities = np.asarray(rows.flatten().to_numpy(), np.float32).reshape(len(rows), -1)
            decided = np.asarray(table["decided"].to_numpy(), np.int64) if "decided" in table.column_names else None
            return cls(np.asarray(table["truth"].to_numpy(), np.int64), probabilities, decided)
        except (pa.ArrowException, KeyError, ValueError, AttributeError) as error:
            raise AnswersInvalid("The table of test answers is damaged.") from error
