"""A table's rows with the types that its values have, found by looking at all of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from rich.console import Console

from contract.cells import value_class
from contract.table import CellProblem
from training.tables.data.kinds import TYPES, Bad, Kind, convert
from training.tables.data.problems import Places, Problems, RowNumbers
from training.tables.data.profile import profile
from training.tables.data.progress import shown
from training.tables.data.source import Source, require_columns
from training.tables.errors import ColumnsUnfit


@dataclass(frozen=True)
class TypedTable:
    """A source, with the kind of each column."""

    source: Source
    kinds: dict[str, Kind]

    @property
    def schema(self) -> pa.Schema:
        """The types of the rows."""
        return pa.schema([(name, TYPES[kind]) for name, kind in self.kinds.items()])

    def batches(self, problems: Problems, title: str, console: Console) -> Iterator[pa.RecordBatch]:
        """The good rows; what is wrong with the others is added to `problems`."""
        numbers = RowNumbers()
        for batch in shown(self.source.batches(list(self.kinds)), title, console):
            problems.add(numbers.new(batch.ragged))
            places = numbers.of(batch.rows.num_rows, batch.ragged)
            yield self._typed(batch.rows, places, problems)

    def _typed(self, rows: pa.RecordBatch, places: Places, problems: Problems) -> pa.RecordBatch:
        columns = [convert(rows.column(name), kind) for name, kind in self.kinds.items()]
        bad = np.zeros(rows.num_rows, bool)
        for name, (_, wrong) in zip(self.kinds, columns, strict=True):
            problems.add(_problems(name, rows.column(name), wrong, places))
            bad |= wrong
        typed = pa.RecordBatch.from_arrays([values for values, _ in columns], schema=self.schema)
        return typed.filter(pa.array(~bad)) if bad.any() else typed


def look(source: Source, texts: Sequence[str], console: Console) -> TypedTable:
    """Find the kinds of a source's columns; those named in `texts` are texts whatever they hold.

    Raises:
        ColumnsUnfit: there is no such column, or one holds what no table holds, such as lists.
        DataError: the source can't be read.
    """
    require_columns(source, texts)
    batches = shown(source.batches(), f"Looking at {source.name}", console)
    found = profile(source.columns, batches, is_text=source.is_text)
    kinds: dict[str, Kind] = {column.name: "text" if column.name in texts else column.kind for column in found}
    other = next((name for name, kind in kinds.items() if kind == "other"), None)
    if other is not None:
        raise ColumnsUnfit(f"The column {other!r} holds neither numbers, truth values, dates nor texts.")
    return TypedTable(source, kinds)


def _problems(name: str, values: pa.Array, wrong: Bad, places: Places) -> Iterable[CellProblem]:
    indices = np.flatnonzero(wrong)
    for index, value in zip(indices, values.take(pa.array(indices)).to_pylist(), strict=True):
        yield CellProblem(int(places[index]), name, value_class(value), "type")
