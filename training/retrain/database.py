"""Connecting to the gateways' database."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from training.retrain.errors import JobStoreAway

DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
TIMEOUT_S = 5
"""For a connection, for one statement, and for SQLite's lock."""


def open_engine(text: str) -> Engine:
    """An engine for the database that a gateway's setting names; connects when it is used.

    Raises `JobStoreAway` where that is no such URL; the sentence doesn't repeat it: it may hold a password.
    """
    try:
        url = make_url(text)
        driver = DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError):
        raise JobStoreAway("TRAINING_DATABASE is no URL of an SQLite or PostgreSQL database.") from None
    url = url.set(drivername=f"{url.get_backend_name()}+{driver}")
    # A connection for each step: a beat every few seconds costs nothing, and none outlives its server.
    return _sqlite(url) if driver == "pysqlite" else _postgresql(url)


def _sqlite(url: URL) -> Engine:
    # `rw`: a job never makes the database, which would be empty.
    place = url.set(database=f"file:{url.database}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(place, connect_args={"timeout": TIMEOUT_S}, poolclass=NullPool)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgresql(url: URL) -> Engine:
    arguments = {
        "connect_timeout": TIMEOUT_S,
        "tcp_user_timeout": 1000 * TIMEOUT_S,
        "options": f"-c statement_timeout={1000 * TIMEOUT_S}",
    }
    return create_engine(url, connect_args=arguments, poolclass=NullPool)
