"""Parquet files, read in bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from training.data.storage import storage_errors
from training.tables.data.source import BATCH_ROWS, Batch, check_names
from training.tables.errors import TableFileInvalid


class ParquetFile:
    """A Parquet file."""

    is_text = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"the file {path.name}"

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names in its schema; raises `TableFileInvalid` or `ColumnsUnfit`."""
        with self._opened() as file:
            names = tuple(file.schema_arrow.names)
        check_names(names, f"The file {self._path.name}")
        return names

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows, as they are typed there."""
        with self._opened() as file:
            total = max(1, file.metadata.num_rows)
            count = 0
            for rows in file.iter_batches(BATCH_ROWS, columns=list(columns or self.columns), use_threads=False):
                start, count = count, count + rows.num_rows
                yield Batch(rows, start, min(1.0, count / total))

    @contextmanager
    def _opened(self) -> Iterator[parquet.ParquetFile]:
        with storage_errors(self._path.parent), self._path.open("rb") as raw:
            try:
                yield parquet.ParquetFile(raw)
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise TableFileInvalid(f"The file {self._path.name} is no Parquet file, or is damaged.") from error
