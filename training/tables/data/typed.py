"""A table's rows with the types that its values have, found by looking at all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from rich.console import Console

from contract.cells import value_class
from contract.table import CellProblem
from training.tables.data.kinds import TYPES, Bad, Kind, convert
from training.tables.data.problems import Problems
from training.tables.data.profile import profile
from training.tables.data.progress import shown
from training.tables.data.source import Batch, Source, require_columns
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
        for batch in shown(self.source.batches(list(self.kinds)), title, console):
            yield self._typed(batch, problems)

    def _typed(self, batch: Batch, problems: Problems) -> pa.RecordBatch:
        columns = [convert(batch.rows.column(name), kind) for name, kind in self.kinds.items()]
        bad = np.zeros(batch.rows.num_rows, bool)
        bad[list(batch.broken)] = True
        found: list[CellProblem] = []
        for name, (_, wrong) in zip(self.kinds, columns, strict=True):
            found += _problems(name, batch.rows.column(name), wrong)
            bad |= wrong
        problems.add(batch.problems(found))
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


def _problems(name: str, values: pa.Array, wrong: Bad) -> Iterator[CellProblem]:
    indices = np.flatnonzero(wrong)
    for index, value in zip(indices.tolist(), values.take(pa.array(indices)).to_pylist(), strict=True):
        yield CellProblem(index, name, value_class(value), "type")
