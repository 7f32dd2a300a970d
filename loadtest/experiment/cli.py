"""`trireme experiment`."""

import json
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

from loadtest.errors import LoadTestError
from loadtest.experiment import cells_text as texts
from loadtest.experiment import compare as comparing
from loadtest.experiment.cells import Cell, cells
from loadtest.experiment.folder import REPORT, Folder, begin, find
from loadtest.experiment.plan import Plan, read
from loadtest.experiment.report import page
from loadtest.experiment.running import run_missing
from loadtest.experiment.summary import document, label, published, rows, scaling, verdict
from loadtest.experiment.targets.opening import target_of

RUNS = Path(".trireme", "experiments")
BETWEEN_S = 6
"""Seconds that Locust takes to start and to end."""

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN.yaml", help="The matrix, and what it is tried on.")]
OutOption = Annotated[Path | None, typer.Option(metavar="DIR", help="Where it lies, or goes on.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="An experiment's folder.")]


class _PlanFirst(TyperGroup):
    """What isn't a command is a plan to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


experiment = typer.Typer(
    cls=_PlanFirst,
    add_completion=False,
    no_args_is_help=True,
    help="Measure how serving scales: `trireme experiment PLAN.yaml`, and compare two such runs.",
)


@experiment.command("run")
def run_(plan: PlanArgument, out: OutOption = None, dry_run: DryOption = False, as_json: JsonOption = False) -> None:
    """Run what is still missing of a plan's matrix, print what it came to, and write the report.

    Called again after a crash or Ctrl-C, it goes on where it was. Ends with status 1 where a promise isn't held.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with _told(console):
        wanted = read(plan)
        path = out or RUNS / wanted.name
        if dry_run:
            _announce(path, wanted, as_json=as_json)
            return
        folder = begin(path, wanted)
        _run(folder, console)
        (path / REPORT).write_text(page(folder))
        _show(folder, as_json=as_json)
    console.print(f"report: {path / REPORT}")
    sys.exit(0 if all(one.held for one in verdict(wanted.slo, rows(folder.outcomes()))) else 1)


@experiment.command()
def compare(first: FolderArgument, second: FolderArgument, as_json: JsonOption = False) -> None:
    """Compare two experiments: the second one's throughput and times by the first one's."""
    with _told(Console(stderr=True, highlight=False, soft_wrap=True)):
        found = comparing.pairs(*(rows(find(path).outcomes()) for path in (first, second)))
    if as_json:
        typer.echo(json.dumps([one.document() for one in found], indent=2))
    else:
        _print(f"{first} and {second}", comparing.HEADINGS, (one.cells() for one in found))


@contextmanager
def _told(console: Console) -> Iterator[None]:
    try:
        yield
    except LoadTestError as error:
        console.print(f"[red]error:[/] {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on with the cell that was cut off")
        sys.exit(130)


def _run(folder: Folder, console: Console) -> None:
    if not folder.missing():
        return
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _live(console, folder) as tell, target_of(folder.plan) as target:
        run_missing(folder, target, tell)


def _announce(path: Path, plan: Plan, *, as_json: bool) -> None:
    """What would be done."""
    folder = Folder(path, plan)
    missing = folder.missing()
    minutes = len(missing) * (plan.load.seconds + plan.pause_s + BETWEEN_S) / 60
    if as_json:
        listed = [{"name": one.name, "done": one not in missing} for one in cells(plan)]
        typer.echo(json.dumps({"folder": str(path), "cells": listed, "minutes": minutes}, indent=2))
        return
    for one in cells(plan):
        typer.echo(f"{one.name}: {'to run' if one in missing else 'done'}")
    typer.echo(f"{len(missing)} cells, about {minutes:.0f} minutes and the starts of replicas, in {path}")


class _Bar:
    """A line that says how the experiment stands."""

    def __init__(self, progress: Progress, folder: Folder) -> None:
        self._progress = progress
        self._folder = folder
        self._task = progress.add_task(folder.plan.name, total=len(cells(folder.plan)), state="starting")

    def __call__(self, cell: Cell, text: str) -> None:
        """Show it."""
        done = len(cells(self._folder.plan)) - len(self._folder.missing())
        state = f"{label(cell.replicas)}, {cell.users} users: {text}"
        self._progress.update(self._task, completed=done, state=state)


@contextmanager
def _live(console: Console, folder: Folder) -> Iterator[_Bar]:
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[state]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield _Bar(progress, folder)


def _show(folder: Folder, *, as_json: bool) -> None:
    outcomes, plan = folder.outcomes(), folder.plan
    if as_json:
        typer.echo(json.dumps(document(plan, outcomes, folder.target), indent=2))
        return
    found = rows(outcomes)
    typer.echo(folder.target)
    _print(plan.name, texts.HEADINGS, map(texts.cells, found))
    if len(steps := scaling(found)) > 1:
        _print("Scaling", texts.SCALING_HEADINGS, map(texts.scaling_cells, steps))
    if any(published(plan, row) for row in found):
        _print("Beside what was published", texts.PUBLISHED_HEADINGS, texts.published_rows(plan, found))
    for one in verdict(plan.slo, found):
        typer.echo(f"{'held' if one.held else 'MISSED'}: {one.sentence}")


def _print(title: str, headings: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    columns: dict[str, Any] = {"box": SIMPLE_HEAD, "padding": 0, "collapse_padding": True}
    table = Table(title=title, title_justify="left", **columns)
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    for line in lines:
        table.add_row(*line)
    Console(highlight=False).print(table)
