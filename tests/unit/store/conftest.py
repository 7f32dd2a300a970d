from pathlib import Path

import pytest
from obstore.store import MemoryStore

from tests.support.versions import make_version
from training.store.objects import Objects
from training.store.versions import VersionStore


@pytest.fixture
def bucket() -> MemoryStore:
    """What a bucket holds."""
    return MemoryStore()


@pytest.fixture
def versions(bucket: MemoryStore) -> VersionStore:
    return VersionStore(Objects(bucket))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with version 3 of `tiny`."""
    make_version(tmp_path / "repository", "tiny", 3)
    return tmp_path / "repository"
