"""Rows as they are kept: the model's columns as texts, numbers and truth values, whatever file they came in.

Numbers are float64, truth values booleans, categories texts, and what is missing is NULL. Encoding a kept row gives
what encoding the row that was sent gave.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.arrow import values_at
from contract.cells import MISSING_TEXTS, is_missing
from contract.columns import Column
from contract.examples.batch import LABEL, ROW_DIGEST
from contract.inputs import TableInput
from contract.table import Row
from contract.tabular.table_file import Chunk
from gateway.tables.ids import ids_of

TEXT_LENGTH = 256
"""Characters of a category that the model doesn't know which are kept."""
_TRUE = frozenset({"true", "1"})
TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {"float": pa.float64(), "int": pa.float64(), "bool": pa.bool_(), "category": pa.string()}
)


def kept_schema(schema: TableInput) -> pa.Schema:
    """The columns of a batch's rows."""
    fields = [(column.name, TYPES[column.type]) for column in schema.columns]
    ids = [] if schema.id is None else [(schema.id, pa.string())]
    return pa.schema([*fields, *ids, (LABEL, pa.string()), (ROW_DIGEST, pa.binary(16))])


def typed(chunk: Chunk, accepted: NDArray[np.bool_], schema: TableInput) -> pa.RecordBatch:
    """The accepted rows of a chunk, with the model's columns and the id."""
    arrays = _arrays(chunk, accepted, schema)
    names = list(schema.names)
    if schema.id is not None:
        arrays.append(ids_of(chunk, schema.id).filter(pa.array(accepted)).cast(pa.string()))
        names.append(schema.id)
    return pa.RecordBatch.from_arrays(arrays, names)


def _arrays(chunk: Chunk, accepted: NDArray[np.bool_], schema: TableInput) -> list[pa.Array]:
    places = np.flatnonzero(accepted).tolist()
    if chunk.batch is None:
        rows = [chunk.rows[place] for place in places]
        return [_from_json(rows, column) for column in schema.columns]
    batch = chunk.batch.filter(pa.array(accepted))
    return [_from_arrow(_column(batch, column.name), column) for column in schema.columns]


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    place = batch.schema.get_field_index(name)
    return batch.column(place) if place >= 0 else pa.nulls(batch.num_rows)


def _from_json(rows: Sequence[Row], column: Column) -> pa.Array:
    return _one_by_one([row.get(column.name) for row in rows], column)


def _from_arrow(values: pa.Array, column: Column) -> pa.Array:
    if column.type == "category" and _is_text(values.type):
        return _categories(values, column)
    if column.type in {"float", "int"} and pa.types.is_floating(values.type):
        return pc.cast(pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values), pa.float64())
    if column.type in {"float", "int"} and pa.types.is_integer(values.type):
        return pc.cast(values, pa.float64(), safe=False)
    return _one_by_one(values_at(values, np.arange(len(values))), column)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _categories(values: pa.Array, column: Column) -> pa.Array:
    coded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    # Cut before it is spelt out: a dictionary of few long texts may stand for gigabytes.
    texts = pc.cast(pc.utf8_slice_codeunits(coded.dictionary, 0, _longest(column)), pa.string())
    missing = pa.array(sorted(MISSING_TEXTS - set(column.allowed)), pa.string())
    texts = pc.if_else(pc.is_in(texts, value_set=missing), pa.scalar(None, pa.string()), texts)
    return texts.take(coded.indices)


def _longest(column: Column) -> int:
    return max(TEXT_LENGTH, *map(len, column.allowed))


def _one_by_one(values: Sequence[object], column: Column) -> pa.Array:
    kept = [None if is_missing(value, column) else _kept(value, column) for value in values]
    return pa.array(kept, TYPES[column.type])


def _kept(value: object, column: Column) -> object:
    """A value that the encoder has taken."""
    match column.type:
        case "category":
            return value[: _longest(column)] if isinstance(value, str) else str(int(value))  # type: ignore[call-overload]
        case "bool":
            return value.strip(" ").lower() in _TRUE if isinstance(value, str) else bool(value)
        case _:
            return float(value)  # type: ignore[arg-type]
