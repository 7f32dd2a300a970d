"""CSV files, read as texts and in bounded memory; what is wrong with one is said in one sentence."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from training.data.storage import storage_errors
from training.tables.data.source import Batch, check_names
from training.tables.errors import TableFileInvalid

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
HEAD_BYTES = 2 * 2**20
"""The header must end within them."""
MAX_RAGGED = 10_000
"""So many ragged rows are no accident any more."""
BLOCK_BYTES = 2 * 2**20
"""The parser reads up to 32 of them ahead; a row must fit into one."""


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
        with storage_errors(self._path.parent), self._path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        names = self._header(_decoded(head, self._path.name))
        self._check_delimiter(names)
        check_names(names, f"The file {self._path.name}")
        return tuple(names)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows, all values as texts."""
        wanted = list(columns or self.columns)
        ragged: list[int] = []
        with storage_errors(self._path.parent), pa.OSFile(str(self._path)) as file:
            size = max(1, file.size())
            count = 0
            try:
                for number, rows in enumerate(self._open(file, wanted, ragged), 1):
                    count += rows.num_rows
                    # A batch is a block; the file's own position is far ahead of it.
                    yield Batch(rows, min(1.0, number * BLOCK_BYTES / size), tuple(ragged))
                yield Batch(_no_rows(wanted), 1.0, tuple(ragged))
            except pa.ArrowInvalid as error:
                raise TableFileInvalid(self._reason(error, count, ragged)) from error

    def _open(self, file: pa.OSFile, wanted: list[str], ragged: list[int]) -> Iterator[pa.RecordBatch]:
        def leave_out(row: arrow_csv.InvalidRow) -> str:
            ragged.append(row.number - 2)  # the header is number 1
            return "skip" if len(ragged) < MAX_RAGGED else "error"

        # One thread: only then does the parser know the numbers of the rows that it leaves out.
        reading = arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES)
        parsing = arrow_csv.ParseOptions(
            delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=leave_out
        )
        converting = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
            check_utf8=True,
        )
        reader = arrow_csv.open_csv(file, reading, parsing, converting)
        yield from reader

    def _header(self, text: str) -> list[str]:
        lines = csv.reader(text.splitlines(keepends=True), delimiter=self._delimiter, strict=True)
        try:
            header = next((line for line in lines if line), None)
        except csv.Error as error:
            raise TableFileInvalid(f"The header of {self._path.name} is no CSV: a quote is out of place.") from error
        if header is None:
            raise TableFileInvalid(f"The file {self._path.name} is empty.")
        return header

    def _check_delimiter(self, names: list[str]) -> None:
        other = next((mark for mark in DELIMITERS if len(names) == 1 and mark in names[0]), None)
        if other is not None:
            raise TableFileInvalid(
                f"The file {self._path.name} has one column, named {names[0][:60]!r}: its values seem to be separated "
                f"by {DELIMITERS[other]}, not by {DELIMITERS.get(self._delimiter, repr(self._delimiter))}; "
                "say so with --delimiter, or `delimiter:` in the recipe's origin."
            )

    def _reason(self, error: pa.ArrowInvalid, count: int, ragged: list[int]) -> str:
        if len(ragged) >= MAX_RAGGED:
            return (
                f"The file {self._path.name} has {MAX_RAGGED:,} rows with too few or too many values, the first of "
                f"them row {ragged[0] + 1:,}."
            )
        if "UTF8" in str(error):
            return f"The file {self._path.name} is not UTF-8 text: row {count + 1:,} or one of the next isn't."
        return (
            f"The file {self._path.name} can't be read beyond row {count:,}: a quote isn't closed, or a row is larger "
            f"than {BLOCK_BYTES // 2**20} MiB."
        )


def _decoded(head: bytes, name: str) -> str:
    if not head.strip():
        raise TableFileInvalid(f"The file {name} is empty.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head:
        raise TableFileInvalid(f"The file {name} is not UTF-8 text; it looks like UTF-16 or a binary file.")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        byte = f"0x{head[error.start]:02X}"
        raise TableFileInvalid(
            f"The file {name} is not UTF-8 text: line {line} holds the byte {byte}. Save it as UTF-8."
        ) from error


def _no_rows(columns: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in columns})
