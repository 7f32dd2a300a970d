"""From what a user writes to what drivers need."""

from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.database.errors import DatabaseUnknown

DRIVERS = {"sqlite": ("aiosqlite", "pysqlite"), "postgresql": ("psycopg", "psycopg")}
"""By kind of database: the driver for the event loop, and the one for threads."""


def parse(text: str) -> URL:
    """The URL of a database; raises `DatabaseUnknown`, which doesn't repeat it: it may hold a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise DatabaseUnknown from None
    if url.get_backend_name() not in DRIVERS:
        raise DatabaseUnknown
    return url


def for_loop(url: URL) -> URL:
    """The URL for async engines."""
    return url.set(drivername=f"{url.get_backend_name()}+{DRIVERS[url.get_backend_name()][0]}")


def for_threads(url: URL) -> URL:
    """The URL for sync engines."""
    return url.set(drivername=f"{url.get_backend_name()}+{DRIVERS[url.get_backend_name()][1]}")


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for all others, and for one in memory."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def connect_args(timeout_s: float) -> dict[str, Any]:
    """For PostgreSQL: what ends a connection whose other side is silent, as it is behind a cable that was cut."""
    seconds = max(2, round(timeout_s))
    return {
        "connect_timeout": seconds,
        # Milliseconds in which the other side acknowledges what was sent, and then signs of life while it says nothing.
        "tcp_user_timeout": 1000 * seconds,
        "keepalives_idle": seconds,
        "keepalives_interval": 1,
        "keepalives_count": seconds,
    }
