from collections.abc import Iterator

import pytest

from tests.support.postgres import run_postgres


@pytest.fixture(scope="package")
def postgres() -> Iterator[str]:
    with run_postgres() as url:
        yield url
