"""From a column's values to the numbers of labels."""

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.cells import MISSING_TEXTS, value_class
from contract.table import CellProblem
from training.tables.data.kinds import is_text, plain
from training.tables.recipe import Target

Targets = NDArray[np.int64]


def texts(values: pa.Array) -> list[str | None]:
    """Values as a recipe writes them: 1 for 1.0, `true` and `false`; None for missing ones."""
    values = plain(values)
    if is_text(values.type):
        return [text and text.strip(" ") for text in values.to_pylist()]
    if pa.types.is_floating(values.type):
        return [_text_of(value) for value in values.to_pylist()]
    try:
        strings: list[str | None] = pc.cast(values, pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return [None if value is None else str(value) for value in values.to_pylist()]
    return strings


def _text_of(value: float | None) -> str | None:
    if value is None or math.isnan(value):
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def labelled(values: pa.Array, target: Target) -> tuple[Targets, list[CellProblem]]:
    """The place of each value's label among the labels, int64 [n], and the problems; -1 stands where there is one."""
    numbers = _numbers(target)
    found = texts(values)
    places = [-1 if text is None else numbers.get(text, -1) for text in found]
    unknown = (index for index, place in enumerate(places) if place < 0)
    problems = [_problem(index, found[index], target) for index in unknown]
    return np.array(places, np.int64), problems


def _numbers(target: Target) -> dict[str, int]:
    """The number of each value; truth values may stand there as 0 and 1, which is all that SQLite has."""
    numbers = {value: number for number, value in enumerate(target.labels)}
    for words in (("false", "true"), ("0", "1")):
        if set(numbers) == set(words):
            numbers |= {same: numbers[word] for same, word in zip(("0", "1", "false", "true"), words * 2, strict=True)}
    return numbers


def _problem(row: int, text: str | None, target: Target) -> CellProblem:
    is_missing = text is None or text in MISSING_TEXTS
    return CellProblem(row, target.column, value_class(text, is_text=True), "missing" if is_missing else "allowed")


def label_names(target: Target) -> tuple[str, ...]:
    """The labels, in the order of their numbers."""
    return tuple(target.labels.values())


def repeated_ids(ids: Sequence[str | None], column: str) -> list[CellProblem]:
    """A problem for each id that is missing, or was there before."""
    seen: set[str] = set()
    problems = []
    for row, text in enumerate(ids):
        if text is None or text in MISSING_TEXTS:
            problems.append(CellProblem(row, column, "missing", "missing"))
        elif text in seen:
            problems.append(CellProblem(row, column, value_class(text, is_text=True), "duplicate-id"))
        else:
            seen.add(text)
    return problems
