import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.versions import make_version
from tests.unit.identity.rig import Asking, asking


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    return root


@pytest.fixture(scope="package")
def database(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves: made once, since it takes a while."""
    state = tmp_path_factory.mktemp("state")

    async def start() -> None:
        async with asking(repository, state):
            pass

    asyncio.run(start())
    return state / "trireme.db"


@pytest.fixture
async def gateway(repository: Path, tmp_path: Path, database: Path) -> AsyncIterator[Asking]:
    shutil.copy(database, tmp_path)
    async with asking(repository, tmp_path) as gateway:
        yield gateway
