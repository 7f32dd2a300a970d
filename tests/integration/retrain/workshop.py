"""A place where jobs are done by real processes: a database, a repository with a champion, uploaded pictures."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tests.support.job_rows import JobRows
from training.retrain.desk import JobDesk
from training.retrain.harness import Harness
from training.retrain.kinds import find_work
from training.retrain.stops import stops
from training.settings import TrainingSettings

COMMAND = (sys.executable, "-m", "tests.support.retrain_command")
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Workshop:
    """The folders of a gateway and of its jobs."""

    root: Path
    rows: JobRows
    given: Mapping[str, str] = field(default_factory=dict)
    """Of the environment of jobs in processes of their own."""

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    @property
    def examples(self) -> Path:
        return self.root / "examples"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    def environment(self, fault: str = "") -> dict[str, str]:
        """What a gateway gives a job, and where this place's files lie."""
        return {
            **os.environ,
            "TRAINING_DATABASE": self.rows.url,
            "TRAINING_EXAMPLES": str(self.examples),
            "TRAINING_REPOSITORY": str(self.repository),
            "TRAINING_RUNS_DIR": str(self.runs),
            "TRAINING_CACHE_DIR": str(self.root / "cache"),
            "TRAINING_DATA_DIR": str(self.root / "cifar10"),
            "TRAINING_PRECISION": "float32",
            "TRAINING_CHECKPOINT_STEPS": "2",
            "FAULT": fault,
            **self.given,
        }

    def do(self, job: str, **changes: Any) -> dict[str, Any]:
        """Do the first attempt in this process; returns the row after it."""
        given = {
            "examples": str(self.examples),
            "repository": str(self.repository),
            "database": SecretStr(self.rows.url),
            **changes,
        }
        settings = TrainingSettings(
            _env_file=None,
            runs_dir=self.runs,
            cache_dir=self.root / "cache",
            data_dir=self.root / "cifar10",
            **given,
        )
        with stops(None) as stop:
            assert Harness(settings, JobDesk(self.rows.engine, job, 1), stop, find_work).run()
        return self.rows.row(job)

    @contextmanager
    def started(self, job: str, attempt: int, fault: str = "") -> Iterator[subprocess.Popen[str]]:
        """An attempt under way, whose standard input is a pipe that is held open; ended at the end."""
        reader, writer = os.pipe()
        command = [*COMMAND, "--job", job, "--attempt", str(attempt)]
        output, environment = subprocess.PIPE, self.environment(fault)
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=reader, stdout=output, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                os.close(reader)
                yield process
            finally:
                process.kill()
                os.close(writer)


def eventually(holds: Callable[[], bool], process: subprocess.Popen[str], timeout_s: float = 250) -> None:
    """Wait for something that a process does; fails where it ends before."""
    end = time.monotonic() + timeout_s
    while not holds():
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.1)
