"""Fixtures of more than one package's tests."""

import os
from pathlib import Path

import pytest

# Before a test imports ONNX Runtime, which else reports its use to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training run; tests must not write to it."""
    from tests.support.trained import trained_run

    return trained_run(tmp_path_factory.mktemp("trained"))
