"""Generated raw tables in a folder, and the features that a recipe's SQL makes of them."""

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from contract.sql.runner import SqlRunner
from training.console import live_line
from training.data.storage import appearing, storage_errors
from training.errors import DataDamaged, DataUnknown
from training.tables.credit.data import plan_of, schema_of, table_data
from training.tables.credit.generator import TABLES, generate
from training.tables.credit.making import OUTCOMES, ParquetFiles, proved_features
from training.tables.credit.plan import BLOCK, CreditPlan
from training.tables.dataset import TableData
from training.tables.recipe import Recipe

Block = TypeVar("Block", bound=Sized)


def hold_credit(recipe: Recipe, folder: Path, console: Console) -> int:
    """Write a recipe's raw tables and what became of the applications into a new or empty folder; gives their number.

    Raises `RecipeInvalid` where the origin is another, and `StorageFull` or `StorageFailed`.
    """
    plan = plan_of(recipe)
    with storage_errors(folder), appearing(folder) as unfinished, ParquetFiles(unfinished) as files:
        for block in _shown(generate(plan), plan, "Generating", console):
            for name, table in {**block.tables, OUTCOMES: block.outcomes}.items():
                files.append(name, table)
    return plan.applications


def held_credit_data(recipe: Recipe, folder: Path, console: Console) -> TableData:
    """The data of a recipe, its features made of the raw tables in a folder.

    Raises:
        DataUnknown, DataDamaged: the folder lacks a table, or has other applications than the recipe's.
        SqlInvalid, SqlFailed: see `training.tables.credit.making.make`.
    """
    plan, runner = plan_of(recipe), SqlRunner(schema_of(recipe))
    outcomes, tables = _read(folder, OUTCOMES), {name: _read(folder, name) for name in TABLES}
    if len(outcomes) != plan.applications:
        raise DataDamaged(f"The folder {folder} has other applications than the recipe's; get them anew.")
    blocks = (proved_features(runner, block) for block in _blocks(tables, outcomes))
    features = pa.concat_tables(_shown(blocks, plan, "Making features", console))
    return table_data(recipe, plan, features, outcomes)


def _shown(blocks: Iterable[Block], plan: CreditPlan, title: str, console: Console) -> Iterator[Block]:
    with live_line(console, " applications") as progress:
        task = progress.add_task(title, total=plan.applications)
        for block in blocks:
            yield block
            progress.advance(task, len(block))


def _read(folder: Path, name: str) -> pa.Table:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise DataUnknown(f"The folder {folder} has no {path.name}; get it with: trireme data fetch RECIPE --out DIR")
    try:
        with storage_errors(folder):
            return pq.read_table(path)
    except pa.ArrowException as error:
        raise DataDamaged(f"The file {path.name} is no Parquet file, or is damaged.") from error


def _blocks(tables: dict[str, pa.Table], outcomes: pa.Table) -> Iterator[dict[str, pa.Table]]:
    """Some applications at a time with all of their rows; ids ascend in each table."""
    ids = outcomes["application_id"].to_numpy()
    owners = {name: table["application_id"].to_numpy() for name, table in tables.items()}
    for start in range(0, len(ids), BLOCK):
        ends = ids[start], ids[min(start + BLOCK, len(ids)) - 1] + 1
        spans = {name: np.searchsorted(owners[name], ends).tolist() for name in tables}
        yield {name: tables[name].slice(first, last - first) for name, (first, last) in spans.items()}
