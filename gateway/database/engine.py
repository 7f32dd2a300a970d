"""Connections to the database."""

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.database import sqlite
from gateway.database.errors import DatabaseUnavailable
from gateway.database.settings import DatabaseSettings
from gateway.database.url import connect_args, for_loop, parse


class Database:
    """The database, for code on the event loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @property
    def is_postgresql(self) -> bool:
        """Whether it is PostgreSQL; SQLite otherwise."""
        return self.engine.dialect.name == "postgresql"

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction: committed at the end, rolled back on an error.

        Raises `DatabaseUnavailable` where the database is away or too slow.
        """
        try:
            async with self.engine.begin() as connection:
                yield connection
        except (PoolTimeout, TimeoutError, OSError):
            raise DatabaseUnavailable from None
        except DBAPIError as error:
            if _is_away(error):
                raise DatabaseUnavailable from None
            raise


def _is_away(error: DBAPIError) -> bool:
    """Whether the fault is the connection's, or the server's state, rather than the statement's."""
    return error.connection_invalidated or isinstance(error, OperationalError)


@contextlib.asynccontextmanager
async def open_database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The database that the settings name, whose schema must be up to date; connects when it is first used."""
    engine = create_engine(parse(settings.database.get_secret_value()), settings)
    try:
        yield Database(engine)
    finally:
        await engine.dispose()


def create_engine(url: URL, settings: DatabaseSettings) -> AsyncEngine:
    """An engine for the event loop."""
    seconds = settings.database_timeout_s
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(for_loop(url), connect_args={"timeout": seconds})
        sqlite.set_up(engine, seconds)
        return engine
    return create_async_engine(
        for_loop(url),
        pool_size=settings.database_connections,
        max_overflow=0,
        pool_timeout=seconds,
        pool_pre_ping=True,
        connect_args=connect_args(seconds) | {"options": _options(round(seconds * 1000))},
    )


def _options(milliseconds: int) -> str:
    # The second: a process that is paused in the middle of a transaction must not keep its locks from all others.
    names = ("statement_timeout", "idle_in_transaction_session_timeout")
    return " ".join(f"-c {name}={milliseconds}" for name in names)
