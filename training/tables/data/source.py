"""Where the rows of a table come from, batch by batch."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from contract.table import CellProblem
from training.tables.errors import ColumnsUnfit

BATCH_ROWS = 16_384
MAX_COLUMNS = 10_000


@dataclass(frozen=True)
class Batch:
    """Some rows of a table."""

    rows: pa.RecordBatch
    start: int
    """The place of its first row in the table, from 0."""
    done: float | None = None
    """Which share of the table is read now, from 0 to 1; None where nobody knows."""
    broken: frozenset[int] = frozenset()
    """Rows, counted from 0 in this batch, that have too few or too many values; all of them are missing here."""

    def problems(self, found: Iterable[CellProblem]) -> list[CellProblem]:
        """What was found in the rows, and the rows that are broken, by their places in the whole table."""
        whole = [problem for problem in found if problem.row not in self.broken]
        broken = [CellProblem(row, "", "other", "columns") for row in sorted(self.broken)]
        return [replace(problem, row=self.start + problem.row) for problem in (*whole, *broken)]


class Source(Protocol):
    """A table that can be read more than once."""

    @property
    def name(self) -> str:
        """What a card says of where the rows come from."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, each once."""

    @property
    def is_text(self) -> bool:
        """Whether numbers may stand there as texts."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows with these columns (or all), in their order; each call begins anew.

        Raises:
            DataError: it can't be read to its end.
        """


@dataclass(frozen=True)
class ArrowSource:
    """A table in memory."""

    name: str
    table: pa.Table
    is_text: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.table.column_names)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows, in their order."""
        table = self.table if columns is None else self.table.select(list(columns))
        start = 0
        for rows in table.to_batches(BATCH_ROWS):
            yield Batch(rows, start)
            start += rows.num_rows


def check_names(names: Sequence[str], what: str) -> None:
    """Raise `ColumnsUnfit` unless a table, named at the beginning of a sentence, has columns with names, each once."""
    if len(names) > MAX_COLUMNS:
        raise ColumnsUnfit(f"{what} has {len(names):,} columns; at most {MAX_COLUMNS:,} are possible.")
    nameless = next((place for place, name in enumerate(names, 1) if not name.strip()), None)
    if nameless is not None:
        raise ColumnsUnfit(f"{what} has no name for its column {nameless}.")
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ColumnsUnfit(f"{what} has the column {twice!r} more than once.")


def require_columns(source: Source, wanted: Collection[str]) -> None:
    """Raise `ColumnsUnfit`, naming what may have been meant, unless the source has these columns."""
    missing = [name for name in wanted if name not in source.columns]
    if missing:
        near = difflib.get_close_matches(missing[0], source.columns, 1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        more = f" and {len(missing) - 1} more of the wanted columns" if len(missing) > 1 else ""
        raise ColumnsUnfit(f"{_capital(source.name)} lacks the column {missing[0]!r}{more}{meant}")


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
