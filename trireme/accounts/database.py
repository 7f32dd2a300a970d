"""`trireme database`: the schema of the gateway's database."""

import json
from typing import Annotated

import typer
from sqlalchemy.engine import URL

from gateway.database import migrating
from gateway.database.url import parse
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings

database = typer.Typer(help="Look at the database's schema, or bring it up to date.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@database.command("upgrade")
def upgrade(as_json: JsonOption = False) -> None:
    """Bring the schema up to date; only one process does at a time."""
    migrating.upgrade(_url())
    _show(as_json=as_json)


@database.command("status")
def status(as_json: JsonOption = False) -> None:
    """Show the schema's revision, and this program's."""
    _show(as_json=as_json)


def _url() -> URL:
    return parse(gateway_settings(TriremeSettings()).database.get_secret_value())


def _show(*, as_json: bool) -> None:
    current = migrating.current(_url())
    newest = migrating.newest()
    if as_json:
        typer.echo(json.dumps({"current": current, "newest": newest, "up_to_date": current == newest}))
    elif current == newest:
        typer.echo(f"The schema is at revision {current}: up to date.")
    else:
        typer.echo(
            f"The schema is at revision {current or '–'}, this program's is {newest}: `trireme database upgrade`."
        )
