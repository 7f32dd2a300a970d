"""One prepared query over sources that can be exchanged: planning many features takes longer than computing one row."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

if TYPE_CHECKING:  # it loads pandas, which takes longer than all else that a gateway's start loads
    from pyarrow.dataset import Dataset

RawTables = Mapping[str, "pa.Table | Dataset"]


class Source:
    """What DuckDB reads a raw table from: each scan is a new stream of whatever table is there then."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self.clear()

    def clear(self) -> None:
        """Hold no rows."""
        self.table: pa.Table | Dataset = self._schema.empty_table()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A stream of the columns in the types that JSON rows become, so that the steps compute alike."""
        if isinstance(self.table, pa.Table):
            table = self.table.select(self._schema.names).cast(self._schema)
            return table.__arrow_c_stream__(requested_schema)
        reader = self.table.scanner(columns=self._schema.names).to_reader()
        return reader.cast(self._schema).__arrow_c_stream__(requested_schema)


class PreparedQuery:
    """A query on a connection of its own; for one thread at a time. `tables` are the raw tables that it reads."""

    def __init__(self, database: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Schema], query: str) -> None:
        self._cursor = database.cursor()
        self._sources = {name: Source(schema) for name, schema in tables.items()}
        for name, source in self._sources.items():
            self._cursor.register(name, source)
        self._cursor.execute(f"PREPARE features AS {query}")

    def run(self, tables: RawTables, timeout_s: float) -> pa.Table:
        """The query's answer over these tables; raises `duckdb.InterruptException` after some seconds."""
        for name, source in self._sources.items():
            source.table = tables[name]
        try:
            with _ended(self._cursor, timeout_s):
                return self._cursor.sql("EXECUTE features").to_arrow_table()
        finally:
            self._forget()

    def close(self) -> None:
        """Give up the connection."""
        self._cursor.close()

    def _forget(self) -> None:
        for source in self._sources.values():
            source.clear()


@contextmanager
def _ended(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what still runs after some seconds."""
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
