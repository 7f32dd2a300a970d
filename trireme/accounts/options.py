"""What the verbs of accounts have in common: options, passwords, tables."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.identity.passwords import fit
from gateway.identity.permissions import Role

PAGE = 1000
MAX_PASSWORD_LINE = 4096

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
RoleOption = Annotated[Role, typer.Option(help="What the user or key may do; see docs/accounts.md.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password's line from the standard input.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def new_password(*, from_stdin: bool) -> str:
    """A new password: asked for twice, unseen, or a line of the standard input. Raises `PasswordUnfit`."""
    if from_stdin:
        password = sys.stdin.readline(MAX_PASSWORD_LINE).rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    fit(password)
    return password


def show(found: Iterable[BaseModel], *, as_json: bool) -> None:
    """Print documents of one kind as JSON, or as a table."""
    documents = list(found)
    if as_json:
        typer.echo("[" + ",\n".join(document.model_dump_json() for document in documents) + "]")
    elif documents:
        Console().print(_table([document.model_dump() for document in documents]))
    else:
        typer.echo("There is none.")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
