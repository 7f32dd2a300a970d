"""The Parquet file of an upload's rows, written piece by piece."""

import contextlib
import hashlib
import os
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.tables.spool import told_if_full

GROUP_CELLS = 2_000_000
"""Cells that are gathered for one group of rows; the file's index grows with the number of groups."""


class RowsFile:
    """Rows on the disk; everything here blocks, and raises `DiskFull`."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        self._schema = schema
        self._writer = pq.ParquetWriter(pa.PythonFile(file, "w"), schema, compression="zstd")
        self._gathered: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._gathered.append(batch)
        self._rows += batch.num_rows
        if self._rows * len(self._schema) >= GROUP_CELLS:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end."""
        self._write()
        with told_if_full():
            self._writer.close()

    def abandon(self) -> None:
        """End the writer, which else would try to when the file is closed already."""
        with contextlib.suppress(Exception):
            self._writer.close()
        self._writer.is_open = False

    def digest(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type] # it reads into buffers

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._file.fileno()).st_size

    def _write(self) -> None:
        if self._gathered:
            with told_if_full():
                self._writer.write_table(pa.Table.from_batches(self._gathered, self._schema))
        self._gathered, self._rows = [], 0
