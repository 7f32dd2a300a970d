from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.s3 import S3Server
from tests.support.table_versions import make_table_version
from tests.support.versions import make_version


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server that tests leave running."""
    with S3Server() as server:
        yield server


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_table_version(root, "credit", 1, target="outcome")
    return root
