"""From one value of a table to one number; the rules of `contract.table` for values, in one place."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from types import NoneType, UnionType
from typing import Literal, TypeGuard

import numpy as np

from contract.columns import Column

Rule = Literal["type", "range", "allowed", "missing", "infinity", "unknown-column", "duplicate-id", "columns"]
"""What a value breaks; the last three are broken by rows and files."""
ValueClass = Literal["missing", "text", "integer", "number", "boolean", "infinity", "nan", "other"]
"""What a value is; a report of problems holds this instead of the value. `nan` is the word NaN in JSON."""

NAN = math.nan
FLOAT32_MAX = float(np.finfo(np.float32).max)
MISSING_TEXTS = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
"""Texts that stand for a missing value, unless a category allows them."""

NUMBER_PATTERN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
"""What a number looks like as a text; spaces around it are allowed besides."""

LONGEST_NUMBER = 1000
"""Characters beyond which a text is not looked at more closely."""

_NUMBER = re.compile(NUMBER_PATTERN, re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class NotANumber:
    """Stands for the word NaN in JSON, which JSON doesn't have; a missing value is null there."""


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


def value_class(value: object, *, is_text: bool = False) -> ValueClass:
    """What a value is; with `is_text`, as in CSV, a text is what it looks like."""
    if isinstance(value, float | np.floating):
        return _float_class(float(value))
    return _text_class(value, is_text=is_text) if isinstance(value, str) else _other_class(value)


def _other_class(value: object) -> ValueClass:
    classes: tuple[tuple[type | UnionType, ValueClass], ...] = (
        (bool | np.bool_, "boolean"),
        (int | np.integer, "integer"),
        (Decimal, "number"),
        (NotANumber, "nan"),
        (NoneType, "missing"),
    )
    return next((name for kind, name in classes if isinstance(value, kind)), "other")


def _float_class(value: float) -> ValueClass:
    if math.isnan(value):
        return "missing"
    return "infinity" if math.isinf(value) else "number"


def _text_class(text: str, *, is_text: bool) -> ValueClass:
    if text in MISSING_TEXTS:
        return "missing"
    if not is_text or len(text) > LONGEST_NUMBER:
        return "text"
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
        # JSON and many libraries don't tell 1 from 1.0.
        if _is_whole(value):
            value = str(int(value))
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


def _is_whole(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CellRefused("type")
    try:
        return float(value)
    except OverflowError:
        raise CellRefused("range") from None


def _float_of(text: str) -> float:
    text = text.strip(" ")
    if len(text) > LONGEST_NUMBER:
        raise CellRefused("type")
    if _INFINITE.fullmatch(text):
        raise CellRefused("infinity")
    if not _NUMBER.fullmatch(text):
        raise CellRefused("type")
    return float(text)


def _truth(value: object) -> float:
    if isinstance(value, bool) or (isinstance(value, int | float | Decimal) and value in (0, 1)):
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
