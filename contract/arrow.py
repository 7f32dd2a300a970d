"""Whole Arrow columns at once: the numbers of the values that are plainly right, and the places of the others."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.cells import MISSING_TEXTS, NUMBER_PATTERN, Cell, CellRefused, bounds
from contract.columns import Column

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

OTHER = object()
"""Stands for a value of a type that no column takes (a date, bytes, a list): such values are never looked at."""


def encoded(values: pa.Array, column: Column, encode: Cell, *, is_text: bool) -> tuple[Numbers, Places]:
    """The numbers of a column, float64 [rows], perhaps a view; and the places of the values to judge by `encode`."""
    # A decimal is no category, and Arrow can't look up those of 32 and 64 bits.
    if not _is_simple(values.type) or (column.type == "category" and pa.types.is_decimal(values.type)):
        return np.full(len(values), np.nan), np.arange(len(values))
    if column.type == "category" or (column.type == "bool" and is_text):
        return _codes(values, encode)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return _numbers(values, column, encode, is_text=is_text)


def values_at(values: pa.Array, places: Places) -> Sequence[object]:
    """The values at these places as Python's, with `OTHER` for those of a type that no column takes."""
    if not _is_simple(values.type):
        return [OTHER if is_valid else None for is_valid in values.is_valid().take(pa.array(places)).to_pylist()]
    if pa.types.is_dictionary(values.type):
        found, inverse = _used(values.take(pa.array(places)))
        return [found[index] for index in inverse.tolist()]
    return list(values.take(pa.array(places)).to_pylist())


def _used(values: pa.DictionaryArray) -> tuple[Sequence[object], Places]:
    """The values of a dictionary, at most one a row and None, and the place of each row's value there.

    A file's dictionary may be far longer than a batch of it, and its values too long to be spelt out for each row.
    """
    # int64 first: the place of a missing value may not fit the type of the indices.
    places = pc.fill_null(pc.cast(values.indices, pa.int64()), -1).to_numpy(zero_copy_only=False)
    if len(values.dictionary) <= len(values):
        return [None, *values.dictionary.to_pylist()], places + 1
    used, inverse = np.unique(places, return_inverse=True)
    return values.dictionary.take(pa.array(used, mask=used < 0)).to_pylist(), inverse


def _is_simple(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_simple(kind.value_type)
    return _is_number(kind) or _is_text(kind) or pa.types.is_boolean(kind)


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    some: bool = types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind) or types.is_null(kind)
    return some


def _is_text(kind: pa.DataType) -> bool:
    some: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return some


def _codes(values: pa.Array, encode: Cell) -> tuple[Numbers, Places]:
    coded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    used, inverse = _used(coded)
    found = np.array([_try(encode, value) for value in used], np.float64)[inverse]
    return np.where(np.isinf(found), np.nan, found), np.flatnonzero(np.isinf(found))


def _numbers(values: pa.Array, column: Column, encode: Cell, *, is_text: bool) -> tuple[Numbers, Places]:
    if is_text and _is_text(values.type):
        return _rounded(*_digits(values), column, encode)
    is_truth = pa.types.is_boolean(values.type) and column.type == "bool"
    if not (_is_number(values.type) or is_truth):
        return np.full(len(values), np.nan), np.arange(len(values))
    cast = pc.cast(pc.cast(values, pa.uint8()) if is_truth else values, pa.float64(), safe=False)
    return _rounded(cast, None, column, encode)


def _rounded(values: pa.Array, bad: Mask | None, column: Column, encode: Cell) -> tuple[Numbers, Places]:
    """The numbers of float64 values, with the default of what is missing and not `bad`."""
    numbers: Numbers = values.to_numpy(zero_copy_only=False)
    plain = _plain(numbers, column)
    default = _try(encode, None)
    if not np.isinf(default):
        missing = np.isnan(numbers) if bad is None else np.isnan(numbers) & ~bad
        plain |= missing
        numbers = numbers if np.isnan(default) else np.where(missing, default, numbers)
    return numbers, np.flatnonzero(~plain)


def _plain(numbers: Numbers, column: Column) -> Mask:
    low, high = bounds(column)
    plain: Mask = (numbers >= low) & (numbers <= high)
    if column.type == "int":
        plain &= numbers == np.floor(numbers)
    if column.type == "bool":
        plain &= (numbers == 0) | (numbers == 1)
    return plain


def _digits(values: pa.Array) -> tuple[pa.Array, Mask | None]:
    """Texts as float64, NULL where they are missing or no number; and which of them are neither, if any may be."""
    cast = _cast(values)
    if cast is not None:
        return cast, None
    missing = pc.is_in(values, value_set=_missing(values.type))
    null = pa.scalar(None, values.type)
    cast = _cast(pc.if_else(missing, null, values))
    if cast is not None:
        return cast, None
    good = pc.fill_null(pc.match_substring_regex(values, f"^(?:{NUMBER_PATTERN})$"), False)
    bad = pc.and_(pc.invert(pc.or_(good, missing)), values.is_valid())
    return pc.cast(pc.if_else(good, values, null), pa.float64()), bad.to_numpy(zero_copy_only=False)


def _cast(values: pa.Array) -> pa.Array | None:
    try:
        cast = pc.cast(values, pa.float64())
    except pa.ArrowInvalid:
        return None
    # Arrow takes more spellings of NaN than we do.
    return None if pc.any(pc.is_nan(cast)).as_py() else cast


def _try(encode: Cell, value: object) -> float:
    try:
        return encode(value)
    except CellRefused:
        return np.inf  # no code is infinite


@cache
def _missing(kind: pa.DataType) -> pa.Array:
    # Not when this module is imported: pyarrow loads pandas then, where it is installed.
    return pa.array(sorted(MISSING_TEXTS)).cast(kind)
