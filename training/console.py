"""Telling a person things, one plain line each."""

from rich.console import Console


def tell(console: Console, line: str) -> None:
    """Print a line as it is: never wrapped, coloured or taken for markup."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)
