"""`trireme figures`; what it needs is imported when it runs."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from contract.files import write_atomically
from contract.repository import ANSWERS
from training.console import tell
from training.data.storage import storage_errors
from training.publish.cli import find_run
from training.runs import FinishedRun, RunRecord, kind_of
from training.settings import TrainingSettings

if TYPE_CHECKING:
    from contract.decision import Decision
    from training.figures.curves import Table

METRICS = "metrics.json"

figures = typer.Typer(add_completion=False)


@figures.command("figures")
def write_figures(
    run: Annotated[str, typer.Argument(help="A run's id or folder.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write into; its files of these names go.")],
) -> None:
    """Write a run's figures as JSON, and its curves and confusion as CSV, for tools that compare runs."""
    from training.figures.curves import tables  # noqa: PLC0415  see the module's docstring
    from training.figures.metrics import figures as figures_of  # noqa: PLC0415
    from training.report.answers import Answers  # noqa: PLC0415

    folder = find_run(TrainingSettings().runs_dir, run)
    record, positive = _read(folder)
    with storage_errors(folder):
        answers = Answers.read(folder / ANSWERS)
    content = json.dumps(figures_of(record.evaluation), indent=2) + "\n"
    with storage_errors(out):
        write_atomically(out / METRICS, content.encode())
        for name, table in tables(answers, record.output.labels, positive).items():
            write_atomically(out / f"{name}.csv", _csv(table).encode())
    tell(Console(), f"The figures of run {record.id} are in {out}.")


def _read(folder: Path) -> tuple[FinishedRun, str | None]:
    """The record of a finished run, and the label that its curves are about: the positive one of two."""
    record, decision = _record(folder)
    labels = record.output.labels
    last = labels[-1] if len(labels) == 2 else None
    return record, decision.positive if decision else last


def _record(folder: Path) -> "tuple[FinishedRun, Decision | None]":
    if kind_of(folder) == "image":
        return RunRecord.read(folder), None
    from training.tables.run import TableRunRecord  # noqa: PLC0415  see the module's docstring

    record = TableRunRecord.read(folder)
    return record, record.decision


def _csv(table: "Table") -> str:
    columns, rows = table
    lines: Iterable[tuple[str | float, ...]] = (columns, *rows)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
