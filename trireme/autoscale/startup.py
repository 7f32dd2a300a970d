"""`trireme autoscale startup`: how long replicas took to start, for people and programs."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from loadtest.startup import Phases, Startup, medians

HEADINGS = ("waits for a node", "storage", "container", "server", "total")


def document(found: Sequence[Startup]) -> dict[str, Any]:
    """For a program."""
    return {
        "replicas": [
            {"pod": one.pod, **one.phases._asdict(), "total": one.phases.total, "pulled": one.pulled_s} for one in found
        ],
        "median": {**medians(found)._asdict(), "total": medians(found).total},
    }


def show(found: Sequence[Startup]) -> None:
    """Print a row a replica, and what to tell the plan."""
    table = Table("replica", box=SIMPLE_HEAD)
    for heading in (*HEADINGS, "images pulled"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(one.pod, *_cells(one.phases), f"{one.pulled_s:.1f} s")
    if len(found) > 1:
        table.add_row("median", *_cells(medians(found)))
    console = Console(highlight=False)
    console.print(table)
    longest = max(one.phases.total for one in found)
    console.print(f"The slowest took {longest:.0f} s: trireme autoscale plan --startup-s {longest:.0f}")


def _cells(phases: Phases) -> Sequence[str]:
    return [f"{one:.0f} s" for one in (*phases, phases.total)]
