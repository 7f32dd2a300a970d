"""What every format gives: the names of the columns, and the rows in chunks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from contract.errors import ColumnsMissing, HeaderDuplicate, TableEmpty, TableTooLarge
from contract.table import Row

NAMES_SHOWN = 10


@dataclass(frozen=True)
class TableLimits:
    """What a file may have."""

    rows: int = 50_000_000
    columns: int = 20_000


@dataclass(frozen=True)
class Wanted:
    """What is read of a file."""

    names: Sequence[str]
    """The columns; others are passed over."""
    numbers: frozenset[str] = frozenset()
    """Those that hold numbers."""


@dataclass(frozen=True)
class Chunk:
    """Rows of a file, in order: a record batch, or JSON objects."""

    batch: pa.RecordBatch | None = None
    rows: Sequence[Row] = ()
    broken: frozenset[int] = field(default_factory=frozenset)
    """Rows, counted from 0 in this chunk, that don't have the header's columns; all their values are missing here."""

    def __len__(self) -> int:
        return len(self.rows) if self.batch is None else self.batch.num_rows


class TableFile(Protocol):
    """A file that was opened."""

    is_text: bool
    """Whether all values are texts."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """All columns' names; None for JSON Lines, where each row has its own."""
        ...

    def chunks(self, size: int) -> Iterator[Chunk]:
        """The rows, at most `size` at a time; raises what `open_table` raises."""
        ...


def check_header(names: Sequence[str], wanted: Sequence[str], limits: TableLimits) -> None:
    """Raise `TableEmpty`, `TableTooLarge`, `HeaderDuplicate`, or `ColumnsMissing` where nothing at all is wanted."""
    if not names:
        raise TableEmpty("The table has no columns.")
    if len(names) > limits.columns:
        raise TableTooLarge(f"The table has more than {limits.columns:,} columns.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise HeaderDuplicate(f"The header has these columns more than once: {listed(twice)}.")
    if not set(names) & set(wanted):
        raise ColumnsMissing("The table has none of the model's columns.")


def present(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Those of a file's columns that are wanted, in the file's order."""
    some = frozenset(wanted)
    return [name for name in names if name in some]


def listed(names: Sequence[str]) -> str:
    """Names for a sentence, the first few."""
    shown = ", ".join(repr(name[:128]) for name in names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"


def check_rows(count: int, limits: TableLimits) -> None:
    """Raise `TableTooLarge` beyond the limit."""
    if count > limits.rows:
        raise TableTooLarge(f"The table has more than {limits.rows:,} rows.")
