"""Connections to PostgreSQL and SQLite, and what goes wrong with them as one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from training.tables.errors import DatabaseFailed, DatabaseUnnamed

ENVIRONMENT = "env:"
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
CONNECT_TIMEOUT_S = 10
POSTGRESQL_REASONS = {
    "08": "the connection broke",
    "22021": "a text holds a character that it can't store",
    "22": "a value doesn't fit its column",
    "23": "a row breaks a constraint of the table",
    "2B": "other things depend on the table",
    "25": "it allows no writing",
    "28": "it doesn't accept the user or the password",
    "3D": "there is no such database",
    "42501": "the user may not do that",
    "42P01": "there is no such table",
    "42P07": "the table exists already",
    "42703": "there is no such column",
    "42": "it doesn't understand the query",
    "53100": "its disk is full",
    "53": "it lacks memory or connections",
    "57014": "the query was cancelled",
    "57": "it is shutting down",
}
"""By SQLSTATE, or its class."""
SQLITE_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": "another process holds it",
    "SQLITE_READONLY": "it can't be written",
    "SQLITE_CANTOPEN": "the file can't be opened",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_ERROR": "it doesn't understand the query, or there is no such table or column",
    "SQLITE_CONSTRAINT": "a row breaks a constraint of the table",
}


def database_url(text: str) -> URL:
    """SQLAlchemy's URL of `postgresql://…` or `sqlite:///…`, or of the environment variable that `env:NAME` names.

    Raises `DatabaseUnnamed`, whose sentence never holds the URL: it has a password in it.
    """
    if text.startswith(ENVIRONMENT):
        return _variable(text.removeprefix(ENVIRONMENT))
    return _parsed(text, "The database's URL")


def connect(url: URL, *, must_exist: bool = False) -> Engine:
    """An engine without a pool; nothing is connected yet.

    Raises `DatabaseFailed` where a SQLite file must exist and doesn't: to read from it would make an empty one.
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and must_exist and not Path(url.database or "").is_file():
        raise DatabaseFailed("The database refuses: there is no such file.")
    arguments = {"timeout": CONNECT_TIMEOUT_S} if is_sqlite else {"connect_timeout": CONNECT_TIMEOUT_S}
    engine = sa.create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    if is_sqlite:
        _begin_explicitly(engine)
    return engine


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn an error of the database inside into `DatabaseFailed`."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        raise DatabaseFailed(f"The database refuses: {reason(getattr(error, 'orig', error))}.") from None
    except SQLAlchemyError as error:
        raise DatabaseFailed(f"The database can't do that ({type(error).__name__}).") from None


def reason(error: object) -> str:
    """Why a driver raised this, in words that hold neither values nor passwords."""
    state = getattr(error, "sqlstate", None)
    if state:
        return POSTGRESQL_REASONS.get(state) or POSTGRESQL_REASONS.get(state[:2]) or f"SQLSTATE {state}"
    name = getattr(error, "sqlite_errorname", None)
    if name:
        return next((text for known, text in SQLITE_REASONS.items() if name.startswith(known)), name)
    return _connection_reason(str(error))


def _connection_reason(text: str) -> str:
    # While it connects, the driver has the server's words only.
    for sign, meaning in (
        ("password authentication failed", POSTGRESQL_REASONS["28"]),
        ("no password supplied", POSTGRESQL_REASONS["28"]),
        ("does not exist", "there is no such user or database"),
    ):
        if sign in text:
            return meaning
    return "it can't be reached"


def _variable(name: str) -> URL:
    value = os.environ.get(name)
    if not value:
        raise DatabaseUnnamed(f"The environment variable {name} isn't set; it should hold the database's URL.")
    return _parsed(value, f"The environment variable {name}")


def _parsed(text: str, what: str) -> URL:
    try:
        url = sa.make_url(text)
        return url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        raise DatabaseUnnamed(
            f"{what} is none that can be used: it begins with postgresql:// or sqlite:///, or is env: and a variable's "
            "name."
        ) from None


def _begin_explicitly(engine: Engine) -> None:
    """Have SQLite's transactions hold CREATE TABLE too, which Python's driver keeps out of them by itself."""

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
