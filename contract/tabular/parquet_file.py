"""Parquet, a few thousand rows at a time."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from contract.errors import TableEmpty, TableUnreadable
from contract.tabular.table_file import Chunk, TableLimits, Wanted, check_header, check_rows, present

BUFFER = 256 * 1024
"""Bytes of a column that are read at a time."""
THRIFT_STRINGS = 64 * 1024 * 1024
THRIFT_ITEMS = 1_000_000
"""What the footer may announce; a lying one would reserve memory for it."""
SENTENCE = "It is no Parquet file, or a damaged one."
# What Arrow raises on broken input, besides its own; a MemoryError of Arrow's is an ArrowException.
BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError)


class ParquetFile:
    """A `TableFile`; opening it reads the footer."""

    is_text = False

    def __init__(self, file: BinaryIO, wanted: Wanted, limits: TableLimits) -> None:
        schema, self._names = _schema(file)
        check_header(self._names, wanted.names, limits)
        self._included = present(self._names, wanted.names)
        _check_types(schema, self._included)
        # Texts stay in their dictionaries: a page of a few bytes may stand for gigabytes of them.
        self._file = _opened(file, [name for name in self._included if _is_bytes(schema.field(name).type)])
        self._limits = limits
        check_rows(self._file.metadata.num_rows, limits)

    @property
    def columns(self) -> tuple[str, ...]:
        """See `TableFile`."""
        return self._names

    def chunks(self, size: int) -> Iterator[Chunk]:
        """See `TableFile`."""
        seen = 0
        for batch in self._batches(size):
            seen += batch.num_rows
            check_rows(seen, self._limits)
            if batch.num_rows:
                yield Chunk(batch)
        if not seen:
            raise TableEmpty("The table has no rows.")

    def _batches(self, size: int) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._file.iter_batches(size, columns=self._included, use_threads=False):
                batch.validate(full=True)
                yield batch
        except BROKEN:
            raise TableUnreadable(SENTENCE) from None


def _schema(file: BinaryIO) -> tuple[pa.Schema, tuple[str, ...]]:
    try:
        schema = _opened(file, ()).schema_arrow
        return schema, tuple(schema.names)  # damage may be in the names, which are decoded only now
    except BROKEN:
        raise TableUnreadable(SENTENCE) from None


def _opened(file: BinaryIO, dictionaries: Sequence[str]) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(
            pa.PythonFile(file, "r"),
            read_dictionary=list(dictionaries),
            buffer_size=BUFFER,
            pre_buffer=False,
            thrift_string_size_limit=THRIFT_STRINGS,
            thrift_container_size_limit=THRIFT_ITEMS,
        )
    except BROKEN:
        raise TableUnreadable(SENTENCE) from None


def _check_types(schema: pa.Schema, names: Sequence[str]) -> None:
    """Refuse what no column takes and of which a few bytes may stand for gigabytes: one list may be that long."""
    for name in names:
        kind = schema.field(name).type
        while isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind):
            raise TableUnreadable(
                f"Column {name!r} holds lists, records or bytes; send numbers, truth values or texts."
            )


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return any(
        is_one(kind) for is_one in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    )
