"""The verbs `train` and `data` alone, with errors as one sentence, as the `trireme` command prints them."""

import signal
import sys

import typer

from contract.errors import TriremeError
from training.cli import train
from training.data.cli import data


def main() -> None:
    """Run a verb."""
    # As on a terminal: a test run in the background hands down an ignored SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    app = typer.Typer()
    app.add_typer(data, name="data")
    app.add_typer(train)
    try:
        app()
    except TriremeError as error:
        sys.exit(error.detail)


if __name__ == "__main__":
    main()
