import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.retrain.workshop import Workshop
from tests.support.job_rows import sqlite_jobs
from training.publish import publish


@pytest.fixture(scope="session")
def published(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the trained run as version 1; tests must not write to it."""
    root = tmp_path_factory.mktemp("published")
    publish(trained, root)
    return root


@pytest.fixture
def workshop(published: Path, tmp_path: Path) -> Iterator[Workshop]:
    """A place with a champion."""
    shutil.copytree(published, tmp_path / "repository")
    with sqlite_jobs(tmp_path) as rows:
        yield Workshop(tmp_path, rows)
