"""From rows of a table to the tensor that a model takes; used by training, gates and gateway alike.

`Encoder.rows` takes rows as JSON objects, `Encoder.batch` takes Arrow record batches from files. Both give the same
numbers: every value that is not plainly right is judged by `contract.cells`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.arrow import Numbers, encoded, values_at
from contract.cells import CellRefused, Rule, ValueClass, cell, value_class
from contract.inputs import TableInput

Features = NDArray[np.float32]
Row = Mapping[str, object]

STRIP = 16
"""Columns that are put into rows at a time: so many float32 fill one line of a processor's cache."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One value that can't be taken, without the value itself."""

    row: int
    """Counted from 0."""
    column: str
    value: ValueClass
    rule: Rule


@dataclass(frozen=True)
class Encoded:
    """`features` is float32 [rows, columns]; rows that `problems` name hold NaN where the problem is."""

    features: Features
    problems: Sequence[CellProblem] = field(default_factory=tuple)

    @cached_property
    def accepted(self) -> NDArray[np.bool_]:
        """Which rows have no problem, bool [rows]; a problem's row counts from this batch's first one."""
        accepted = np.ones(len(self.features), bool)
        accepted[[problem.row for problem in self.problems]] = False
        return accepted


class Encoder:
    """Encodes rows by a schema; thread-safe. With `is_text`, values are texts, as in CSV."""

    def __init__(self, schema: TableInput, *, is_text: bool = False) -> None:
        self.schema = schema
        self._is_text = is_text
        self._cells = [(column, cell(column, is_text=is_text)) for column in schema.columns]
        self._known = {*schema.names, schema.id}

    def rows(self, rows: Sequence[Row]) -> Encoded:
        """Encode rows as JSON gives them; a column that a row lacks is a missing value, one too many a problem."""
        features = np.empty((len(rows), len(self._cells)), np.float32)
        problems: list[CellProblem] = []
        for index, row in enumerate(rows):
            problems.extend(self._unknown(index, row))
            for place, (column, _) in enumerate(self._cells):
                features[index, place] = self._encoded(row.get(column.name), index, place, problems)
        return Encoded(features, problems)

    def batch(self, batch: pa.RecordBatch) -> Encoded:
        """Encode a record batch; a column that it lacks is a column of missing values, other columns are ignored."""
        features = np.empty((batch.num_rows, len(self._cells)), np.float32)
        problems: list[CellProblem] = []
        for start in range(0, len(self._cells), STRIP):
            places = range(start, min(start + STRIP, len(self._cells)))
            strip = np.array([self._column(batch, place, problems) for place in places])
            features[:, start : places.stop] = strip.T
        problems.sort(key=lambda problem: problem.row)
        return Encoded(features, problems)

    def _unknown(self, index: int, row: Row) -> Iterator[CellProblem]:
        unknown = (name for name in row if name not in self._known)
        return (CellProblem(index, name, value_class(row[name]), "unknown-column") for name in unknown)

    def _column(self, batch: pa.RecordBatch, place: int, problems: list[CellProblem]) -> Numbers:
        column, encode = self._cells[place]
        found = batch.schema.get_field_index(column.name)
        values = batch.column(found) if found >= 0 else pa.nulls(batch.num_rows)
        known, doubtful = encoded(values, column, encode, is_text=self._is_text)
        if not len(doubtful):
            return known
        judged = zip(doubtful.tolist(), values_at(values, doubtful), strict=True)
        known = known.copy()
        known[doubtful] = [self._encoded(value, index, place, problems) for index, value in judged]
        return known

    def _encoded(self, value: object, row: int, place: int, problems: list[CellProblem]) -> float:
        column, encode = self._cells[place]
        try:
            return encode(value)
        except CellRefused as refused:
            problems.append(CellProblem(row, column.name, value_class(value, is_text=self._is_text), refused.rule))
            return np.nan
