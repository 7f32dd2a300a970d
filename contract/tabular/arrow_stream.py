"""Arrow IPC streams, mapped into memory: a batch may be as large as the file.

Compressed ones are refused: how far a buffer unpacks can't be limited.
"""

import mmap
import struct
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from contract.errors import TableEmpty, TableUnreadable
from contract.tabular.table_file import Chunk, TableLimits, Wanted, check_header, check_rows, present

SENTENCE = "It is no Arrow IPC stream, or a damaged one."
BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, EOFError)
_DICTIONARY, _RECORDS = 2, 3
"""Kinds of message, in Arrow's Message.fbs."""
_KIND, _HEADER = 1, 2
"""Fields of a message; field 1 of a dictionary batch is its record batch, field 3 of a record batch its compression."""


class ArrowStream:
    """A `TableFile`; opening it reads the schema and looks at each message's head."""

    is_text = False

    def __init__(self, file: BinaryIO, wanted: Wanted, limits: TableLimits) -> None:
        try:
            self._buffer = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            _refuse_compression(self._buffer)
            with pa.ipc.open_stream(self._buffer) as stream:
                self._schema = stream.schema
            self._names = tuple(self._schema.names)  # which need not be UTF-8
        except BROKEN:
            raise TableUnreadable(SENTENCE) from None
        check_header(self._names, wanted.names, limits)
        self._included = [self._schema.get_field_index(name) for name in present(self._names, wanted.names)]
        self._limits = limits

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableFile`."""
        return self._names

    def chunks(self, size: int) -> Iterator[Chunk]:
        """See `TableFile`."""
        seen = 0
        for batch in self._batches():
            seen += batch.num_rows
            check_rows(seen, self._limits)
            for start in range(0, batch.num_rows, size):
                yield Chunk(batch.slice(start, size))
        if not seen:
            raise TableEmpty("The table has no rows.")

    def _batches(self) -> Iterator[pa.RecordBatch]:
        options = pa.ipc.IpcReadOptions(included_fields=self._included, use_threads=False)
        try:
            with pa.ipc.open_stream(self._buffer, options=options) as stream:
                for batch in stream:
                    batch.validate(full=True)
                    yield batch
        except BROKEN:
            raise TableUnreadable(SENTENCE) from None


def _refuse_compression(buffer: pa.Buffer) -> None:
    for message in pa.ipc.MessageReader.open_stream(buffer):
        if _is_compressed(memoryview(message.metadata)):
            raise TableUnreadable("The Arrow stream is compressed; send it uncompressed.")


def _is_compressed(head: memoryview) -> bool:
    """Whether a message's record batch names a compression; reads the few places of the flatbuffer that tell."""
    try:
        message = _follow(head, 0)
        kind = _field(head, message, _KIND)
        if kind is None or head[kind] not in (_DICTIONARY, _RECORDS):
            return False
        records = _table(head, message, _HEADER)
        if head[kind] == _DICTIONARY:
            records = _table(head, records, 1)
        return _field(head, records, 3) is not None
    except (struct.error, IndexError):
        raise TableUnreadable(SENTENCE) from None


def _table(head: memoryview, table: int, number: int) -> int:
    place = _field(head, table, number)
    if place is None:
        raise TableUnreadable(SENTENCE)
    return _follow(head, place)


def _follow(head: memoryview, place: int) -> int:
    return place + int(struct.unpack_from("<I", head, place)[0])


def _field(head: memoryview, table: int, number: int) -> int | None:
    """Where a field of a flatbuffer's table lies; None where it isn't there."""
    fields = table - int(struct.unpack_from("<i", head, table)[0])
    if 4 + 2 * number >= struct.unpack_from("<H", head, fields)[0]:
        return None
    offset = int(struct.unpack_from("<H", head, fields + 4 + 2 * number)[0])
    return table + offset if offset else None
