"""Tables and queries of a database, read in chunks by SQLAlchemy."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.sql.selectable import FromClause

from training.tables.data.databases import connect, database_errors, database_url
from training.tables.data.source import BATCH_ROWS, Batch, check_names
from training.tables.origins import SqlOrigin


class SqlQuery:
    """The rows of a table, or of one SELECT; nothing is ever written."""

    is_text = True
    """Columns without a type of their own (SQLite), and numbers kept as texts, are read as in CSV."""

    def __init__(self, engine: Engine, rows: FromClause, name: str) -> None:
        self._engine = engine
        self._rows = rows
        self.name = name

    @classmethod
    def of(cls, origin: SqlOrigin) -> "SqlQuery":
        """The rows of a recipe's origin; raises `DatabaseUnnamed`."""
        engine = connect(database_url(f"env:{origin.url_variable}"), must_exist=True)
        if origin.table is not None:
            return cls(engine, sa.table(origin.table), f"the table {origin.table} of a database")
        # As a subquery, only what can be read fits in. SQLAlchemy would take a colon for a parameter's sign.
        query = f"({(origin.query or '').strip().rstrip(';')}\n) AS query".replace(":", "\\:")
        return cls(engine, sa.text(query), "a query of a database")  # type: ignore[arg-type]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the result's columns; raises `DatabaseFailed` or `ColumnsUnfit`."""
        with (
            database_errors(),
            self._reading() as connection,
            closing(connection.execute(self._select(None).limit(0))) as result,
        ):
            names = tuple(result.keys())
        check_names(names, self.name[0].upper() + self.name[1:])
        return names

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows, in the order that the database gives them."""
        with (
            database_errors(),
            self._reading() as connection,
            closing(connection.execute(self._select(columns))) as result,
        ):
            names, start = list(result.keys()), 0
            for chunk in result.partitions(BATCH_ROWS):
                arrays = [_array(list(values)) for values in zip(*chunk, strict=True)]
                yield Batch(pa.RecordBatch.from_arrays(arrays, names), start)
                start += len(chunk)

    def _select(self, columns: Sequence[str] | None) -> sa.Select[*tuple[Any, ...]]:
        wanted: list[Any] = [sa.column(name) for name in columns or ()]
        wanted = wanted or [sa.literal_column("*")]
        return sa.select(*wanted).select_from(self._rows)

    def _reading(self) -> sa.Connection:
        options = {"stream_results": True, "max_row_buffer": BATCH_ROWS, "postgresql_readonly": True}
        return self._engine.connect().execution_options(**options)


def _array(values: list[object]) -> pa.Array:
    values = [float(value) if isinstance(value, Decimal) else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        # Kinds mixed in one column, or a number beyond 64 bits.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
