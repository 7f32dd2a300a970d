"""Running SQL steps over raw tables with DuckDB; the one way in which training, gates and the gateway make features.

The answer for one application must not depend on which others come along, nor on the order of rows. So one thread
computes, and a recipe's steps add up whole numbers (`sum` and `avg` of integers are exact) rather than fractions.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from contract.columns import ColumnType
from contract.errors import SqlFailed, SqlInvalid, SqlTimeout
from contract.inputs import TableInput
from contract.raw import ARROW, check_tables
from contract.sql import RawTable, SqlFeatures
from contract.sql_check import check_steps, first_line
from contract.sql_sandbox import SqlLimits, sandbox
from contract.sql_types import check_raw, check_result

RawTables = Mapping[str, pa.Table | Dataset]
SQL_TYPES: Mapping[str, str] = {
    "float": "DOUBLE", "int": "BIGINT", "bool": "BOOLEAN", "text": "VARCHAR", "date": "DATE",
}  # fmt: skip
RESULTS: Mapping[ColumnType, str] = {"float": "FLOAT", "int": "BIGINT", "bool": "BOOLEAN", "category": "VARCHAR"}


class SqlRunner:
    """Turns raw tables into a schema's columns; thread-safe.

    Raises `SqlInvalid` at construction where the steps are no plain SELECTs over known tables, or don't give exactly
    the schema's columns and id in types that hold them without loss.
    """

    def __init__(self, schema: TableInput, limits: SqlLimits | None = None) -> None:
        if schema.sql is None or schema.id is None:
            raise SqlInvalid("Features by SQL need steps and an id.")
        self.features: SqlFeatures = schema.sql
        self._id = schema.id
        self._limits = limits or SqlLimits()
        self._database = sandbox(self._limits)
        check_steps(self.features, self._database)
        steps = _with(self.features)
        check_result(self._run(f"{steps}\nSELECT * FROM {self._last}", _empty(self.features)).schema, schema)
        self._query = f"{steps}\nSELECT {_results(schema)} FROM {self._last} ORDER BY {_quoted(self._id)}"

    def run(self, tables: RawTables) -> pa.Table:
        """The features, a row an id and in their order: the id as the steps give it, then the schema's columns.

        Columns are float (float32), int64, bool or string. Tables may have columns beyond those that the steps read.

        Raises:
            RawTablesInvalid: a table is missing or one too many, lacks a column, or holds another type.
            SqlFailed: the steps fail over these rows, need too much memory, or give an id twice.
            SqlTimeout: they take longer than the limit.
        """
        check_tables(self.features, tables)
        for table in self.features.tables:
            check_raw(table, tables[table.name].schema)
        found = self._run(self._query, tables)
        if pc.count_distinct(found[self._id], mode="all").as_py() != len(found):
            raise SqlFailed(f"The features hold one {self._id!r} more than once.")
        return found

    @property
    def _last(self) -> str:
        return self.features.steps[-1].name

    def _run(self, query: str, tables: RawTables) -> pa.Table:
        with self._database.cursor() as cursor, _errors(self._limits), _ended(cursor, self._limits.timeout_s):
            for table in self.features.tables:
                cursor.register(_given(table.name), tables[table.name])
            return cursor.sql(query).to_arrow_table()


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


@contextmanager
def _errors(limits: SqlLimits) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        raise SqlTimeout(f"The features took longer than {limits.timeout_s:g} s.") from error
    except duckdb.OutOfMemoryException as error:
        raise SqlFailed(f"The features need more than {limits.memory_mb} MiB of memory.") from error
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:  # before any row is read
        raise SqlInvalid(f"The steps can't be computed: {first_line(error)}.") from error
    except duckdb.Error as error:
        raise SqlFailed("The features can't be computed from these raw tables.") from error


def _with(features: SqlFeatures) -> str:
    given = [(table.name, _casts(table), _quoted(_given(table.name))) for table in features.tables]
    # All names are quoted or follow a pattern, and the steps were checked.
    tables = (f"{name} AS (SELECT {casts} FROM {source})" for name, casts, source in given)  # noqa: S608
    # The line break ends a comment at a step's end.
    steps = (f"{step.name} AS (\n{step.select.rstrip().removesuffix(';')}\n)" for step in features.steps)
    return "WITH " + ",\n".join([*tables, *steps])


def _casts(table: RawTable) -> str:
    """Training's narrower integers and dictionaries become what JSON rows become, so that the steps compute alike."""
    casts = (f"CAST({_quoted(c.name)} AS {SQL_TYPES[c.type]}) AS {_quoted(c.name)}" for c in table.columns)
    return ", ".join(casts)


def _results(schema: TableInput) -> str:
    casts = (f"CAST({_quoted(c.name)} AS {RESULTS[c.type]}) AS {_quoted(c.name)}" for c in schema.columns)
    return ", ".join([_quoted(str(schema.id)), *casts])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _given(name: str) -> str:
    """The registered name of a raw table; no step can be named so."""
    return f"${name}"


def _empty(features: SqlFeatures) -> RawTables:
    return {t.name: pa.schema([(c.name, ARROW[c.type]) for c in t.columns]).empty_table() for t in features.tables}
