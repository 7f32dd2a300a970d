"""The verbs of `training.cli` alone, with errors as one sentence, as the `trireme` command prints them."""

import sys

import typer

from contract.errors import TriremeError
from training import cli


def main() -> None:
    """Run a verb."""
    app = typer.Typer()
    app.add_typer(cli.data, name="data")
    app.add_typer(cli.train)
    try:
        app()
    except TriremeError as error:
        sys.exit(error.detail)


if __name__ == "__main__":
    main()
