"""From one value of a table to one number; the rules of `contract.table` for values, in one place."""

import math
import re
from collections.abc import Callable
from typing import Literal

import numpy as np

from contract.columns import Column

Rule = Literal["type", "range", "allowed", "missing", "infinity", "unknown-column", "duplicate-id", "columns"]
"""What a value breaks; the last three are broken by rows and files."""
ValueClass = Literal["missing", "text", "integer", "number", "boolean", "infinity", "other"]
"""What a value is; a report of problems holds this instead of the value."""

NAN = math.nan
FLOAT32_MAX = float(np.finfo(np.float32).max)
MISSING_TEXTS = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
"""Texts that stand for a missing value, unless a category allows them."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class CellRefused(ValueError):
    """A value breaks one of its column's rules."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.rule: Rule = rule


Cell = Callable[[object], float]
"""Turns a value into its number; raises `CellRefused`."""


def cell(column: Column, *, is_text: bool = False) -> Cell:
    """The encoder of one column's values; with `is_text` all values are texts, as in CSV."""
    default = _default(column)
    convert = _category(column) if column.type == "category" else _in_range(column, _number(column, is_text=is_text))

    def encode(value: object) -> float:
        if is_missing(value, column):
            return default()
        return convert(value)

    return encode


def is_missing(value: object, column: Column) -> bool:
    """Whether a value counts as missing: None, NaN, or a text that says so."""
    if isinstance(value, str):
        return value in MISSING_TEXTS and value not in column.allowed
    return value is None or value != value  # noqa: PLR0124 - true of NaN alone


def value_class(value: object) -> ValueClass:
    """What a value is."""
    match value:
        case None:
            return "missing"
        case bool() | np.bool_():
            return "boolean"
        case int() | np.integer():
            return "integer"
        case float() | np.floating():
            return "missing" if math.isnan(value) else "infinity" if math.isinf(value) else "number"
        case str():
            return _text_class(value)
        case _:
            return "other"


def _text_class(text: str) -> ValueClass:
    if text in MISSING_TEXTS:
        return "missing"
    return "number" if _NUMBER.fullmatch(text) else "infinity" if _INFINITE.fullmatch(text) else "text"


def _default(column: Column) -> Callable[[], float]:
    if column.missing == "error":
        return _refuse_missing
    if column.default is None:
        return lambda: NAN
    value = cell(column.model_copy(update={"missing": "error", "default": None}))(column.default)
    return lambda: value


def _refuse_missing() -> float:
    raise CellRefused("missing")


def _category(column: Column) -> Cell:
    codes = {value: float(code) for code, value in enumerate(column.allowed)}
    other = float(len(column.allowed)) if column.unknown == "other" else None

    def convert(value: object) -> float:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise CellRefused("type")
        code = codes.get(value, other)
        if code is None:
            raise CellRefused("allowed")
        return code

    return convert


def _number(column: Column, *, is_text: bool) -> Cell:
    accepts = _truth if column.type == "bool" else _float

    def convert(value: object) -> float:
        if isinstance(value, str) and is_text:
            return _truth_of(value) if column.type == "bool" else _float_of(value)
        return accepts(value)

    return _integral(convert) if column.type == "int" else convert


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellRefused("type")
    try:
        return float(value)
    except OverflowError:
        raise CellRefused("range") from None


def _float_of(text: str) -> float:
    text = text.strip(" ")
    if _INFINITE.fullmatch(text):
        raise CellRefused("infinity")
    if not _NUMBER.fullmatch(text):
        raise CellRefused("type")
    return float(text)


def _truth(value: object) -> float:
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return float(value)
    raise CellRefused("type")


def _truth_of(text: str) -> float:
    try:
        return _TRUTH[text.strip(" ").lower()]
    except KeyError:
        raise CellRefused("type") from None


def _integral(convert: Cell) -> Cell:
    def integral(value: object) -> float:
        number = convert(value)
        if math.isfinite(number) and not number.is_integer():
            raise CellRefused("type")
        return number

    return integral


def _in_range(column: Column, convert: Cell) -> Cell:
    low, high = bounds(column)

    def checked(value: object) -> float:
        number = convert(value)
        if math.isinf(number):
            raise CellRefused("infinity")
        if not low <= number <= high:
            raise CellRefused("range")
        return number

    return checked


def bounds(column: Column) -> tuple[float, float]:
    """The least and the largest number of a column; beyond float32's, a number would become infinite."""
    low = -FLOAT32_MAX if column.minimum is None else max(column.minimum, -FLOAT32_MAX)
    high = FLOAT32_MAX if column.maximum is None else min(column.maximum, FLOAT32_MAX)
    return low, high
