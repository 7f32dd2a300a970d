"""Raw tables as JSON rows: strictly typed Arrow tables for `contract.sql.runner`, or the problems of their cells."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import pyarrow as pa

from contract.cells import CellRefused, Rule, value_class
from contract.errors import RawTablesInvalid
from contract.sql.features import RawTable, SqlFeatures
from contract.table import CellProblem, Row

INT64 = 2**63
NAME_SHOWN = 128
"""Characters of a table's name that a caller made up."""
ARROW: Mapping[str, pa.DataType] = MappingProxyType(
    {"float": pa.float64(), "int": pa.int64(), "bool": pa.bool_(), "text": pa.string(), "date": pa.date32()}
)
"""The Arrow type of each type of raw column."""


@dataclass(frozen=True)
class RawRows:
    """Arrow tables by their names; a cell with a problem is null in them."""

    tables: Mapping[str, pa.Table]
    problems: Sequence[CellProblem]
    """Columns are named `table.column`, rows count from 0 in each table."""


def read_raw(features: SqlFeatures, tables: Mapping[str, Sequence[Row]]) -> RawRows:
    """Read raw tables, each a list of rows as JSON gives them.

    Numbers are numbers, dates are texts like `2024-12-31`, None (JSON's null) and NaN are missing values. A row may
    lack keys, which is a missing value, but a key that no row of a table has is a column that the table lacks.

    Raises:
        RawTablesInvalid: a table is missing or too many, or one lacks a column.
    """
    check_tables(features, tables)
    problems: list[CellProblem] = []
    return RawRows({table.name: _table(table, tables[table.name], problems) for table in features.tables}, problems)


def check_tables(features: SqlFeatures, tables: Mapping[str, object]) -> None:
    """Raise `RawTablesInvalid` unless exactly the raw tables are there; one without rows is an empty one."""
    wanted = [table.name for table in features.tables]
    if missing := [name for name in wanted if name not in tables]:
        raise RawTablesInvalid(f"The raw table {missing[0]!r} is missing; one without rows is sent empty.")
    if extra := [name for name in tables if name not in wanted]:
        raise RawTablesInvalid(f"There is no raw table {extra[0][:NAME_SHOWN]!r}; there are: {', '.join(wanted)}.")


def _table(table: RawTable, rows: Sequence[Row], problems: list[CellProblem]) -> pa.Table:
    names = {column.name for column in table.columns}
    present = {name for row in rows for name in row}
    if rows and (missing := [column.name for column in table.columns if column.name not in present]):
        raise RawTablesInvalid(f"The raw table {table.name!r} lacks the column {missing[0]!r}.")
    for place, row in enumerate(rows):
        unknown = (name for name in row if name not in names)
        problems += [_problem(place, table, name, row[name], "unknown-column") for name in unknown]
    return pa.table({c.name: _column(table, c.name, c.type, rows, problems) for c in table.columns})


def _column(table: RawTable, name: str, kind: str, rows: Sequence[Row], problems: list[CellProblem]) -> pa.Array:
    convert = CONVERTERS[kind]
    values: list[object] = []
    for place, row in enumerate(rows):
        try:
            values.append(_converted(row.get(name), convert))
        except CellRefused as refused:
            values.append(None)
            problems.append(_problem(place, table, name, row[name], refused.rule))
    return pa.array(values, ARROW[kind])


def _problem(place: int, table: RawTable, name: str, value: object, rule: Rule) -> CellProblem:
    return CellProblem(place, f"{table.name}.{name}", value_class(value), rule)


def _converted(value: object, convert: Callable[[object], object]) -> object:
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if is_missing else convert(value)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellRefused("type")
    try:
        number = float(value)
    except OverflowError:
        raise CellRefused("range") from None
    if math.isinf(number):
        raise CellRefused("infinity")
    return number


def _int(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, float) and math.isinf(value):
        raise CellRefused("infinity")
    if isinstance(value, bool) or not isinstance(value, int):
        raise CellRefused("type")
    if not -INT64 <= value < INT64:
        raise CellRefused("range")
    return value


def _bool(value: object) -> bool:
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return bool(value)
    raise CellRefused("type")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise CellRefused("type")


def _date(value: object) -> date:
    text = _text(value)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellRefused("type") from None


CONVERTERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {"float": _float, "int": _int, "bool": _bool, "text": _text, "date": _date}
)
