"""Golden examples: inputs as users send them, the tensors they must become, and the trained model's own answers.

Stored as Parquet with fixed-size columns only: an object array would be pickle. Needs pyarrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray


@dataclass(frozen=True)
class GoldenExamples:
    """`n` examples of a model.

    `bodies` are encoded pictures, or rows as JSON objects; `tensors` is uint8 [n, height, width, channels] of pictures,
    float32 [n, columns] of rows; `probabilities` is float32 [n, labels]; `labels` are the true ones.
    """

    bodies: Sequence[bytes]
    tensors: NDArray[Any]
    probabilities: NDArray[np.float32]
    labels: Sequence[str]

    def __post_init__(self) -> None:
        lengths = {len(self.bodies), len(self.tensors), len(self.probabilities), len(self.labels)}
        if len(lengths) != 1:
            raise ValueError("golden columns differ in length")

    def write(self, path: Path) -> None:
        """Write the examples to a Parquet file."""
        pq.write_table(self._table(), path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "GoldenExamples":
        """Read what `write` wrote."""
        table = pq.read_table(path)
        shape = [int(part) for part in table.schema.metadata[b"tensor_shape"].split(b",")]
        return cls(
            bodies=table["body"].to_pylist(),
            tensors=_rows(table["tensor"]).reshape(-1, *shape),
            probabilities=_rows(table["probabilities"]),
            labels=table["label"].to_pylist(),
        )

    def _table(self) -> pa.Table:
        shape = ",".join(str(size) for size in self.tensors.shape[1:])
        columns = {
            "body": pa.array(list(self.bodies), pa.binary()),
            "tensor": _fixed(self.tensors.reshape(len(self.tensors), -1)),
            "probabilities": _fixed(self.probabilities),
            "label": pa.array(list(self.labels), pa.string()),
        }
        return pa.table(columns).replace_schema_metadata({"tensor_shape": shape})


def _fixed(rows: NDArray[np.generic]) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(rows).ravel()), rows.shape[1])


def _rows(column: pa.ChunkedArray) -> NDArray[Any]:
    values = column.combine_chunks()
    return np.asarray(values.flatten().to_numpy()).reshape(len(values), -1)
