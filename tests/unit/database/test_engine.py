"""Connections: what is the database's fault, and what ends one whose other side is silent."""

from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from gateway.database.engine import Database, open_database
from gateway.database.errors import DatabaseUnavailable
from gateway.database.settings import DatabaseSettings
from gateway.database.url import connect_args


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("", {}, psycopg.errors.AdminShutdown()), DatabaseUnavailable),
        (OperationalError("", {}, psycopg.errors.DiskFull()), DatabaseUnavailable),
        (OperationalError("", {}, psycopg.errors.QueryCanceled()), DatabaseUnavailable),
        (IntegrityError("", {}, psycopg.errors.UniqueViolation()), IntegrityError),
    ],
    ids=["shutting down", "disk full", "too slow", "the statement's own"],
)
async def test_what_the_server_cannot_do_now_is_unavailable(
    tmp_path: Path, error: DBAPIError, expected: type[Exception]
) -> None:
    async with open_database(DatabaseSettings(database=SecretStr(f"sqlite:///{tmp_path}/a.db"))) as database:
        with pytest.raises(expected):
            async with database.transaction():
                raise error


def test_a_silent_server_is_given_up_after_the_time_that_the_settings_say() -> None:
    given = connect_args(5.0)
    assert (given["connect_timeout"], given["tcp_user_timeout"], given["keepalives_idle"]) == (5, 5000, 5)
    psycopg.conninfo.make_conninfo("", **given)


ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"


async def test_a_statement_that_takes_too_long_is_ended_and_the_next_one_is_not(tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path}/a.db")
    async with open_database(DatabaseSettings(database=url, database_timeout_s=0.2)) as database:
        with pytest.raises(DatabaseUnavailable):
            await answer(database, ENDLESS)
        assert await answer(database, f"{ENDLESS.replace('FROM c)', 'FROM c WHERE n < 1000)')}") == 1000


async def answer(database: Database, statement: str) -> int:
    async with database.transaction() as connection:
        return int((await connection.execute(text(statement))).scalar_one())
