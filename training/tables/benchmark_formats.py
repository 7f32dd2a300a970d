"""`python -m training.tables.benchmark_formats [FILE]`: what a table takes as CSV and as Parquet.

Prints sizes, and the seconds until all rows are typed columns in memory: of CSV read as texts and converted, as
training reads it, and by pyarrow's own reader that guesses types; of Parquet. Without a file it makes rows of a seed.
"""

import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from training.console import tell
from training.hardware import read_hardware
from training.tables.data.conversion import convert_file
from training.tables.data.opening import open_file
from training.tables.data.problems import Problems
from training.tables.data.typed import TypedTable, look

CHUNK_ROWS = 20_000
QUIET = Console(quiet=True)
Row = list[object]


def main(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A CSV or Parquet file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Without a file: so many rows.")] = 356_255,
    columns: Annotated[int, typer.Option(min=3, help="Without a file: so many columns.")] = 189,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Measure, and print a table."""
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        source = _csv(file, Path(name)) if file else _made(Path(name) / "rows.csv", rows, columns)
        target = Path(name) / "rows.parquet"
        typed = look(open_file(source), (), QUIET)
        start = time.perf_counter()
        done = convert_file(typed, target, Problems(), QUIET, skip_bad=True)
        seconds = time.perf_counter() - start
        tell(console, f"{read_hardware()}; pyarrow {pa.__version__}; {rounds} rounds, median (least to most)")
        tell(console, f"{done.rows:,} rows × {len(typed.kinds)} columns; converted in {seconds:.1f} s")
        console.print(_table(source, target, typed, rounds))


def _table(source: Path, target: Path, typed: TypedTable, rounds: int) -> Table:
    readers: list[tuple[str, Path, Callable[[], object]]] = [
        ("CSV, as training reads it", source, lambda: list(typed.batches(Problems(), "", QUIET))),
        ("CSV, by pyarrow's reader", source, lambda: arrow_csv.read_csv(source)),
        ("Parquet", target, lambda: parquet.read_table(target)),
    ]
    measured = [(title, path.stat().st_size, _seconds(read, rounds)) for title, path, read in readers]
    size, seconds = measured[-1][1], statistics.median(measured[-1][2])
    table = Table("format", "MB", "times as large", "seconds to load", "times as long")
    for title, own, taken in measured:
        middle = statistics.median(taken)
        spread = f"{middle:.2f} ({min(taken):.2f} to {max(taken):.2f})"
        table.add_row(title, f"{own / 1e6:,.1f}", f"{own / size:.1f}", spread, f"{middle / seconds:.1f}")
    return table


def _seconds(read: Callable[[], object], rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        read()
        taken.append(time.perf_counter() - start)
    return taken


def _csv(file: Path, folder: Path) -> Path:
    """The file, or a CSV file with the rows of the Parquet file that it is."""
    if file.suffix != ".parquet":
        return file
    path = folder / "rows.csv"
    arrow_csv.write_csv(parquet.read_table(file), path)
    return path


def _made(path: Path, rows: int, columns: int) -> Path:
    """A CSV file with an id, words, counts, amounts in cents, and missing values."""
    chance = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *(f"c{number}" for number in range(1, columns))])
        for first in range(0, rows, CHUNK_ROWS):
            writer.writerows(_chunk(chance, first, min(CHUNK_ROWS, rows - first), columns))
    return path


def _chunk(chance: np.random.Generator, first: int, rows: int, columns: int) -> Iterator[tuple[object, ...]]:
    made: list[Row] = [list(range(first, first + rows))]
    made += [_column(chance, number, rows) for number in range(1, columns)]
    return zip(*made, strict=True)


def _column(chance: np.random.Generator, number: int, rows: int) -> Row:
    match number % 10:
        case 0:
            return list(np.array(["single", "married", "separated"])[chance.integers(0, 3, rows)])
        case 1 | 2 | 3:
            return list(chance.poisson(2, rows))
        case _:
            amounts = np.round(chance.lognormal(7, 1, rows), 2).tolist()
            return ["" if gone else amount for amount, gone in zip(amounts, chance.random(rows) < 0.1, strict=True)]


if __name__ == "__main__":
    typer.run(main)
