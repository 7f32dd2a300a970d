"""Which Arrow types raw columns may come in, and features may leave the steps in."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.types as kinds

from contract.columns import ColumnType
from contract.errors import RawTablesInvalid, SqlInvalid
from contract.inputs import TableInput
from contract.sql.features import RawTable

Fits = Callable[[pa.DataType], bool]


def _text(kind: pa.DataType) -> bool:
    value = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(value) or kinds.is_large_string(value))


def _whole(kind: pa.DataType) -> bool:
    return bool(kinds.is_integer(kind) or (kinds.is_decimal(kind) and kind.scale == 0))


def _number(kind: pa.DataType) -> bool:
    return bool(kinds.is_floating(kind) or kinds.is_integer(kind) or kinds.is_decimal(kind))


RAW: Mapping[str, Fits] = MappingProxyType(
    {"float": _number, "int": kinds.is_integer, "bool": kinds.is_boolean, "text": _text, "date": kinds.is_date}
)
RESULT: Mapping[ColumnType, Fits] = MappingProxyType(
    {"float": _number, "int": _whole, "bool": kinds.is_boolean, "category": _text}
)


def check_raw(table: RawTable, found: pa.Schema) -> None:
    """Raise `RawTablesInvalid` unless a raw table has its columns in fitting types; others are ignored."""
    for column in table.columns:
        place = found.get_field_index(column.name)
        if place < 0:
            raise RawTablesInvalid(f"The raw table {table.name!r} lacks the column {column.name!r}.")
        kind = found.field(place).type
        if not (RAW[column.type](kind) or kinds.is_null(kind)):
            raise RawTablesInvalid(f"Column {column.name!r} of {table.name!r} is {kind}, and should be {column.type}.")


def check_result(found: pa.Schema, schema: TableInput) -> None:
    """Raise `SqlInvalid` unless the steps give the schema's columns and its id, in types that lose nothing."""
    wanted = {*schema.names, str(schema.id)}
    if missing := sorted(wanted.difference(found.names)):
        raise SqlInvalid(f"The last step doesn't give the column {missing[0]!r}.")
    if extra := [name for name in found.names if name not in wanted]:
        raise SqlInvalid(f"The last step gives {extra[0]!r}, which is no column of the model.")
    for column in schema.columns:
        kind = found.field(column.name).type
        if not RESULT[column.type](kind):
            raise SqlInvalid(f"The last step gives {column.name!r} as {kind}, and it should be {column.type}.")
