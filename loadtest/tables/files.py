"""Files of as many rows as wanted, from a Parquet file with some."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

BATCH = 8192

MEDIA_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
"""By a file's ending."""


def make_file(source: Path, target: Path, rows: int, id_column: str | None) -> Path:
    """Write a file of `rows` rows, CSV or Parquet by its ending: those of `source` again and again, in bounded memory.

    Each row has an id of its own. Raises `LookupError` where the source has no rows.
    """
    if not pq.read_metadata(source).num_rows:
        raise LookupError(f"{source} has no rows.")
    schema = pq.read_schema(source)
    writer = pc.CSVWriter if target.suffix == ".csv" else _ParquetWriter
    with writer(target, schema) as sink:
        for batch in _cycle(source, rows, id_column):
            sink.write_batch(batch.cast(schema))
    return target


class _ParquetWriter(pq.ParquetWriter):  # type: ignore[misc] # pyarrow has no types
    def __init__(self, target: Path, schema: pa.Schema) -> None:
        super().__init__(target, schema, compression="zstd")


def first_row(source: Path) -> dict[str, Any]:
    """The first row, as JSON takes it; missing values are left out."""
    batch = next(pq.ParquetFile(source).iter_batches(1))
    (row,) = batch.to_pylist()
    return {name: value for name, value in row.items() if value is not None and value == value}  # noqa: PLR0124 - not NaN


def _cycle(source: Path, rows: int, id_column: str | None) -> Iterator[pa.RecordBatch]:
    written = 0
    for _ in count():
        for batch in pq.ParquetFile(source).iter_batches(BATCH):
            part = batch.slice(0, rows - written)
            yield _with_own_ids(part, written, id_column)
            written += part.num_rows
            if written >= rows:
                return


def _with_own_ids(batch: pa.RecordBatch, first: int, id_column: str | None) -> pa.RecordBatch:
    place = batch.schema.get_field_index(id_column) if id_column else -1
    if place < 0:
        return batch
    ids = pa.array(range(first, first + batch.num_rows)).cast(batch.schema.field(place).type)
    return batch.set_column(place, batch.schema.field(place), ids)
