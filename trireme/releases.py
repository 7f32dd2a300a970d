"""`trireme versions`, `canary`, `promote` and `rollback`: which version of a model answers."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trireme.connected import connected
from trireme.release_client import ReleaseClient, Versions
from trireme.story import story

versions = typer.Typer(help="Show the story of a model's versions.")
canary = typer.Typer(help="Give a version a part of the traffic.")
promote = typer.Typer(help="Make a version the one that answers.")
rollback = typer.Typer(help="End the canary, or go back to the version before.")

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
VersionArgument = Annotated[int, typer.Argument(min=1, help="The version.")]
WeightOption = Annotated[int, typer.Option(min=1, max=99, help="Percent of the callers who name no version.")]
NoteOption = Annotated[str, typer.Option(help="Why, for people.")]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NONE = "–"


@versions.command()
def list_versions(model: ModelArgument, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """The story of a model's versions: what each came from, its figures, share of the traffic and last verdict."""
    with connected(url) as client:
        found, running = _told(ReleaseClient(client), model)
    if as_json:
        typer.echo(json.dumps({**found, "canary": running}))
    else:
        Console(highlight=False).print(story(found, running))


def _told(client: ReleaseClient, model: str) -> tuple[Versions, dict[str, Any] | None]:
    found = client.versions(model)
    has_canary = any(one["state"] == "canary" for one in found["versions"])
    return found, client.running_canary(model) if has_canary else None


@canary.command()
def set_canary(
    model: ModelArgument,
    version: VersionArgument,
    *,
    weight: WeightOption = 10,
    note: NoteOption = "",
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a proven version a part of the traffic, or the canary another part."""
    _do(url, lambda client: client.canary(model, version, weight, note), as_json=as_json)


@promote.command()
def promote_version(
    model: ModelArgument,
    version: VersionArgument,
    note: NoteOption = "",
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a proven version stable; the one before stays loaded for a rollback."""
    _do(url, lambda client: client.promote(model, version, note), as_json=as_json)


@rollback.command()
def roll_back(model: ModelArgument, note: NoteOption = "", url: UrlOption = None, as_json: JsonOption = False) -> None:
    """End the canary; without one, make the stable version before stable again."""
    _do(url, lambda client: client.rollback(model, note), as_json=as_json)


def _do(url: str | None, ask: Callable[[ReleaseClient], Versions], *, as_json: bool) -> None:
    with connected(url) as client:
        found = ask(ReleaseClient(client))
    if as_json:
        typer.echo(json.dumps(found))
    else:
        Console().print(_table(found))


def _table(found: Versions) -> Table:
    table = Table("version", "parent", "accuracy", "state", "traffic", "last event")
    for one in found["versions"]:
        accuracy = NONE if one["accuracy"] is None else f"{one['accuracy']:.2%}"
        cells = (str(one["version"]), one["parent"] or NONE, accuracy, _state(one), _share(one), _event(one))
        table.add_row(*map(Text, cells))
    return table


def _state(one: dict[str, Any]) -> str:
    state = one["state"] or "published"
    marks = [mark for mark in ("shadow", "failed") if one[mark]]
    return f"{state} ({marks[0]})" if marks else state


def _share(one: dict[str, Any]) -> str:
    return f"{one['weight']} %" if one["weight"] else NONE


def _event(one: dict[str, Any]) -> str:
    event = one["last_event"]
    if event is None:
        return NONE
    note = f": {event['note']}" if event["note"] else ""
    return f"{event['time'][:16].replace('T', ' ')} {event['action']} by {event['principal']}{note}"
