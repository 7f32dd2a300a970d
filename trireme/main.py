"""The entry point of the `trireme` command."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from contract import __version__
from contract.errors import SettingsInvalid, TriremeError
from trireme.verbs import VERBS, LazyCommand, missing_extra

HELP = "From training data to autoscaled model serving: train, prove, publish, serve."
OWN_PACKAGES = frozenset({"contract", "gateway", "loadtest", "modelserver", "training", "trireme"})


def _version(show: bool) -> None:
    if show:
        typer.echo(f"trireme {__version__}")
        raise typer.Exit


def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    """Options of the command itself."""


def command() -> TyperGroup:
    """The whole command, with its verbs not loaded yet."""
    app = typer.Typer(name="trireme", help=HELP, no_args_is_help=True)
    app.callback(help=HELP)(_root)
    group = typer.main.get_group(app)
    for verb in VERBS:
        group.add_command(LazyCommand(verb), verb.name)
    return group


def main() -> None:
    """Run the command; an error that was planned for is one sentence and exit status 1, wrong settings are 2."""
    try:
        command()()
    except SettingsInvalid as error:
        _tell(*error.problems)
        sys.exit(2)
    except TriremeError as error:
        _fail(error)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in OWN_PACKAGES:
            raise
        _fail(missing_extra(next((verb for verb in VERBS if verb.name in sys.argv[1:2]), None)))


def _fail(error: TriremeError) -> None:
    _tell(error.detail)
    sys.exit(1)


def _tell(*sentences: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for sentence in sentences:
        console.print(Text.assemble(("error: ", "red"), sentence))
