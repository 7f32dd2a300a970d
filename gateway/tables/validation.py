"""Checking a file, row by row, and predicting nothing."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel

from contract.names import ModelName
from contract.table import CellProblem
from contract.tabular.formats import Format
from contract.tabular.reading import encode, missing_columns, open_table, wanted_columns
from contract.tabular.table_file import Chunk, TableFile, TableLimits
from gateway.row_report import NAME_MAX_LENGTH, ProblemCount, RowProblem, RowReport
from gateway.tables.file_scorer import chunk_rows
from gateway.tables.ids import ids_of
from gateway.tables.model import TableModel
from gateway.tables.work import FileWork

NAMES_LISTED = 100


class ValidationReport(BaseModel):
    """What is wrong with a file."""

    model: ModelName
    version: int
    rows: int
    valid_rows: int
    """Rows without a bad value; none where a column is missing."""
    missing_columns: list[str]
    """The model's columns that the file lacks."""
    extra_columns: list[str]
    """Columns that the model doesn't know, the first 100; they are no problem."""
    duplicate_ids: int
    """Rows whose id was there before."""
    ids_checked: int
    """Rows up to which ids were compared; fewer than `rows` where the file has more than the limit."""
    problems: list[RowProblem]
    """The first bad values; repeated ids come last."""
    counts: list[ProblemCount]
    """How often each rule is broken in each column."""
    total: int
    """Problems in all."""
    truncated: bool
    """Whether there are more problems than `problems` lists."""
    seconds: float


class Validation:
    """Checks one file, in memory that doesn't grow with it but for 16 bytes an id, and some more at the end."""

    def __init__(self, model: TableModel, work: FileWork, *, max_problems: int, max_ids: int) -> None:
        self._model = model
        self._work = work
        self._report = RowReport(max_problems)
        self._ids = _Ids(max_ids)
        self._rows = 0
        self._valid = 0
        self._started = time.monotonic()

    async def check(self, file: BinaryIO, sent: Format, limits: TableLimits) -> ValidationReport:
        """Read all of a file; raises what `open_table` and reading chunks raise."""
        table = await self._work.run(partial(open_table, file, sent, self._model.schema, limits))
        missing = missing_columns(table, self._model.schema)
        chunks = table.chunks(chunk_rows(len(self._model.schema.columns)))
        while await self._work.run(partial(self._step, chunks, table, frozenset(missing))):
            pass
        return await self._work.run(partial(self._outcome, missing, _extra(table, wanted_columns(self._model.schema))))

    def _step(self, chunks: Iterator[Chunk], table: TableFile, missing: frozenset[str]) -> bool:
        chunk = next(chunks, None)
        if chunk is not None:
            self._add(chunk, table, missing)
        return chunk is not None

    def _add(self, chunk: Chunk, table: TableFile, missing: frozenset[str]) -> None:
        model = self._model
        encoded = encode(chunk, model.text_encoder if table.is_text else model.encoder)
        self._report.add((one for one in encoded.problems if one.column not in missing), offset=self._rows)
        self._valid += int(encoded.accepted.sum()) if not missing else 0
        self._ids.add(ids_of(chunk, model.schema.id), self._rows)
        self._rows += len(chunk)

    def _outcome(self, missing: list[str], extra: list[str]) -> ValidationReport:
        report, card = self._report, self._model.card
        duplicates = self._ids.duplicates()
        name = self._model.schema.id or ""
        report.add(CellProblem(int(row), name, "other", "duplicate-id") for row in duplicates)
        return ValidationReport(
            model=card.model,
            version=card.version,
            rows=self._rows,
            valid_rows=self._valid,
            missing_columns=missing,
            extra_columns=extra,
            duplicate_ids=len(duplicates),
            ids_checked=min(self._rows, self._ids.limit),
            problems=report.first,
            counts=report.counts(),
            total=report.total,
            truncated=report.total > len(report.first),
            seconds=round(time.monotonic() - self._started, 3),
        )


class _Ids:
    """Finds repeated ids by 64 bits of each: among ten million, the odds of a false one are 1 to 300,000."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._hashes: list[NDArray[np.int64]] = []
        self._rows: list[NDArray[np.int64]] = []

    def add(self, ids: pa.Array, first: int) -> None:
        room = max(0, self.limit - first)
        known = ids.slice(0, room)
        rows = np.flatnonzero(known.is_valid())
        self._hashes.append(_hashes(known.drop_null()))
        self._rows.append(rows + first)

    def duplicates(self) -> NDArray[np.int64]:
        """The rows whose id was there before, sorted."""
        hashes, rows = np.concatenate(self._hashes), np.concatenate(self._rows)
        order = np.argsort(hashes, kind="stable")
        repeats = np.flatnonzero(np.diff(hashes[order]) == 0) + 1
        return np.sort(rows[order[repeats]])


def _hashes(ids: pa.Array) -> NDArray[np.int64]:
    if pa.types.is_integer(ids.type):
        # Themselves: Python's hash is the same for -1 and -2.
        return np.asarray(ids.to_numpy(), np.int64)
    return np.fromiter(map(hash, ids.to_pylist()), np.int64, len(ids))


def _extra(table: TableFile, wanted: Sequence[str]) -> list[str]:
    known = frozenset(wanted)
    extra = [name for name in table.columns or () if name not in known]
    return [name[:NAME_MAX_LENGTH] for name in extra[:NAMES_LISTED]]
