"""Where an experiment lies: the plan, and a folder for each cell, which is there whole or not at all."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from loadtest.errors import ExperimentInvalid
from loadtest.experiment.cells import Cell, cells
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Plan

PLAN, CELL, REPORT, TARGET = "plan.json", "cell.json", "report.html", "target.txt"
SECONDS, EVENTS = "seconds.parquet", "events.parquet"
UNFINISHED = ".part"


class Folder:
    """An experiment's folder."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self.plan = plan

    @property
    def target(self) -> str:
        """What it was tried on; empty before the first cell."""
        file = self.path / TARGET
        return file.read_text() if file.is_file() else ""

    def note_target(self, text: str) -> None:
        """Keep what it was tried on."""
        (self.path / TARGET).write_text(text)

    def is_done(self, cell: Cell) -> bool:
        """Whether a cell is there."""
        return (self.path / cell.name / CELL).is_file()

    def missing(self) -> Sequence[Cell]:
        """Cells that are still to run."""
        return [cell for cell in cells(self.plan) if not self.is_done(cell)]

    def outcomes(self) -> Sequence[Outcome]:
        """Of the cells that are done, in the plan's order."""
        done = (cell for cell in cells(self.plan) if self.is_done(cell))
        return [Outcome(**json.loads((self.path / cell.name / CELL).read_text())) for cell in done]

    def table(self, outcome: Outcome, name: str) -> pa.Table:
        """One of a cell's Parquet files."""
        return pq.read_table(self.path / Cell(outcome.replicas, outcome.users, outcome.repeat).name / name)

    @contextmanager
    def filling(self, cell: Cell) -> Iterator[Path]:
        """A folder for a cell's files, which gets its name when they are all there."""
        part = self.path / f"{cell.name}{UNFINISHED}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        part.rename(self.path / cell.name)


def begin(path: Path, plan: Plan) -> Folder:
    """The folder of a plan, new or to go on with; raises `ExperimentInvalid` where another plan made it."""
    file = path / PLAN
    if file.is_file():
        if json.loads(file.read_text()) != plan.document():
            raise ExperimentInvalid(f"{path} was made by another plan; name another folder with --out.")
    else:
        path.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(plan.document(), indent=2))
    return Folder(path, plan)


def find(path: Path) -> Folder:
    """A folder that is there; raises `ExperimentInvalid`."""
    try:
        return Folder(path, Plan.model_validate_json((path / PLAN).read_text()))
    except (OSError, ValidationError):
        raise ExperimentInvalid(f"{path} is no experiment's folder.") from None
