"""`trireme capacity`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from loadtest.capacity.outcome import Outcome, breaks
from loadtest.capacity.report import cells, headings, page
from loadtest.capacity.scenario import CapacityScenario, read
from loadtest.capacity.simulate import Simulation
from loadtest.errors import LoadTestError

capacity = typer.Typer(add_completion=False, help="Predict what a cluster would do under a load, by simulation.")

FileArgument = Annotated[Path, typer.Argument(metavar="SCENARIO.yaml", help="Model, load, autoscaler and cluster.")]
TimesOption = Annotated[
    list[int] | None,
    typer.Option(min=1, help="So many times the load, the replicas and the nodes; repeatable."),
]
SeedOption = Annotated[int, typer.Option(help="The same seed gives the same run.")]
ReportOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with plots.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@capacity.command()
def main(
    file: FileArgument,
    times: TimesOption = None,
    seed: SeedOption = 0,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a scenario: arrivals, batches, the autoscaler, starts of replicas and nodes."""
    console = Console(stderr=True, highlight=False)
    try:
        scenario = read(file)
        outcomes = [_run(console, scenario.times(factor), seed) for factor in times or [1]]
        if report is not None:
            report.write_text(page(outcomes))
    except (LoadTestError, OSError) as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        sys.exit(1)
    if as_json:
        typer.echo(json.dumps([one.document() for one in outcomes], indent=2))
    else:
        _print(outcomes)


def _run(console: Console, scenario: CapacityScenario, seed: int) -> Outcome:
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        name = f"{scenario.name}, {scenario.scaling.max:,} replicas"
        task = progress.add_task(name, total=scenario.load.duration_s)
        return Simulation(scenario, seed=seed).run(lambda now: progress.update(task, completed=now))


def _print(outcomes: Sequence[Outcome]) -> None:
    console = Console(highlight=False)
    table = Table(
        title=outcomes[0].scenario.name, title_justify="left", box=SIMPLE_HEAD, padding=0, collapse_padding=True
    )
    for heading in headings():
        table.add_column(heading, justify="right", overflow="fold")
    for one in outcomes:
        table.add_row(*cells(one))
    console.print(table)
    for one in outcomes:
        for sentence in breaks(one):
            console.print(f"{one.scenario.scaling.max:,} replicas: {sentence}", markup=False)
