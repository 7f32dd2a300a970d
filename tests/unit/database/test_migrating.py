"""The database's schema: brought up to date, or refused."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.database.engine import Database, open_database
from gateway.database.errors import DatabaseUnavailable, DatabaseUnknown, SchemaOutdated
from gateway.database.migrating import current, newest, prepare
from gateway.database.settings import DatabaseSettings
from gateway.database.url import parse


def settings(folder: Path, migrate: str = "auto") -> DatabaseSettings:
    return DatabaseSettings(database=SecretStr(f"sqlite:///{folder}/state/trireme.db"), database_migrate=migrate)


def test_a_start_brings_the_schema_up_to_date(tmp_path: Path) -> None:
    found = settings(tmp_path)
    prepare(found)
    prepare(found)
    assert current(parse(found.database.get_secret_value())) == newest()


def test_a_start_that_only_checks_refuses_another_schema(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(SchemaOutdated, match="trireme database upgrade"):
        prepare(settings(tmp_path, "check"))
    prepare(settings(tmp_path))
    prepare(settings(tmp_path, "check"))


async def insert_and_fail(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        await connection.execute(text("INSERT INTO t VALUES (NULL)"))


async def test_an_error_undoes_a_transaction(tmp_path: Path) -> None:
    found = settings(tmp_path)
    prepare(found)
    async with open_database(found) as database:
        async with database.transaction() as connection:
            await connection.execute(text("CREATE TABLE t (n INTEGER NOT NULL)"))
        with pytest.raises(IntegrityError):
            await insert_and_fail(database)
        async with database.transaction() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0


async def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    found = DatabaseSettings(database=SecretStr("postgresql://nobody:secret@127.0.0.1:9/none"))
    with pytest.raises(DatabaseUnavailable):
        prepare(found)
    async with open_database(found) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction():
                raise AssertionError


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "no url", ""])
def test_other_databases_are_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(DatabaseUnknown) as error:
        parse(url)
    assert "secret" not in error.value.detail
