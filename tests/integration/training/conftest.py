from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def run(trained: Path) -> Path:
    """The folder of a finished run of `fast` on the sample."""
    return trained
