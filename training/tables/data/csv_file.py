"""CSV files as sources: read by the contract, in bounded memory, all values as texts."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import contract.tabular.csv_file as csv
from contract.errors import TableError
from contract.tabular.table_file import TableLimits, Wanted
from training.data.storage import storage_errors
from training.tables.data.source import BATCH_ROWS, Batch, check_names
from training.tables.errors import TableFileInvalid

MARKS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


class CsvFile:
    """A CSV file (RFC 4180) with a header, in UTF-8 with or without a byte-order mark."""

    is_text = True

    def __init__(self, path: Path, delimiter: str = ",") -> None:
        self._path = path
        self._delimiter = delimiter
        self.name = f"the file {path.name}"

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header's names.

        Raises:
            TableFileInvalid: it is empty, no UTF-8 text, or has another delimiter.
            ColumnsUnfit: a name is missing or repeats.
        """
        with self._opened() as file:
            names = csv.header(file, self._delimiter)
        self._check_delimiter(names)
        check_names(names, f"The file {self._path.name}")
        return names

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows, all values as texts, and the columns in the file's order."""
        wanted, limits = Wanted(columns or self.columns), TableLimits(rows=sys.maxsize)
        with self._opened() as file:
            size = os.fstat(file.fileno()).st_size
            start = 0
            for chunk in csv.CsvFile(file, wanted, limits, self._delimiter).chunks(BATCH_ROWS):
                yield Batch(chunk.batch, start, min(1.0, file.tell() / size), chunk.broken)
                start += len(chunk)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with storage_errors(self._path.parent), self._path.open("rb") as file:
            try:
                yield file
            except TableError as error:
                raise TableFileInvalid(f"The file {self._path.name} can't be read: {error.detail}") from error

    def _check_delimiter(self, names: Sequence[str]) -> None:
        other = csv.other_delimiter(names, self._delimiter)
        if other is not None:
            raise TableFileInvalid(
                f"The file {self._path.name} has one column, named {names[0][:60]!r}: its values seem to be separated "
                f"by {MARKS[other]}, not by {MARKS.get(self._delimiter, repr(self._delimiter))}; "
                "say so with --delimiter, or `delimiter:` in the recipe's origin."
            )
