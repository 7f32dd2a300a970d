"""Telling a person things: one plain line each, and a live one for what takes long."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def tell(console: Console, line: str) -> None:
    """Print a line as it is: never wrapped, coloured or taken for markup."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def live_line(console: Console, unit: str = "") -> Progress:
    """How much is done, since when, and how long it will still take; only on a terminal, and gone when it stops.

    `unit` stands behind the numbers, with a space before it.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(f"{{task.completed}}/{{task.total}}{unit}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
