"""Fixtures of more than one package's tests."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training run; tests must not write to it."""
    from tests.support.trained import trained_run

    return trained_run(tmp_path_factory.mktemp("trained"))
