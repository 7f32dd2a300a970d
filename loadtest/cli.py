"""The verb `load`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from loadtest.errors import LoadTestError
from loadtest.models import describe_model
from loadtest.results import Results
from loadtest.run import Now, run, to_json
from loadtest.samples import pictures, rows
from loadtest.scenarios import SCENARIOS, Scenario, scenario
from loadtest.settings import EXAMPLES, Kind

load = typer.Typer(add_completion=False, help="Put a gateway under load with Locust.", no_args_is_help=True)

RUNS = Path(".trireme", "load")
URL = "http://127.0.0.1:8080"

Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="One of `trireme load list`.")]
Url = Annotated[str, typer.Option(envvar="TRIREME_URL", help="The gateway's address.")]
ModelName = Annotated[str, typer.Option(help="The model that is asked.")]
Data = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="A folder of pictures, or a file of rows: CSV, Parquet, JSON Lines."),
]
Users = Annotated[int | None, typer.Option(min=1, help="Users at the peak, instead of the scenario's own number.")]
Seconds = Annotated[float | None, typer.Option(min=1, help="How long it takes, instead of the scenario's own time.")]
Mix = Annotated[str, typer.Option(metavar="KIND=WEIGHT,…", help="Kinds of users: predict, batch, browse, spike.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Where report and figures go.")]
P95 = Annotated[float | None, typer.Option(min=0, help="Fail where 95 % aren't answered within so many ms.")]
Failed = Annotated[float | None, typer.Option(min=0, max=100, help="Fail where more than so many percent fail.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and send no load.")]

KINDS: tuple[str, ...] = get_args(Kind)


@load.command("list")
def list_() -> None:
    """List the scenarios."""
    table = Table("scenario", "users", "seconds", "")
    for one in SCENARIOS.values():
        table.add_row(one.name, str(one.users), f"{one.seconds:g}", one.description)
    Console().print(table)


@load.command("run")
def run_(
    name: Name,
    url: Url = URL,
    model: ModelName = "cifar10",
    data: Data = None,
    users: Users = None,
    seconds: Seconds = None,
    mix: Mix = "",
    out: Out = None,
    p95_ms: P95 = None,
    max_failed: Failed = None,
    as_json: Json = False,
    dry_run: Dry = False,
) -> None:
    """Run a scenario, and print what it came to; Locust's report is in the folder that the last line names.

    Ends with status 1 where --p95-ms or --max-failed isn't held. TRIREME_API_KEY is shown to the gateway.
    """
    console = Console(stderr=True, highlight=False)
    with _told(console):
        chosen = scenario(name).changed(users, seconds)
        settings = users_settings(url, model, data, chosen) | _mix(mix)
        folder = out or RUNS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{chosen.name}"
        console.print(
            f"{chosen.users} users, {chosen.seconds:g} s, {url}, model {model}, data {settings['LOADTEST_DATA']}"
        )
        if dry_run:
            return
        with _live(console, chosen) as tell:
            results = run(url, folder, settings, tell)
    _print(results, as_json)
    console.print(f"report: {folder / 'report.html'}", soft_wrap=True)
    misses = results.misses(p95_ms, None if max_failed is None else max_failed / 100)
    for miss in misses:
        console.print(f"[red]{miss}[/]")
    sys.exit(1 if misses else 0)


@contextmanager
def _told(console: Console) -> Iterator[None]:
    try:
        yield
    except LoadTestError as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        sys.exit(1)


def users_settings(url: str, model: str, data: Path | None, chosen: Scenario) -> dict[str, str]:
    """What the users need to know; the samples are looked at now, so that what is wrong with them is said at once."""
    takes_pictures = describe_model(url, model)["input"]["kind"] == "image"
    if data is None and not takes_pictures:
        raise LoadTestError(f"The model {model} takes rows: name a file of them with --data.")
    path = data or EXAMPLES
    pictures(path, 1) if takes_pictures else rows(path, 1)
    return {
        "LOADTEST_MODEL": model,
        "LOADTEST_INPUT": "pictures" if takes_pictures else "rows",
        "LOADTEST_DATA": str(path),
        "LOADTEST_SCENARIO": chosen.name,
        "LOADTEST_USERS": str(chosen.users),
        "LOADTEST_SECONDS": str(chosen.seconds),
    }


def _mix(text: str) -> dict[str, str]:
    """The setting for `predict=4,batch=1`; none for an empty text."""
    weights = dict(part.strip().partition("=")[::2] for part in text.split(",") if part.strip())
    if not weights:
        return {}
    if set(weights) - set(KINDS) or not all(weight.isdecimal() for weight in weights.values()):
        raise LoadTestError(f"--mix is like predict=4,batch=1; there are {', '.join(KINDS)}.")
    if not any(map(int, weights.values())):
        raise LoadTestError("--mix names no user.")
    return {"LOADTEST_MIX": json.dumps({kind: int(weight) for kind, weight in weights.items()})}


@contextmanager
def _live(console: Console, chosen: Scenario) -> "Iterator[_Bar]":
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[state]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield _Bar(progress, chosen)


class _Bar:
    """A line that says how a test stands."""

    def __init__(self, progress: Progress, chosen: Scenario) -> None:
        self._progress = progress
        self._task = progress.add_task(chosen.name, total=chosen.seconds, state="starting")

    def __call__(self, now: Now) -> None:
        """Show it."""
        task = self._progress.tasks[0]
        state = f"{now.users} users, {now.requests_per_s:,.0f} requests/s, {now.failures:,} failed"
        self._progress.update(self._task, completed=task.elapsed or 0, state=state)


def _print(results: Results, as_json: bool) -> None:
    if as_json:
        typer.echo(to_json(results))
        return
    console = Console(highlight=False)
    table = Table(title="Times in ms, from the sending to the answer's end", title_style="")
    table.add_column("request", no_wrap=True)
    for heading in ("sent", "failed", "per s", "mean", "p50", "p95", "p99", "max"):
        table.add_column(heading, justify="right")
    for line in (*results.lines, results.total):
        times = (line.mean_ms, line.p50_ms, line.p95_ms, line.p99_ms, line.max_ms)
        numbers = (f"{line.requests:,}", f"{line.failed:.2%}", f"{line.requests_per_s:,.1f}")
        table.add_row(line.name, *numbers, *(f"{time:,.0f}" for time in times))
    console.print(table)
    for failure in results.failures:
        console.print(f"{failure.count:,} × {failure.name}: {failure.error}", markup=False)
