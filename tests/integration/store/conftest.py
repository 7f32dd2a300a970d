from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.s3 import S3Server
from tests.support.versions import make_version


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server that tests leave running."""
    with S3Server() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with version 3 of `tiny`."""
    make_version(tmp_path / "repository", "tiny", 3)
    return tmp_path / "repository"
