"""Making the generated data: block by block, the features by SQL, all of it into Parquet files."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from contract.sql.runner import SqlRunner
from training.console import live_line
from training.tables.credit.generator import CreditBlock, generate
from training.tables.credit.plan import CreditPlan
from training.tables.sql_proof import prove_alike

FEATURES, OUTCOMES = "features", "outcomes"
PROVED = 3
"""Applications of each block whose features are made a second time, alone."""


class ParquetFiles:
    """Parquet files in one folder, each growing by tables of one schema; dictionary encoding and zstd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def append(self, name: str, table: pa.Table) -> None:
        """Append rows to `<name>.parquet`."""
        if name not in self._writers:
            writer = pq.ParquetWriter(self._folder / f"{name}.parquet", table.schema, compression="zstd")
            self._writers[name] = self._open.enter_context(writer)
        self._writers[name].write_table(table)


def make(plan: CreditPlan, runner: SqlRunner, folder: Path, console: Console, *, keep_raw: bool = False) -> None:
    """Write `features.parquet` and `outcomes.parquet` into a folder, and with `keep_raw` the raw tables.

    Some applications of each block are proved to have the same features when sent alone. Memory holds one block.

    Raises:
        SqlInvalid: the steps make other features for an application alone.
        SqlFailed: the steps fail.
        OSError: the folder can't be written to.
    """
    with ParquetFiles(folder) as files, live_line(console, " applications") as progress:
        task = progress.add_task("Generating", total=plan.applications)
        for block, features in with_features(plan, runner):
            files.append(FEATURES, features)
            files.append(OUTCOMES, block.outcomes)
            for name, table in block.tables.items() if keep_raw else ():
                files.append(name, table)
            progress.advance(task, len(block))


def proved_features(runner: SqlRunner, tables: dict[str, pa.Table]) -> pa.Table:
    """The features of some applications, some of which are proved to be the same when sent alone."""
    features = runner.run(tables)
    prove_alike(runner, tables, features, _spread(len(features)))
    return features


def with_features(plan: CreditPlan, runner: SqlRunner) -> Iterator[tuple[CreditBlock, pa.Table]]:
    """The blocks of a plan, each with its features; raises as `make`."""
    return ((block, proved_features(runner, block.tables)) for block in generate(plan))


def _spread(count: int) -> list[int]:
    return sorted(set(np.linspace(0, count - 1, PROVED, dtype=np.int64).tolist()))
