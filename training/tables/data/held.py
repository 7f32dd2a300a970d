"""A recipe's raw rows in a folder of their own, so that they can be versioned, and read again without their origin."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from training.data.storage import appearing, storage_errors
from training.errors import DataUnknown
from training.tables.data.parquet_file import ParquetFile
from training.tables.data.progress import shown
from training.tables.data.source import Source
from training.tables.errors import RowsInvalid

ROWS = "rows.parquet"
NAME, IS_TEXT = b"trireme.source", b"trireme.is_text"
"""Keys of the file's metadata: what the source was called, and whether numbers stood there as texts."""


class HeldRows(ParquetFile):
    """The rows that `hold_rows` wrote, under the name of their origin."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / ROWS)
        with self._opened() as file:
            metadata = file.schema_arrow.metadata or {}
        self.name = metadata.get(NAME, self.name.encode()).decode()
        self.is_text = metadata.get(IS_TEXT) == b"1"


def hold_rows(source: Source, folder: Path, console: Console) -> int:
    """Write all rows and columns of a source into a new or empty folder, as they are; gives the number of rows.

    Raises:
        RowsInvalid: a row has too few or too many values; nothing is written.
        StorageFailed: the folder isn't empty, or can't be written.
    """
    with storage_errors(folder), appearing(folder) as unfinished:
        return _write(source, unfinished / ROWS, console)


def held_rows(folder: Path) -> HeldRows:
    """The rows in a folder; raises `DataUnknown` where there are none."""
    if not (folder / ROWS).is_file():
        raise DataUnknown(f"The folder {folder} has no {ROWS}; get it with: trireme data fetch RECIPE --out {folder}")
    return HeldRows(folder)


def _write(source: Source, path: Path, console: Console) -> int:
    count, writer = 0, None
    try:
        for batch in shown(source.batches(), f"Reading {source.name}", console):
            if batch.broken:
                row = batch.start + min(batch.broken)
                raise RowsInvalid(f"Row {row + 1:,} of {source.name} has too few or too many values.")
            rows = _named(batch.rows, source)
            writer = writer or pq.ParquetWriter(path, rows.schema, compression="zstd")
            writer.write_batch(rows)
            count += rows.num_rows
    finally:
        if writer is not None:
            writer.close()
    if not count:
        raise RowsInvalid(f"There is no row in {source.name}.")
    return count


def _named(rows: pa.RecordBatch, source: Source) -> pa.RecordBatch:
    return rows.replace_schema_metadata({NAME: source.name.encode(), IS_TEXT: b"1" if source.is_text else b"0"})
