"""Whole Arrow columns at once: the numbers of the values that are plainly right, and the places of the others."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.cells import Cell, CellRefused, bounds
from contract.columns import Column

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


def numbers(values: pa.Array, column: Column, is_text: bool) -> tuple[Numbers, Places]:
    """The numbers of a column that is no category, float64 [rows], and the places of the values to look at singly."""
    cast = _as_numbers(values, column, is_text=is_text)
    if cast is None:
        return np.full(len(values), np.nan), np.arange(len(values))
    low, high = bounds(column)
    plain = (cast >= low) & (cast <= high)
    if column.type == "int":
        plain &= cast == np.floor(cast)
    if column.type == "bool":
        plain &= (cast == 0) | (cast == 1)
    if column.missing == "nan":
        plain |= np.isnan(cast)
    return cast, np.flatnonzero(~plain)


def codes(values: pa.Array, encode: Cell) -> tuple[Numbers, Places]:
    """The codes of a category, float64 [rows], and the places of the values to look at singly."""
    encoded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values, null_encoding="encode")
    table = np.array([*(_try(encode, value) for value in encoded.dictionary.to_pylist()), _try(encode, None)])
    found = table[encoded.indices.fill_null(len(table) - 1).to_numpy(zero_copy_only=False)]
    return np.where(np.isinf(found), np.nan, found), np.flatnonzero(np.isinf(found))


def _try(encode: Cell, value: object) -> float:
    try:
        return encode(value)
    except CellRefused:
        return np.inf  # no code is infinite


def _as_numbers(values: pa.Array, column: Column, *, is_text: bool) -> Numbers | None:
    """None where the values are of a type that has no plain numbers, or not all of them are numbers."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    is_truth = pa.types.is_boolean(kind) and column.type == "bool"
    is_digits = pa.types.is_string(kind) and is_text and column.type != "bool"
    if not (is_number or is_truth or is_digits):
        return None
    try:
        cast = pc.cast(pc.cast(values, pa.uint8()) if is_truth else values, pa.float64(), safe=is_digits)
    except pa.ArrowInvalid:
        return None
    return np.array(cast.to_numpy(zero_copy_only=False), np.float64)
