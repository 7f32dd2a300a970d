"""`python -m gateway.tables.benchmark_feature_table VERSION_FOLDER`: what a version's rows by id cost.

Prints the seconds and the memory of the first load, which encodes the table, and of a load from the cache; and the
microseconds of look-ups. Each load is in a process of its own.
"""

import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from contract.card import VersionCard
from contract.repository import CARD
from gateway.tables.feature_index import FeatureIndex, load

LOOKUPS = 2000
COUNTS = (1, 100)
"""Ids that are looked up at a time."""


def main(folder: Path) -> None:
    """Print a line for each."""
    card = VersionCard.model_validate_json((folder / CARD).read_bytes())
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="trireme-features-") as cache:
        for name in ("first load", "load from the cache"):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                seconds, computed, added_mb = process.submit(measure_load, card, folder, Path(cache)).result()
            print(f"{name:<20} {seconds:6.2f} s ({computed:.2f} s of processor), {added_mb:.0f} MB added at most")
        index = load(card, folder, Path(cache))
        print(f"{len(index.ids):,} rows × {index.features.shape[1]} columns")
        for count in COUNTS:
            print(_lookups(index, count))


def measure_load(card: VersionCard, folder: Path, cache: Path) -> tuple[float, float, float]:
    """Seconds of loading, seconds that it computes, and by how many MB of a million bytes it raises the peak memory."""
    started, computed, before = time.perf_counter(), time.process_time(), _peak_mb()
    load(card, folder, cache)
    return time.perf_counter() - started, time.process_time() - computed, _peak_mb() - before


def _lookups(index: FeatureIndex, count: int) -> str:
    chance = np.random.default_rng(0)
    times = []
    for _ in range(LOOKUPS):
        one = chance.choice(index.ids, count).tolist()
        wanted = [key.decode() if isinstance(key, bytes) else key for key in one]
        started = time.perf_counter()
        index.find(wanted)
        times.append((time.perf_counter() - started) * 1e6)
    low, middle, high = np.percentile(times, (5, 50, 95))
    return f"{count:>4} id(s) at random: {middle:6.0f} µs ({low:.0f} to {high:.0f}: 90 % of {LOOKUPS:,})"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # kilobytes on Linux


if __name__ == "__main__":
    main(Path(sys.argv[1]))
