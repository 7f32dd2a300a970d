"""The database's schema: brought up to date, or refused."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from gateway.database import migrations
from gateway.database.engine import Database, open_database
from gateway.database.errors import DatabaseUnavailable, DatabaseUnknown, SchemaOutdated
from gateway.database.migrating import current, newest, prepare
from gateway.database.settings import DatabaseSettings
from gateway.database.url import for_threads, parse

VERSIONS = Path(migrations.__file__).parent / "versions"


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


@pytest.mark.parametrize("migrate", ["auto", "check"])
def test_a_program_that_starts_again_takes_a_newer_program_s_schema_as_it_is(tmp_path: Path, migrate: str) -> None:
    found = settings(tmp_path, migrate)
    prepare(settings(tmp_path))
    url = parse(found.database.get_secret_value())
    with create_engine(for_threads(url)).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    prepare(found)
    assert current(url) == "9999"


def test_migrations_only_add() -> None:
    # Gateways of the version before go on with the new schema (docs/decisions/0023-the-schema-only-grows.md).
    code = "".join(path.read_text() for path in VERSIONS.glob("r*.py"))
    used = set(re.findall(r"\bop\.(\w+)", code))
    assert used <= {"create_table", "create_index", "add_column", "get_bind", "execute"}
    assert "DROP" not in code.upper()


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
