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


@pytest.fixture
async def gateway(repository: Path, tmp_path: Path) -> AsyncIterator[Asking]:
    async with asking(repository, tmp_path) as gateway:
        yield gateway
