"""`python -m gateway.drift.benchmark`: what a look at drift costs, and what the three numbers of a picture cost."""

import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
from pydantic import SecretStr

from contract.columns import Column
from contract.drift.comparison import Present, compare
from contract.drift.pictures import figures
from contract.drift.reference import answers_of, reference_of_rows
from contract.drift.summaries import Values
from contract.inputs import TableInput
from contract.moments import Span
from contract.names import ModelVersion
from contract.table import Encoder
from gateway.database.engine import Database, open_database
from gateway.database.migrating import prepare
from gateway.database.settings import DatabaseSettings
from gateway.drift.sampling import sample
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.inserting import insert

ROWS, COLUMNS, BATCH = 2_600, 189, 200
SIZES = (32, 224)
NAME = ModelVersion("wide", 1)
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = Span(START, START + timedelta(hours=1))


def main() -> None:
    """Print milliseconds."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for size in SIZES:
        picture = np.random.default_rng(0).integers(0, 256, (size, size, 3)).astype(np.uint8)
        _tell(f"the numbers of a picture of {size}×{size}", partial(figures, picture), 2_000)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_look(Path(folder)))


async def _look(folder: Path) -> None:
    settings = DatabaseSettings(database=SecretStr(f"sqlite:///{folder}/trireme.db"))
    prepare(settings)
    rows = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    schema = TableInput(columns=tuple(Column(name=f"column_{place}", type="float") for place in range(COLUMNS)))
    async with open_database(settings) as database:
        await _fill(database, schema, rows)
        began = time.perf_counter()
        taken = await sample(database, NAME, HOUR, ROWS)
        print(f"read {len(taken.labels):,} predictions of SQLite: {(time.perf_counter() - began) * 1_000:.0f} ms")
    given = [json.loads(text) for text in taken.features if text is not None]
    _tell(f"encode {ROWS:,} rows of {COLUMNS} columns", lambda: Encoder(schema).rows(given), 3)
    probabilities = np.full((ROWS, 2), 0.5, np.float32)
    reference, _ = reference_of_rows(schema, rows, ("good", "bad"), probabilities)
    present = Present(dict(zip(schema.names, rows.T, strict=True)), *answers_of(probabilities))
    _tell(f"compare {COLUMNS} features", lambda: compare(reference, present, at_least=200), 3)


async def _fill(database: Database, schema: TableInput, rows: Values) -> None:
    for start in range(0, ROWS, BATCH):
        await insert(database, [_entry(schema, number, rows[number]) for number in range(start, start + BATCH)])


def _entry(schema: TableInput, number: int, row: Values) -> bytes:
    moment = START + (HOUR.until - START) * number / ROWS
    given = {
        "id": str(UUID(int=UUID(lowest_id(moment)).int | 0x7000_8000_0000_0000_0000 | number)),
        "time": moment.isoformat(),
        "kind": "row",
        "model": NAME.model,
        "version": NAME.version,
        "label": "good",
        "probability": 0.5,
        "features": dict(zip(schema.names, row.tolist(), strict=True)),
        "latency_ms": 1.0,
        "principal": "benchmark",
        "trace_id": "0" * 32,
    }
    return json.dumps(given).encode()


def _tell(what: str, run: Callable[[], object], rounds: int) -> None:
    run()
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        run()
        times.append((time.thread_time() - start) * 1_000)
    print(f"{what}: {statistics.median(times):.3g} ms of processor time")


if __name__ == "__main__":
    main()
