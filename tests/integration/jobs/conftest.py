"""Both databases, as in the tests of the prediction log, and a repository."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from gateway.database.engine import Database, open_database
from gateway.database.migrating import prepare
from gateway.database.settings import DatabaseSettings
from tests.support.postgres import Postgres
from tests.support.table_versions import make_table_version
from tests.support.versions import make_version


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_table_version(root, "credit", 1)
    return root


@pytest.fixture(scope="package")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def postgresql(postgres: Postgres) -> str:
    """The URL of a database of the test's own."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.url.removesuffix("postgres") + name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/trireme.db"
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    settings = DatabaseSettings(database=SecretStr(url))
    prepare(settings)
    async with open_database(settings) as database:
        yield database
