"""A repository whose versions have references, and both databases."""

from pathlib import Path

import pytest

from tests.integration.prediction_log.conftest import database, postgres, postgresql, url
from tests.support.drifting import make_watched_pictures, make_watched_table
from tests.support.table_versions import make_table_version

__all__ = ["database", "postgres", "postgresql", "url"]


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`credit` and `tiny` with a reference, `old` without one."""
    root = tmp_path_factory.mktemp("repository")
    make_watched_table(root)
    make_watched_pictures(root)
    make_table_version(root, model="old")
    return root
