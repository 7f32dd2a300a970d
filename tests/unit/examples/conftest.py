from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.table_versions import make_table_version
from tests.support.versions import make_version
from tests.unit.gateway.rig import gateway


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_version(tmp_path / "models", "tiny", 1)
    make_table_version(tmp_path / "models", "credit", 1, target="outcome")
    return tmp_path / "models"


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository) as http:
        yield http
