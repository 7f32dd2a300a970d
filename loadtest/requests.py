"""Each request that Locust's users sent, as a Parquet file."""

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loadtest.errors import LocustFailed

STARTED = b"started"
"""Key of the metadata that says when the test began, in seconds since 1970."""
SCHEMA = pa.schema(
    [
        ("time", pa.float64()),  # when the answer had come, in seconds since 1970
        ("name", pa.string()),
        ("ms", pa.float64()),  # from the request's sending to the answer's end
        ("error", pa.string()),  # null: it was right
    ]
)


class RequestLog:
    """Takes note of requests; a listener of Locust's events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = time.time()
        self._rows: list[dict[str, Any]] = []

    def start(self, **_: Any) -> None:
        """The test begins."""
        self._started = time.time()

    def note(self, name: str, response_time: float, exception: BaseException | None, **_: Any) -> None:
        """A request is over."""
        error = None if exception is None else str(exception)
        self._rows.append({"time": time.time(), "name": name, "ms": response_time, "error": error})

    def write(self, **_: Any) -> None:
        """The test is over."""
        table = pa.Table.from_pylist(self._rows, SCHEMA)
        pq.write_table(table.replace_schema_metadata({STARTED: str(self._started)}), self._path)


def read(path: Path) -> tuple[float, pa.Table]:
    """When a test began, and its requests; raises `LocustFailed` where they weren't written."""
    try:
        table = pq.read_table(path)
        return float(table.schema.metadata[STARTED]), table
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException):
        raise LocustFailed("Locust ended without the list of its requests.") from None
