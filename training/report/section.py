"""A section of a report: a plot or a table with one sentence that says what these numbers show."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Rows of text under column titles; the first column names the row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One section."""

    name: str
    """The plot's file name without its ending, and the anchor on the page."""
    title: str
    sentence: str
    draw: Callable[[], Figure] | None = None
    """Makes the plot, when its turn comes."""
    table: Table | None = None
