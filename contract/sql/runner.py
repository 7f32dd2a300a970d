"""Running SQL steps over raw tables with DuckDB; the one way in which training, gates and the gateway make features.

The answer for one application must not depend on which others come along, nor on the order of rows. So one thread
computes, and a recipe's steps add up whole numbers (`sum` and `avg` of integers are exact) rather than fractions.
"""

import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contract.columns import ColumnType
from contract.errors import SqlFailed, SqlInvalid, SqlTimeout
from contract.inputs import TableInput
from contract.sql.check import check_steps, first_line
from contract.sql.features import SqlFeatures
from contract.sql.prepared import PreparedQuery, RawTables
from contract.sql.raw import ARROW, check_tables
from contract.sql.sandbox import SqlLimits, sandbox
from contract.sql.types import check_raw, check_result

RESULTS: Mapping[ColumnType, str] = MappingProxyType(
    {"float": "FLOAT", "int": "BIGINT", "bool": "BOOLEAN", "category": "VARCHAR"}
)


class SqlRunner:
    """Turns raw tables into a schema's columns; thread-safe, each thread that runs has a prepared query of its own.

    Raises `SqlInvalid` at construction where the steps are no plain SELECTs over known tables, or don't give exactly
    the schema's columns and id in types that hold them without loss.
    """

    def __init__(self, schema: TableInput, limits: SqlLimits | None = None) -> None:
        if schema.sql is None or schema.id is None:
            raise SqlInvalid("Features by SQL need steps and an id.")
        self.features: SqlFeatures = schema.sql
        self._id = schema.id
        self._limits = limits or SqlLimits()
        self._schemas = {t.name: pa.schema([(c.name, ARROW[c.type]) for c in t.columns]) for t in schema.sql.tables}
        self._database = sandbox(self._limits)
        self._idle: deque[PreparedQuery] = deque()
        # DuckDB's binding complains at exit of connections that are still open.
        self._end = weakref.finalize(self, _close, self._database, self._idle)
        check_steps(self.features, self._database)
        self._check_result(schema)
        self._query = f"{_from_steps(schema.sql, _results(schema))} ORDER BY {_quoted(self._id)}"
        self._idle.append(self._prepared(self._query))

    def run(self, tables: RawTables) -> pa.Table:
        """The features, a row an id and in their order: the id as the steps give it, then the schema's columns.

        Columns are float (float32), int64, bool or string. Tables may have columns beyond those that the steps read;
        a data set of files is read in batches.

        Raises:
            RawTablesInvalid: a table is missing or one too many, lacks a column, or holds another type.
            SqlFailed: the steps fail over these rows, need too much memory, or give an id twice.
            SqlTimeout: they take longer than the limit.
        """
        check_tables(self.features, tables)
        for table in self.features.tables:
            check_raw(table, tables[table.name].schema)
        with _errors(self._limits):
            found = self._run(tables)
        if pc.count_distinct(found[self._id], mode="all").as_py() != len(found):
            raise SqlFailed(f"The features hold one {self._id!r} more than once.")
        return found

    def close(self) -> None:
        """Give up the database; nothing may run any more. It happens by itself when the runner or the process ends."""
        self._end()

    def _run(self, tables: RawTables) -> pa.Table:
        try:
            query = self._idle.pop()
        except IndexError:  # all are busy
            query = self._prepared(self._query)
        try:
            found = query.run(tables, self._limits.timeout_s)
        except BaseException:
            query.close()
            raise
        self._idle.append(query)
        return found

    def _check_result(self, schema: TableInput) -> None:
        """Compute over no rows what the steps give before it is cast."""
        with _errors(self._limits):
            query = self._prepared(_from_steps(self.features, "*"))
            found = query.run(
                {name: kind.empty_table() for name, kind in self._schemas.items()}, self._limits.timeout_s
            )
        query.close()
        check_result(found.schema, schema)

    def _prepared(self, query: str) -> PreparedQuery:
        return PreparedQuery(self._database, self._schemas, query)


def _close(database: duckdb.DuckDBPyConnection, idle: deque[PreparedQuery]) -> None:
    while idle:
        idle.pop().close()
    database.close()


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
    except (duckdb.Error, pa.ArrowInvalid) as error:
        raise SqlFailed("The features can't be computed from these raw tables.") from error


def _from_steps(features: SqlFeatures, selected: str) -> str:
    # The line break ends a comment at a step's end.
    steps = (f"{step.name} AS (\n{step.select.rstrip().removesuffix(';')}\n)" for step in features.steps)
    return f"WITH {', '.join(steps)}\nSELECT {selected} FROM {features.steps[-1].name}"


def _results(schema: TableInput) -> str:
    casts = (f"CAST({_quoted(c.name)} AS {RESULTS[c.type]}) AS {_quoted(c.name)}" for c in schema.columns)
    return ", ".join([_quoted(str(schema.id)), *casts])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
