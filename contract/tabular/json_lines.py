"""JSON Lines: one object a line, in UTF-8."""

from collections.abc import Iterator
from typing import BinaryIO

from contract.errors import JsonInvalid, TableEmpty, TableUnreadable
from contract.json_rows import read_json
from contract.table import Row
from contract.tabular.table_file import Chunk, TableLimits, Wanted, check_rows

MAX_LINE = 8 * 1024 * 1024
"""Bytes of a line, and of lines that are read before the first of them is passed on."""


class JsonLinesFile:
    """A `TableFile`; each row has its own columns."""

    is_text = False
    columns = None

    def __init__(self, file: BinaryIO, _wanted: Wanted, limits: TableLimits) -> None:
        self._file = file
        self._limits = limits

    def chunks(self, size: int) -> Iterator[Chunk]:
        """See `TableFile`."""
        seen = 0
        for lines in _groups(_lines(self._file), size):
            rows = [_row(line) for line in lines]
            if not seen and rows[0] is None:
                raise TableUnreadable("The first line is no JSON object.")
            seen += len(rows)
            check_rows(seen, self._limits)
            broken = frozenset(index for index, row in enumerate(rows) if row is None)
            yield Chunk(rows=[row or {} for row in rows], broken=broken)
        if not seen:
            raise TableEmpty("The file has no lines.")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise TableUnreadable(f"A line has more than {MAX_LINE:,} bytes.")
        if line.strip():
            yield line


def _groups(lines: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """At most `size` lines at a time; fewer where they are long."""
    group: list[bytes] = []
    length = 0
    for line in lines:
        group.append(line)
        length += len(line)
        if len(group) == size or length >= MAX_LINE:
            yield group
            group, length = [], 0
    if group:
        yield group


def _row(line: bytes) -> Row | None:
    try:
        row = read_json(line)
    except JsonInvalid:
        return None
    return row if isinstance(row, dict) else None
