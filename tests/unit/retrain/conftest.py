from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.jobs.documents import RetrainParameters
from tests.support.job_rows import JobRows, sqlite_jobs
from training.retrain.desk import JobDesk


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[JobRows]:
    with sqlite_jobs(tmp_path) as rows:
        yield rows


@pytest.fixture
def job(rows: JobRows) -> str:
    """A claimed job."""
    return rows.add("cats-dogs", RetrainParameters(), champion=2)


@pytest.fixture
def desk(rows: JobRows, job: str) -> JobDesk:
    return JobDesk(rows.engine, job, 1)
