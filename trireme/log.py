"""The verb `log`."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.database.engine import open_database
from gateway.database.errors import DatabaseUnavailable
from gateway.database.migrating import prepare
from gateway.history.errors import ExportFailed
from gateway.history.export import export
from gateway.history.query import Filters
from gateway.history.status import Stored, Waiting, stored, waiting
from gateway.prediction_log.spill import Spill
from gateway.settings import GatewaySettings
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings

log = typer.Typer(add_completion=False, help="Export the prediction log, or say how it stands.", no_args_is_help=True)

Moment = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"], help="In UTC, unless it says otherwise."
    ),
]


@log.command("export")
def export_(
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    model: Annotated[str | None, typer.Option(help="Of this model.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Of this version.")] = None,
    since: Moment = None,
    until: Moment = None,
) -> None:
    """Write predictions, with what was said about them, to a Parquet file; no gateway is needed."""
    filters = Filters(model=model, version=version, since=_in_utc(since), until=_in_utc(until))
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} predictions"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("")
        try:
            rows = asyncio.run(_export(filters, out, lambda rows: progress.update(task, completed=rows)))
        except OSError as error:
            raise ExportFailed(f"The file can't be written: {error.strerror}.") from None
    typer.echo(f"{rows} predictions are in {out}.")


@log.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False) -> None:
    """Tell what the database holds, and what waits on this machine's disk."""
    settings = gateway_settings(TriremeSettings())
    on_disk = waiting(Spill(settings.log_spill))
    try:
        in_database = asyncio.run(_stored(settings))
    except DatabaseUnavailable:
        in_database = None
    if as_json:
        found = {"database": in_database and in_database.model_dump(mode="json"), "disk": on_disk.model_dump()}
        Console().print_json(data=found)
    else:
        typer.echo("\n".join(_lines(in_database, on_disk)))


def _lines(in_database: Stored | None, on_disk: Waiting) -> list[str]:
    lines = ["The database can't be reached."]
    if in_database is not None:
        lines = [f"database: {in_database.predictions} predictions, feedback {in_database.feedback} times"]
        if in_database.oldest is not None and in_database.newest is not None:
            lines.append(
                f"          from {in_database.oldest:%Y-%m-%d %H:%M:%S} to {in_database.newest:%Y-%m-%d %H:%M:%S} UTC"
            )
    lines.append(f"disk:     {on_disk.bytes} bytes wait in {on_disk.journals} journals")
    if on_disk.rejected_bytes:
        lines.append(f"          {on_disk.rejected_bytes} bytes were refused by the database")
    return lines


async def _export(filters: Filters, out: Path, tell: Callable[[int], None]) -> int:
    settings = _checked(gateway_settings(TriremeSettings()))
    async with open_database(settings) as database:
        return await export(database, filters, out, tell)


async def _stored(settings: GatewaySettings) -> Stored:
    async with open_database(_checked(settings)) as database:
        return await stored(database)


def _checked(settings: GatewaySettings) -> GatewaySettings:
    """The settings of a database that has this program's schema; raises `SchemaOutdated` or `DatabaseUnavailable`."""
    prepare(settings.model_copy(update={"database_migrate": "check"}))
    return settings


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
