"""Both databases: a SQLite file each, and a PostgreSQL that the tests share; and a repository of two versions."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.database.engine import Database
from gateway.rollout.keeper import LEASE
from gateway.rollout.leases import Leases
from tests.integration.prediction_log.conftest import database, postgres, postgresql, url
from tests.support.versions import make_version

__all__ = ["database", "postgres", "postgresql", "url"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for version in (1, 2):
        make_version(tmp_path / "repository", "tiny", version)
    return tmp_path / "repository"


@pytest.fixture
async def unkept(database: Database) -> AsyncIterator[Database]:
    """A database whose rollouts no gateway keeps: the test does."""
    leases = Leases(database)
    lease = await leases.acquire(LEASE, "the test", 10_000)
    assert lease is not None
    yield database
    await leases.release(lease)
