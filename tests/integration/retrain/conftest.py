from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.retrain.workshop import Workshop
from tests.support.cifar10 import write_batches
from tests.support.job_rows import sqlite_jobs
from tests.support.versions import make_version
from training.data import cifar10


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A place with a champion, version 8."""
    make_version(tmp_path / "repository", "cifar10", 8)
    with sqlite_jobs(tmp_path) as rows:
        yield Workshop(tmp_path, rows)


@pytest.fixture
def the_sample(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample of CIFAR-10 is what jobs in this process take for CIFAR-10."""
    monkeypatch.setattr(cifar10, "DIGESTS", write_batches(workshop.root / "cifar10"))
