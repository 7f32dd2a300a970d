"""CSV (RFC 4180): UTF-8 with or without a byte order mark, a header; used by training and the gateway.

The file is cut at the ends of rows by us and parsed by Arrow: its own streaming reader ends where one number is none,
and can't go on from there with texts.
"""

import codecs
import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from contract.cells import MISSING_TEXTS
from contract.errors import TableEmpty, TableUnreadable
from contract.tabular.table_file import Chunk, TableLimits, Wanted, check_header, check_rows, present

BLOCK = 4 * 1024 * 1024
"""Bytes that are parsed at a time; more leave a processor's cache between one step and the next."""
LONGEST_ROW = 8 * 1024 * 1024
"""Bytes that one row may have."""
DELIMITERS = (",", ";", "\t", "|")
_QUOTE, _NEWLINE = 0x22, 0x0A


class CsvFile:
    """A `TableFile`; opening it reads the header."""

    is_text = True

    def __init__(self, file: BinaryIO, wanted: Wanted, limits: TableLimits, delimiter: str = ",") -> None:
        self._blocks = _blocks(file)
        self._limits = limits
        self._delimiter = delimiter
        self._first, self._names = _split_header(next(self._blocks, b""), delimiter)
        _check_delimiter(self._names, wanted.names, delimiter)
        check_header(self._names, wanted.names, limits)
        included = present(self._names, wanted.names)
        self._is_plain = True
        self._as_texts = dict.fromkeys(included, pa.string())
        self._as_numbers = {name: pa.float64() if name in wanted.numbers else pa.string() for name in included}

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableFile`."""
        return tuple(self._names)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """See `TableFile`."""
        seen = 0
        for block in self._all_blocks():
            table, broken = self._parse(block, seen)
            seen += table.num_rows
            check_rows(seen, self._limits)
            yield from _cut(table, broken, size)
        if not seen:
            raise TableEmpty("The table has a header and no rows.")

    def _all_blocks(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        yield from self._blocks

    def _parse(self, block: bytes, seen: int) -> tuple[pa.Table, list[int]]:
        """Numbers as such where all are plain, which is far faster; from the first other one on as texts."""
        try:
            # Before Arrow looks: it would tell of a row to leave out by its text.
            if not block.isascii():
                block.decode()
        except UnicodeDecodeError as error:
            good = block[: _last_end(block[: error.start])]
            row = seen + (self._parse(good, seen)[0].num_rows if good else 0) + 1
            raise TableUnreadable(f"The file is not UTF-8 in row {row:,}.") from None
        plain = self._parse_plain(block) if self._is_plain else None
        self._is_plain = plain is not None
        try:
            return plain or self._parse_as(self._as_texts, block)
        except pa.ArrowException:
            raise TableUnreadable("The file is no well-formed CSV.") from None

    def _parse_plain(self, block: bytes) -> tuple[pa.Table, list[int]] | None:
        try:
            table, broken = self._parse_as(self._as_numbers, block)
        except pa.ArrowInvalid:
            return None
        floats = (column for column in table.columns if pa.types.is_floating(column.type))
        # Arrow takes more spellings of NaN than we do; a sum is finite only where all its numbers are.
        return (table, broken) if all(math.isfinite(pc.sum(column).as_py() or 0) for column in floats) else None

    def _parse_as(self, types: Mapping[str, pa.DataType], block: bytes) -> tuple[pa.Table, list[int]]:
        broken: list[int] = []

        def leave_out(row: pa_csv.InvalidRow) -> str:
            broken.append(row.number - 1)
            return "skip"

        table = pa_csv.read_csv(
            pa.BufferReader(block),
            # One thread: only then a row has a number.
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=self._names),
            parse_options=pa_csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=leave_out
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(types), column_types=types, check_utf8=False, null_values=sorted(MISSING_TEXTS)
            ),
        )
        return _with_broken(table.combine_chunks(), broken), broken


def header(file: BinaryIO, delimiter: str) -> tuple[str, ...]:
    """The names that a file begins with; raises `TableEmpty` or `TableUnreadable`."""
    return tuple(_split_header(next(_blocks(file), b""), delimiter)[1])


def other_delimiter(names: Sequence[str], delimiter: str) -> str | None:
    """What separates the values instead, where a header seems to be one name only because of that."""
    others = (mark for mark in DELIMITERS if mark != delimiter and mark in names[0])
    return next(others, None) if len(names) == 1 else None


def _split_header(block: bytes, delimiter: str) -> tuple[bytes, list[str]]:
    block = block.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if not block.strip():
        raise TableEmpty("The file is empty.")
    ends = _ends_of_rows(block)
    end = ends[0] if ends else len(block)
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in block[:end]:
        raise TableUnreadable("The file is not UTF-8; it looks like UTF-16, or like no text.")
    try:
        text = block[:end].decode()
    except UnicodeDecodeError:
        raise TableUnreadable("The file is not UTF-8 in its header.") from None
    return block[end:], _names(text, delimiter)


def _names(text: str, delimiter: str) -> list[str]:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise TableUnreadable("The header is no well-formed CSV.") from None
    if len(lines) > 1:
        # What a quote left open holds is no header either.
        is_quoted, old = '"' in text, "Lines end with a carriage return alone; they should end with a newline."
        raise TableUnreadable("The header is no well-formed CSV." if is_quoted else old)
    return lines[0]


def _check_delimiter(names: Sequence[str], wanted: Sequence[str], delimiter: str) -> None:
    found = other_delimiter(names, delimiter)
    if found is not None and names[0] not in wanted:
        by = "commas" if delimiter == "," else repr(delimiter)
        raise TableUnreadable(f"The header is one column with {found!r} in it; columns are separated by {by}.")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whole rows, about `BLOCK` bytes at a time."""
    rest = b""
    while read := file.read(BLOCK):
        block = rest + read
        end = _last_end(block)
        rest = block[end:]
        if len(rest) > LONGEST_ROW:
            raise TableUnreadable(f"A row has more than {LONGEST_ROW:,} bytes; perhaps a quote is left open.")
        if end:
            yield block[:end]
    if rest:
        yield rest


def _last_end(block: bytes) -> int:
    """Behind the last newline that is not between quotes; 0 where there is none."""
    last = block.rfind(b"\n")
    if last < 0 or block.count(b'"', 0, last) % 2 == 0:
        return last + 1
    ends = _ends_of_rows(block)
    return ends[-1] if ends else 0


def _ends_of_rows(block: bytes) -> Sequence[int]:
    """Behind each newline that is not between quotes."""
    data = np.frombuffer(block, np.uint8)
    is_inside = np.logical_xor.accumulate(data == _QUOTE)
    ends: list[int] = (np.flatnonzero((data == _NEWLINE) & ~is_inside) + 1).tolist()
    return ends


def _with_broken(table: pa.Table, broken: Sequence[int]) -> pa.Table:
    """The table with a row of missing values at each of these places."""
    if not broken:
        return table
    is_broken = np.zeros(table.num_rows + len(broken), np.bool_)
    is_broken[list(broken)] = True
    places = np.cumsum(~is_broken) - 1
    return table.take(pa.array(places, mask=is_broken))


def _cut(table: pa.Table, broken: Sequence[int], size: int) -> Iterator[Chunk]:
    start, places = 0, np.array(broken, np.int64)
    # Of one length: a short last one would take almost as long.
    even = math.ceil(table.num_rows / max(1, math.ceil(table.num_rows / size)))
    for batch in table.to_batches(max_chunksize=even or None):
        end = start + batch.num_rows
        first, last = np.searchsorted(places, (start, end))
        yield Chunk(batch, broken=frozenset((places[first:last] - start).tolist()))
        start = end
