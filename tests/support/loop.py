"""A gateway's database, uploaded examples, a model repository and runs in one folder; jobs run as processes."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from obstore.store import LocalStore, ObjectStore
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from contract.card import VersionCard
from contract.examples.batch import Batch
from contract.jobs.documents import EvaluateParameters, EvaluationResult, Progress, RetrainParameters, RetrainResult
from contract.names import ModelVersion
from contract.repository import ModelRepository
from gateway.database.migrating import upgrade
from tests.support.job_rows import JobRows
from tests.support.uploads import Objects, store_batch
from training.retrain.examples import ExampleReader
from training.retrain.work import Office
from training.settings import TrainingSettings

COMMAND = "training.retrain"
LIMIT_S = 600


@dataclass(frozen=True)
class Loop:
    """Does jobs as a gateway's launcher starts them."""

    root: Path
    rows: JobRows
    store: ObjectStore

    @property
    def runs(self) -> Path:
        """The runs' folder."""
        return self.root / "runs"

    @property
    def repository(self) -> ModelRepository:
        """The model repository."""
        return ModelRepository(self.root / "repository")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a job, and of commands that train."""
        return {
            **os.environ,
            "TRAINING_DATABASE": self.rows.url,
            "TRAINING_EXAMPLES": str(self.root / "examples"),
            "TRAINING_REPOSITORY": str(self.repository.root),
            "TRAINING_RUNS_DIR": str(self.runs),
            "TRAINING_PRECISION": "float32",
            "TRAINING_DATA_DIR": str(self.root / "cifar10"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def upload(self, batch: tuple[Batch, Objects]) -> str:
        """Put a batch into the store; returns its id."""
        return store_batch(self.store, *batch).id

    def do(
        self,
        model: str,
        parameters: RetrainParameters | EvaluateParameters,
        champion: int | None = None,
        command: str = COMMAND,
    ) -> "Done":
        """A job from its row to its row, by a module that does jobs."""
        job = self.rows.add(model, parameters, champion=champion)
        self._run(command, "--job", job, "--attempt", "1")
        return Done(self.rows.row(job), self.rows.events(job, "progress"))

    def office(self, model: str, folder: Path) -> Office:
        """Where the work of a model's job is done within this process, with what it needs in a folder of its own."""
        settings = TrainingSettings(
            _env_file=None,
            runs_dir=self.runs,
            repository=str(self.repository.root),
            database=SecretStr(self.rows.url),
            cache_dir=self.root / "cache",
        )
        console = Console(file=io.StringIO())
        return Office(settings, self.repository, ExampleReader(self.store, model), folder, console, Heard())

    def card(self, model: str, version: int) -> VersionCard:
        """A version's card, after its files were checked."""
        return self.repository.verify(ModelVersion(model, version))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
        )
        if done.returncode:
            raise AssertionError(f"{arguments} ended with {done.returncode}:\n{done.stderr[-4000:]}")


@dataclass
class Heard:
    """A reporter that keeps what it is told; `stop_at` says where it asks the work to stop."""

    told: list[Progress] = field(default_factory=list)
    stop_at: Callable[[Progress], bool] = lambda _: False
    is_wanted: bool = True
    lines: list[str] = field(default_factory=list)

    def progress(self, progress: Progress) -> None:
        """As `training.retrain.work.Reporter` says."""
        self.told.append(progress)

    def log(self, line: str) -> None:
        """As `training.retrain.work.Reporter` says."""
        self.lines.append(line)

    def check(self) -> None:
        """As `training.retrain.work.Reporter` says."""
        if self.told and self.stop_at(self.told[-1]):
            raise KeyboardInterrupt

    def may_reveal(self) -> bool:
        """As `training.retrain.work.Reporter` says."""
        return self.is_wanted


@dataclass(frozen=True)
class Done:
    """A job that ended."""

    row: Mapping[str, Any]
    progress: list[dict[str, Any]]

    @property
    def retrain(self) -> RetrainResult:
        """What a retrain came to, which must be there."""
        return RetrainResult.model_validate(self._result)

    @property
    def evaluation(self) -> EvaluationResult:
        """What an evaluation came to, which must be there."""
        return EvaluationResult.model_validate(self._result)

    @property
    def _result(self) -> object:
        assert self.row["state"] in ("succeeded", "rejected"), self.row["reason"]
        return self.row["result"]


@contextmanager
def open_loop(root: Path) -> Iterator[Loop]:
    """All of it, empty, below a folder."""
    url = f"sqlite:///{root / 'gateway.db'}"
    upgrade(make_url(url))
    engine = create_engine(url)
    yield Loop(root, JobRows(url, engine), LocalStore(root / "examples", mkdir=True))
    engine.dispose()
