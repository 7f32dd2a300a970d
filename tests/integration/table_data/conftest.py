from collections.abc import Iterator

import pytest

from tests.support.postgres import run_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL."""
    with run_postgres() as url:
        yield url
