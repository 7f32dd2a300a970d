"""What SQLite has to be told on each connection."""

import math
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

# FULL: what was committed outlives a loss of power; the prediction log forgets an entry that the database has.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
STEPS = 10_000
"""Of SQLite's virtual machine, between two looks at the clock: some tenths of a millisecond."""
DEADLINE = "deadline"


def set_up(engine: AsyncEngine, timeout_s: float) -> None:
    """Set the pragmas of each connection, and end each statement that takes longer than `timeout_s` seconds.

    PostgreSQL has a setting for that; SQLite asks a function now and then whether to go on.
    """

    def connected(connection: Any, record: Any) -> None:
        _set_pragmas(connection)
        connection.run_async(lambda raw: raw.set_progress_handler(lambda: _is_over(record.info), STEPS))

    def begins(connection: Any, *_: object) -> None:
        connection.info[DEADLINE] = time.monotonic() + timeout_s

    def ended(connection: Any, *_: object) -> None:
        connection.info.pop(DEADLINE, None)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "before_cursor_execute", begins)
    event.listen(engine.sync_engine, "after_cursor_execute", ended)


def _set_pragmas(connection: Any) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _is_over(info: dict[str, float]) -> bool:
    return time.monotonic() > info.get(DEADLINE, math.inf)
