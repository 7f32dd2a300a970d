"""`trireme push`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.store import S3
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.store.objects import Objects
from training.store.versions import Pushed, VersionStore

push = typer.Typer(help="Copy a published version into an object store, from where a cluster serves it.")


def _bucket(location: str) -> str:
    if not location.startswith(S3):
        raise typer.BadParameter(f"{location!r} is no bucket; write {S3}bucket or {S3}bucket/prefix.")
    return location


VersionArgument = Annotated[str, typer.Argument(help="MODEL:VERSION, or MODEL for its newest version.")]
StoreArgument = Annotated[
    str,
    typer.Argument(
        metavar="STORE", callback=_bucket, help="Where versions' folders lie: s3://bucket, or s3://bucket/prefix."
    ),
]
EndpointOption = Annotated[
    str | None, typer.Option(envvar="AWS_ENDPOINT_URL", help="Address of the S3 server, where it isn't Amazon's.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Check the version and the store, and copy nothing.")]


@push.command()
def main(
    version: VersionArgument,
    store: StoreArgument,
    repository: RepositoryOption = REPOSITORY,
    endpoint: EndpointOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy a published version into an object store, whole or not at all: its card is written last.

    Credentials are what all clients of S3 read: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION. A push
    that was interrupted is taken up by the same command. Exit status: 0 the version is in the store, 1 it is not.
    """
    name = ModelRepository(repository).named(version)
    versions = VersionStore(Objects.at(store, endpoint=endpoint))
    pushed = versions.check_free(name, repository)
    if pushed.is_new and not dry_run:
        pushed = _pushed(versions, name, repository, pushed.size)
    if as_json:
        typer.echo(_document(pushed, store, dry_run=dry_run))
    else:
        Console(highlight=False, soft_wrap=True).print(_summary(pushed, store, dry_run=dry_run), markup=False)


def _pushed(versions: VersionStore, name: ModelVersion, repository: Path, size: int) -> Pushed:
    columns = (TextColumn("pushing"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=size)
        return versions.push(name, repository, advance=lambda count: progress.advance(task, count))


def _document(pushed: Pushed, store: str, *, dry_run: bool) -> str:
    name = pushed.card.name
    facts = {"store": store, "files": pushed.files, "bytes": pushed.size, "was_there": not pushed.is_new}
    return json.dumps({"model": name.model, "version": name.version, **facts, "dry_run": dry_run})


def _summary(pushed: Pushed, store: str, *, dry_run: bool) -> str:
    name = pushed.card.name
    if not pushed.is_new:
        return f"{name} is in {store} already."
    verb = "A dry run; it would be pushed" if dry_run else "Pushed"
    return f"{verb}: {name} to {store}, {pushed.files} files with {pushed.size:,} bytes."
