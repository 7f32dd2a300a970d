"""The log as a Parquet file."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contract.files import sync_folder
from gateway.database.engine import Database
from gateway.history.answers import LoggedPrediction
from gateway.history.query import Filters
from gateway.history.records import oldest_first, with_feedback
from gateway.prediction_log.tables import PREDICTIONS

PAGE_ROWS = 5000
"""Read by one statement, and written as one row group: memory doesn't grow with the log."""

_TIME = pa.timestamp("ms", tz="UTC")
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("time", _TIME),
        ("kind", pa.string()),
        ("model", pa.string()),
        ("version", pa.int32()),
        ("label", pa.string()),
        ("probability", pa.float64()),
        ("probabilities", pa.list_(pa.float64())),
        ("decision", pa.string()),
        ("band", pa.string()),
        ("row_id", pa.string()),
        ("input_digest", pa.string()),
        # As JSON: each model has columns of its own.
        ("features", pa.string()),
        ("summary", pa.string()),
        ("latency_ms", pa.float64()),
        ("principal", pa.string()),
        ("trace_id", pa.string()),
        ("feedback_label", pa.string()),
        ("feedback_time", _TIME),
        ("feedback_principal", pa.string()),
    ]
)


async def export(database: Database, filters: Filters, path: Path, tell: Callable[[int], None]) -> int:
    """Write the entries that pass the filters, the oldest first, and say how many they are; `tell` hears of progress.

    The file appears when it is complete. Raises `DatabaseUnavailable` or `OSError`.
    """
    rows = 0
    with _beside(path) as temporary, pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as writer:
        async for page in _pages(database, filters):
            writer.write_batch(pa.RecordBatch.from_pylist([_row(one) for one in page], SCHEMA))
            rows += len(page)
            tell(rows)
    return rows


async def _pages(database: Database, filters: Filters) -> AsyncIterator[Sequence[LoggedPrediction]]:
    after: list[Any] = []
    while True:
        # A transaction each: a partition can be dropped in between, and nobody waits for an export.
        async with database.transaction() as connection:
            found = await connection.execute(oldest_first([*filters.conditions(), *after], PAGE_ROWS))
            page = await with_feedback(connection, found)
        if not page:
            return
        yield page
        after = [PREDICTIONS.c.id > page[-1].id]


def _row(one: LoggedPrediction) -> dict[str, Any]:
    said = one.feedback
    return {
        **dict(one),
        "features": _json(one.features),
        "summary": _json(one.summary),
        "feedback_label": said and said.label,
        "feedback_time": said and said.time,
        "feedback_principal": said and said.principal,
    }


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


@contextmanager
def _beside(path: Path) -> Iterator[str]:
    """A file beside `path` that takes its place at the end, or is gone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    try:
        yield name
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
