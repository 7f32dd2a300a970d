"""A source's rows, encoded by the contract and checked whole, before anything is learned from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from rich.console import Console

from contract.cells import MISSING_TEXTS
from contract.columns import Column
from contract.inputs import TableInput
from contract.table import CellProblem, Encoder
from training.tables.data.kinds import COLUMN_TYPES, Bad, Kind, convert
from training.tables.data.problems import Problems
from training.tables.data.progress import shown
from training.tables.data.source import Batch, Source, require_columns
from training.tables.data.targets import labelled, repeated_ids, texts
from training.tables.dataset import Features, Targets
from training.tables.errors import RowsInvalid
from training.tables.recipe import Recipe


@dataclass
class _Blocks:
    """What is read so far."""

    features: list[Features] = field(default_factory=list)
    targets: list[Targets] = field(default_factory=list)
    rows: list[pa.RecordBatch] = field(default_factory=list)
    ids: list[pa.Array] = field(default_factory=list)
    splits: list[str | None] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Labelled:
    """All rows of a source: as `TableSplit` has them, and what the split's column says of each."""

    features: Features
    targets: Targets
    rows: pa.Table
    splits: Sequence[str | None]


class LabelledReader:
    """Reads a source's rows by a recipe's rules."""

    def __init__(self, recipe: Recipe, console: Console) -> None:
        self._recipe = recipe
        self._console = console
        self.schema = TableInput(columns=recipe.columns, id=recipe.id, sql=recipe.sql)

    def read(self, source: Source) -> Labelled:
        """All rows.

        Raises:
            ColumnsUnfit: the source lacks columns of the recipe.
            RowsInvalid: values break their columns' rules; the first ones are shown on the console.
        """
        wanted = [name for name in (*self.schema.names, *self._others()) if name]
        require_columns(source, wanted)
        encoder = Encoder(self.schema, is_text=source.is_text)
        blocks, problems = _Blocks(), Problems()
        for batch in shown(source.batches(wanted), f"Reading {source.name}", self._console):
            problems.add(self._take(batch, encoder, blocks))
        self._check(source, blocks, problems)
        return self._joined(blocks)

    def _others(self) -> tuple[str | None, ...]:
        return self._recipe.target.column, self._recipe.id, self._recipe.splits.column

    def _take(self, batch: Batch, encoder: Encoder, blocks: _Blocks) -> list[CellProblem]:
        """Keep a batch, and give its problems."""
        encoded = encoder.batch(batch.rows)
        targets, unknown = labelled(batch.rows.column(self._recipe.target.column), self._recipe.target)
        blocks.features.append(encoded.features)
        blocks.targets.append(targets)
        blocks.broken.update(batch.start + row for row in batch.broken)
        rows, beyond = self._as_sent(batch.rows, encoded.features)
        blocks.rows.append(rows)
        if self.schema.id:
            blocks.ids.append(batch.rows.column(self.schema.id))
        if self._recipe.splits.column:
            blocks.splits += texts(batch.rows.column(self._recipe.splits.column))
        return batch.problems([*encoded.problems, *unknown, *beyond])

    def _as_sent(self, batch: pa.RecordBatch, features: Features) -> tuple[pa.RecordBatch, list[CellProblem]]:
        """Rows as users send them: typed, missing values null; and the integers that don't fit into 64 bits."""
        arrays, problems = {}, []
        for place, column in enumerate(self.schema.columns):
            arrays[column.name], bad = _typed(batch.column(column.name), column)
            beyond = np.flatnonzero(bad & ~np.isnan(features[:, place]))
            problems += [CellProblem(row, column.name, "number", "range") for row in beyond.tolist()]
        return pa.RecordBatch.from_pydict(arrays), problems

    def _check(self, source: Source, blocks: _Blocks, problems: Problems) -> None:
        if self.schema.id:
            ids = [text for part in blocks.ids for text in texts(part)]
            problems.add([one for one in repeated_ids(ids, self.schema.id) if one.row not in blocks.broken])
        rows = sum(len(part) for part in blocks.targets)
        if problems:
            problems.show(self._console)
            raise RowsInvalid(
                f"{len(problems):,} values of {source.name} ({rows:,} rows) break the recipe's rules: "
                f"{problems.sentence()}. Mend them, or the recipe."
            )
        if rows == 0:
            raise RowsInvalid(f"There is no row in {source.name}.")

    def _joined(self, blocks: _Blocks) -> Labelled:
        rows = pa.Table.from_batches(blocks.rows)
        if self.schema.id:
            rows = rows.append_column(self.schema.id, _ids(blocks.ids))
        return Labelled(np.concatenate(blocks.features), np.concatenate(blocks.targets), rows, blocks.splits)


def _typed(values: pa.Array, column: Column) -> tuple[pa.Array, Bad]:
    if column.type == "category":
        return convert(values, "text", MISSING_TEXTS - set(column.allowed))
    kind: Kind = next(kind for kind, type_ in COLUMN_TYPES.items() if type_ == column.type)
    return convert(values, kind)


def _ids(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Integers where all of them are; else texts."""
    if all(pa.types.is_integer(part.type) for part in parts):
        return pa.chunked_array([part.cast(pa.int64()) for part in parts], pa.int64())
    return pa.chunked_array([pa.array(texts(part), pa.string()) for part in parts], pa.string())
