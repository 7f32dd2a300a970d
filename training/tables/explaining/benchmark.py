"""What explaining a row costs: `python -m training.tables.explaining.benchmark [trees] [leaves] [columns]`."""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np

from contract.columns import Column
from contract.explaining.explanation import Explainer
from contract.inputs import TableInput
from training.hardware import read_hardware
from training.tables.explaining.boosting import boosted_paths
from training.tables.explaining.features import Sources

ROWS, EXPLAINED = 20_000, 100


def main(trees: int = 400, leaves: int = 31, columns: int = 189) -> None:
    """Grow trees on noise, and print what their file holds and how long a row takes."""
    schema = TableInput(columns=tuple(Column(name=f"c{place}", type="float") for place in range(columns)))
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(ROWS, columns)).astype(np.float32)
    truth = rows[:, :20].sum(axis=1) + 2 * chance.normal(size=ROWS) > 0
    data = lightgbm.Dataset(rows, truth.astype(np.int64))
    booster = lightgbm.train({"objective": "binary", "num_leaves": leaves, "verbose": -1}, data, trees)
    sources = Sources.plain(schema)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explanation.npz"
        paths = boosted_paths(booster.dump_model(), sources)
        Explainer(sources.preparation, paths).write(path)
        explainer, size = Explainer.read(path), path.stat().st_size
    times = sorted(_milliseconds(explainer, row) for row in rows[:EXPLAINED])
    print(f"{read_hardware()}; {trees} trees of {leaves} leaves over {columns} columns")
    print(f"{len(paths.values):,} leaves, {len(paths.columns):,} conditions, {size / 1e6:.1f} MB as a file")
    print(f"a row: {median(times):.1f} ms (median of {EXPLAINED}; {times[0]:.1f} to {times[-1]:.1f})")


def _milliseconds(explainer: Explainer, row: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    begun = time.perf_counter()
    explainer.contributions(row)
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
