"""Answers to files in each format, as pieces of bytes that go out as they come."""

import io
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from contract.tabular.formats import Format
from gateway.problems import Problem
from gateway.tables.summary import FileSummary

SUMMARY_KEY = "trireme.summary"
ROW_GROUP = 131_072
"""Rows of a Parquet answer's row group."""


class Writer(Protocol):
    """Writes one answer."""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """What goes out once these rows are there; perhaps nothing yet."""
        ...

    def end(self, summary: FileSummary) -> bytes:
        """The rest, with the summary where the format has a place for it."""
        ...

    def failure(self, problem: Problem) -> bytes:
        """What goes out where the answer breaks off; the connection is then broken."""
        ...


class Outbox(io.RawIOBase):
    """A file that hands over what was written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Keep bytes until they are taken."""
        piece = bytes(data)
        self._pieces.append(piece)
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Bytes written since the beginning."""
        return self._length

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken


class CsvWriter:
    """RFC 4180; the summary is a last line that begins with `# `, for those who ask for it."""

    def __init__(self, schema: pa.Schema, *, with_summary: bool) -> None:
        self._out = Outbox()
        self._writer = pa_csv.CSVWriter(self._out, schema, write_options=pa_csv.WriteOptions(quoting_style="needed"))
        self._with_summary = with_summary

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """See `Writer`."""
        self._writer.write_batch(batch)
        return self._out.take()

    def end(self, summary: FileSummary) -> bytes:
        """See `Writer`."""
        self._writer.close()
        return f"# {summary.model_dump_json()}\n".encode() if self._with_summary else b""

    def failure(self, problem: Problem) -> bytes:
        """See `Writer`."""
        return f"# {problem.model_dump_json(exclude_none=True)}\n".encode()


class JsonLinesWriter:
    """One object a row; the last line is `{"summary": …}`."""

    def __init__(self, _schema: pa.Schema, *, with_summary: bool) -> None:
        self._with_summary = with_summary

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """See `Writer`."""
        return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in batch.to_pylist())

    def end(self, summary: FileSummary) -> bytes:
        """See `Writer`."""
        return b'{"summary": %s}\n' % summary.model_dump_json().encode() if self._with_summary else b""

    def failure(self, problem: Problem) -> bytes:
        """See `Writer`."""
        return b'{"problem": %s}\n' % problem.model_dump_json(exclude_none=True).encode()


class ParquetWriter:
    """The summary is in the file's key-value metadata, as `trireme.summary`."""

    def __init__(self, schema: pa.Schema, *, with_summary: bool) -> None:
        self._out = Outbox()
        self._writer = pq.ParquetWriter(self._out, schema, compression="zstd")
        self._with_summary = with_summary
        self._held: list[pa.RecordBatch] = []

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """See `Writer`."""
        self._held.append(batch)
        if sum(one.num_rows for one in self._held) >= ROW_GROUP:
            self._flush()
        return self._out.take()

    def end(self, summary: FileSummary) -> bytes:
        """See `Writer`."""
        self._flush()
        if self._with_summary:
            self._writer.add_key_value_metadata({SUMMARY_KEY: summary.model_dump_json()})
        self._writer.close()
        return self._out.take()

    def failure(self, _problem: Problem) -> bytes:
        """Nothing: without its end, a Parquet file can't be taken for a whole one."""
        return b""

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held), ROW_GROUP)
        self._held = []


class ArrowWriter:
    """The summary is the custom metadata of a last, empty batch, as `trireme.summary`."""

    def __init__(self, schema: pa.Schema, *, with_summary: bool) -> None:
        self._out = Outbox()
        self._schema = schema
        self._writer = pa.ipc.new_stream(self._out, schema)
        self._with_summary = with_summary

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """See `Writer`."""
        self._writer.write_batch(batch)
        return self._out.take()

    def end(self, summary: FileSummary) -> bytes:
        """See `Writer`."""
        if self._with_summary:
            empty = pa.RecordBatch.from_pylist([], schema=self._schema)
            self._writer.write_batch(empty, custom_metadata={SUMMARY_KEY: summary.model_dump_json()})
        self._writer.close()
        return self._out.take()

    def failure(self, _problem: Problem) -> bytes:
        """Nothing: the mark that ends a stream is not there."""
        return b""


WRITERS: Mapping[Format, type[CsvWriter] | type[JsonLinesWriter] | type[ParquetWriter] | type[ArrowWriter]] = (
    MappingProxyType({"csv": CsvWriter, "jsonl": JsonLinesWriter, "parquet": ParquetWriter, "arrow": ArrowWriter})
)
"""By format; each is made from the answer's schema, and `with_summary`."""
