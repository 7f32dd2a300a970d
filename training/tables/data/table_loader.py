"""`trireme data load`: a file into a table of PostgreSQL or SQLite, all of it or nothing."""

import io
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from psycopg import sql
from pyarrow import csv as arrow_csv
from rich.console import Console
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateTable

from training.tables.data.databases import database_errors
from training.tables.data.kinds import Kind
from training.tables.data.problems import Problems
from training.tables.data.typed import TypedTable
from training.tables.errors import ColumnsUnfit, DatabaseTableExists, RowsInvalid

IfExists = Literal["fail", "append", "replace"]
SQL_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    "int": sa.BigInteger,
    "float": sa.Double,
    "bool": sa.Boolean,
    "date": sa.Date,
    "timestamp": sa.DateTime,
    "text": sa.Text,
}
MAX_NAME_BYTES = 63
MAX_COLUMNS = {"postgresql": 1_600, "sqlite": 2_000}


@dataclass(frozen=True)
class Loaded:
    """What was loaded."""

    table: str
    rows: int
    left_out: int
    """Rows with problems."""


class TableLoader:
    """Loads rows into one table of a database, in one transaction: a process that is killed leaves nothing."""

    def __init__(self, engine: Engine, table: str, rows: TypedTable, console: Console) -> None:
        self._engine = engine
        self._rows = rows
        self._console = console
        self._table = sa.Table(table, sa.MetaData(), *(sa.Column(n, SQL_TYPES[k]()) for n, k in rows.kinds.items()))
        _check_size(engine.dialect.name, table, list(rows.kinds))

    @property
    def statement(self) -> str:
        """The statement that makes the table."""
        return str(CreateTable(self._table).compile(self._engine)).strip()

    def check(self, problems: Problems) -> Loaded:
        """Look at all rows and load none."""
        rows = sum(batch.num_rows for batch in self._rows.batches(problems, "Checking", self._console))
        return Loaded(self._table.name, rows, problems.rows)

    def load(self, problems: Problems, if_exists: IfExists, *, skip_bad: bool) -> Loaded:
        """Load the good rows; all of them must be good without `skip_bad`.

        Raises:
            DatabaseTableExists: with `fail`, where the table exists.
            ColumnsUnfit: with `append`, where the table lacks columns.
            RowsInvalid: rows have problems; nothing is loaded.
            DatabaseFailed: the database refuses; nothing is loaded.
        """
        with database_errors(), self._engine.connect().execution_options(writes=True) as connection:
            with connection.begin():
                self._prepare(connection, if_exists)
                loaded = self._insert(connection, problems)
                if problems and not skip_bad:
                    raise RowsInvalid(f"Nothing is loaded: {len(problems):,} values are wrong ({problems.sentence()}).")
            return loaded

    def _insert(self, connection: sa.Connection, problems: Problems) -> Loaded:
        insert = copy_rows if connection.dialect.name == "postgresql" else insert_rows
        count = 0
        for batch in self._rows.batches(problems, f"Loading {self._table.name}", self._console):
            insert(connection, self._table.name, batch)
            count += batch.num_rows
        return Loaded(self._table.name, count, problems.rows)

    def _prepare(self, connection: sa.Connection, if_exists: IfExists) -> None:
        found = sa.inspect(connection)
        if not found.has_table(self._table.name):
            return self._table.create(connection)
        match if_exists:
            case "fail":
                raise DatabaseTableExists(
                    f"The table {self._table.name} exists already; say --if-exists append or replace."
                )
            case "replace":
                self._table.drop(connection)
                return self._table.create(connection)
            case "append":
                return self._check_columns({column["name"] for column in found.get_columns(self._table.name)})

    def _check_columns(self, there: set[str]) -> None:
        missing = [name for name in self._rows.kinds if name not in there]
        if missing:
            raise ColumnsUnfit(
                f"The table {self._table.name} has no column {missing[0]!r}, so nothing can be appended."
            )


def copy_rows(connection: sa.Connection, table: str, rows: pa.RecordBatch) -> None:
    """Insert rows by PostgreSQL's COPY, as CSV: a null is nothing, an empty text has quotes."""
    buffer = io.BytesIO()
    arrow_csv.write_csv(rows, buffer, arrow_csv.WriteOptions(include_header=False))
    names = sql.SQL(", ").join(map(sql.Identifier, rows.schema.names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), names)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.write(buffer.getvalue())


def insert_rows(connection: sa.Connection, table: str, rows: pa.RecordBatch) -> None:
    """Insert rows one by one, in one statement."""
    if rows.num_rows:
        places = ", ".join("?" * rows.num_columns)
        values = zip(*(_values(column) for column in rows.columns), strict=True)
        quote = connection.dialect.identifier_preparer.quote_identifier
        names = ", ".join(map(quote, rows.schema.names))
        statement = f"INSERT INTO {quote(table)} ({names}) VALUES ({places})"  # noqa: S608  the names are quoted
        connection.exec_driver_sql(statement, list(values))


def _values(column: pa.Array) -> list[object]:
    """A column's values; dates are ISO texts, as SQLite has no type for them."""
    is_time = pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)
    values: list[object] = (column.cast(pa.string()) if is_time else column).to_pylist()
    return values


def _check_size(dialect: str, table: str, columns: list[str]) -> None:
    long = next((name for name in (table, *columns) if len(name.encode()) > MAX_NAME_BYTES), None)
    if long is not None:
        raise ColumnsUnfit(f"The name {long[:40]!r}… is longer than {MAX_NAME_BYTES} bytes, too long for a database.")
    if len(columns) > MAX_COLUMNS[dialect]:
        raise ColumnsUnfit(f"{len(columns):,} columns are too many; the database takes {MAX_COLUMNS[dialect]:,}.")
