"""From encoded rows back to rows as users send them: the numbers, truth values and texts that become these features."""

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.columns import Column
from contract.inputs import TableInput
from training.tables.dataset import Features

Cells = NDArray[Any]


def unknown_value(column: Column) -> str:
    """A text that is none of a category's allowed values."""
    return next(text for number in count() if (text := f"unknown {number}".removesuffix(" 0")) not in column.allowed)


def json_rows(features: Features, schema: TableInput) -> list[dict[str, object]]:
    """Rows as JSON objects have them: float32 [n, columns] → n objects; a missing value is None."""
    columns = [_cells(features[:, place], column).tolist() for place, column in enumerate(schema.columns)]
    return [dict(zip(schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def arrow_table(features: Features, schema: TableInput) -> pa.Table:
    """Rows as Parquet has them: categories as dictionaries, missing values as nulls."""
    columns = {column.name: _array(features[:, place], column) for place, column in enumerate(schema.columns)}
    return pa.table(columns)


def _cells(values: Features, column: Column) -> Cells:
    """Objects [n] of one column."""
    given = np.empty(len(values), object)
    known = ~np.isnan(values)
    given[known] = _decoder(column)(values[known])
    return given


def _decoder(column: Column) -> Callable[[Features], list[object]]:
    match column.type:
        case "category":
            texts = (*column.allowed, unknown_value(column))
            return lambda values: [texts[int(code)] for code in values]
        case "bool":
            return lambda values: [bool(value) for value in values]
        case "int":
            return lambda values: [int(value) for value in _within(values, column)]
        case _:
            # The shortest decimals that are this float32: what a user would have written.
            return lambda values: [float(str(value)) for value in _within(values, column)]


def _within(values: Features, column: Column) -> Cells:
    """Numbers that a range doesn't refuse: rounding to float32 may have moved one beyond its limit."""
    low, high = (limit if limit is not None else np.nan for limit in (column.minimum, column.maximum))
    exact = values.astype(np.float64)
    is_beyond = (exact < low) | (exact > high)
    if not is_beyond.any():
        return values
    within = values.astype(object)
    within[is_beyond] = np.fmin(np.fmax(exact[is_beyond], low), high)
    return within


def _array(values: Features, column: Column) -> pa.Array:
    missing = np.isnan(values)
    if column.type == "category":
        codes = pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing)
        return pa.DictionaryArray.from_arrays(codes, pa.array([*column.allowed, unknown_value(column)]))
    if column.type == "bool":
        return pa.array(values == 1, mask=missing)
    within = _within(values, column)
    numbers = within if within.dtype == np.float32 else within.astype(np.float64)
    return pa.array(numbers, mask=missing)
