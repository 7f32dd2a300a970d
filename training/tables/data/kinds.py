"""Kinds of values that a table may hold, and Arrow columns of them; what is doubtful is judged by `contract.cells`."""

import math
from collections.abc import Callable, Collection
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.cells import MISSING_TEXTS, CellRefused, cell
from contract.columns import Column, ColumnType

Kind = Literal["int", "float", "bool", "date", "timestamp", "text", "other"]
Bad = NDArray[np.bool_]

TYPES: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}
DIGITS = r"^-?[0-9]{1,18}$"
DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
POSSIBLE: dict[Kind, str] = {"int": r"^ *[+-]?[0-9.]", "float": r"^ *[+-]?[0-9.]", "bool": r"^ *(true|false|[01]) *$"}
"""What a text must look like to be worth a closer look."""
COLUMN_TYPES: dict[Kind, ColumnType] = {"int": "int", "float": "float", "bool": "bool"}
_TESTS: dict[Kind, Callable[[pa.DataType], bool]] = {
    "int": pa.types.is_integer,
    "float": lambda type_: bool(pa.types.is_floating(type_) or pa.types.is_decimal(type_)),
    "bool": pa.types.is_boolean,
    "date": pa.types.is_date,
    "timestamp": pa.types.is_timestamp,
}
MAX_INT = 2.0**63
_MAKE: dict[Kind, Callable[[float], object]] = {"int": int, "float": float, "bool": bool}
_MISSING = pa.array(sorted(MISSING_TEXTS))


def kind_of(type_: pa.DataType) -> Kind:
    """What an Arrow type holds; a text may stand for anything, a type without values for texts."""
    if pa.types.is_dictionary(type_):
        return kind_of(type_.value_type)
    if is_text(type_) or pa.types.is_null(type_):
        return "text"
    return next((kind for kind, is_kind in _TESTS.items() if is_kind(type_)), "other")


def is_text(type_: pa.DataType) -> bool:
    """Whether an Arrow type holds texts."""
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def plain(values: pa.Array) -> pa.Array:
    """The same values without a dictionary, and with one type for texts."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values.cast(pa.string()) if is_text(values.type) or pa.types.is_null(values.type) else values


def convert(values: pa.Array, kind: Kind, missing: Collection[str] = ("",)) -> tuple[pa.Array, Bad]:
    """Values as a column of a kind, and which can't be: they are null then. Of texts, those in `missing` are null too.

    Numbers, truth values and dates are missing where `contract.cells` says so.
    """
    values = plain(values)
    if kind == "text":
        return _as_texts(values, missing)
    return _of_texts(values, kind) if is_text(values.type) else _of_numbers(values, kind)


def absent(values: pa.Array) -> pa.Array:
    """Which of the texts count as missing, as booleans."""
    return pc.fill_null(pc.is_in(values, _MISSING), False) if len(values) else pa.array([], pa.bool_())


def _as_texts(values: pa.Array, missing: Collection[str]) -> tuple[pa.Array, Bad]:
    try:
        texts = values if is_text(values.type) else pc.cast(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(values), pa.string()), _truths(pc.is_valid(values))
    gone = pc.is_in(texts, pa.array(sorted(missing), pa.string()))
    return pc.if_else(gone, None, texts), np.zeros(len(values), bool)


def _of_texts(values: pa.Array, kind: Kind) -> tuple[pa.Array, Bad]:
    given = pc.if_else(pc.or_(absent(values), pc.is_null(values)), None, values)
    found = _cast_texts(given, kind)
    bad = _truths(pc.and_(pc.is_valid(given), pc.is_null(found)))
    if kind not in POSSIBLE:
        return found, bad
    places = np.flatnonzero(bad & _truths(pc.match_substring_regex(given, POSSIBLE[kind], ignore_case=True)))
    return _judged(given, found, bad, places, kind) if len(places) else (found, bad)


def _cast_texts(given: pa.Array, kind: Kind) -> pa.Array:
    """What is plainly right; the rest is null."""
    if kind in {"date", "timestamp"}:
        matching = pc.if_else(pc.match_substring_regex(given, DATE), given, None) if kind == "date" else given
        return pc.cast(pc.strptime(matching, "%Y-%m-%d", "s", error_is_null=True), TYPES[kind])
    if kind == "bool":
        return pc.if_else(pc.equal(given, "true"), True, pc.if_else(pc.equal(given, "false"), False, None))
    try:
        return _finite(pc.cast(given, TYPES[kind]))
    except pa.ArrowInvalid:
        pattern = DIGITS if kind == "int" else r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
        return _finite(pc.cast(pc.if_else(pc.match_substring_regex(given, pattern), given, None), TYPES[kind]))


def _judged(given: pa.Array, found: pa.Array, bad: Bad, places: NDArray[np.int64], kind: Kind) -> tuple[pa.Array, Bad]:
    """Look singly at what isn't plainly right."""
    judge = cell(Column(name="value", type=COLUMN_TYPES[kind], missing="nan"), is_text=True)
    mended: list[object] = []
    for place, text in zip(places.tolist(), given.take(pa.array(places)).to_pylist(), strict=True):
        try:
            number = judge(text)
        except CellRefused:
            number = math.nan
        is_good = not math.isnan(number) and (kind != "int" or abs(number) < MAX_INT)
        mended.append(_MAKE[kind](number) if is_good else None)
        bad[place] = not is_good
    mask = np.zeros(len(bad), bool)
    mask[places] = True
    return pc.replace_with_mask(found, pa.array(mask), pa.array(mended, TYPES[kind])), bad


def _of_numbers(values: pa.Array, kind: Kind) -> tuple[pa.Array, Bad]:
    """Typed values: cast where nothing is lost by it."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    usable = values
    if kind == "bool" and not pa.types.is_boolean(values.type):
        usable = pc.if_else(pc.is_in(values, pa.array([0, 1], values.type)), values, None)
    if kind == "int":
        usable = _whole(values)
    try:
        found = _finite(pc.cast(usable, TYPES[kind], safe=kind == "int"))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(values), TYPES[kind]), _truths(pc.is_valid(values))
    return found, _truths(pc.and_(pc.is_valid(values), pc.is_null(found)))


def _whole(values: pa.Array) -> pa.Array:
    """Those that are integers of 64 bits: a cast refuses all values where one is none."""
    if pa.types.is_uint64(values.type):
        return pc.if_else(pc.less_equal(values, pa.scalar(2**63 - 1, pa.uint64())), values, None)
    if kind_of(values.type) != "float":
        return values
    numbers = pc.cast(values, pa.float64())
    is_whole = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), MAX_INT))
    return pc.if_else(is_whole, values, None)


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, None) if pa.types.is_floating(values.type) else values


def _truths(values: pa.Array) -> Bad:
    return np.array(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
