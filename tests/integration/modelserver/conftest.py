"""Fixtures of the model server's integration tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.modelserver.rig import Rig, alive, eventually, named


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture(autouse=True)
def nothing_remains() -> Iterator[None]:
    """Whatever a test does, no Triton that it started outlives it."""
    yield
    children = psutil.Process(os.getpid()).children(recursive=True)
    servers = named(alive(children), "triton")
    eventually(lambda: not alive(servers), what=f"the end of {servers}")
