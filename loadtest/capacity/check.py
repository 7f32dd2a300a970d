"""`python -m loadtest.capacity.check FOLDER`: an experiment beside what the simulation makes of the same users.

Only one thing is taken from the experiment: how long a replica takes for an item, from the most that the fewest
replicas answered. All else is the plan's: replicas, users, seconds of thought.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from loadtest.capacity.scenario import CapacityScenario
from loadtest.capacity.simulate import Simulation
from loadtest.errors import ExperimentInvalid, LoadTestError
from loadtest.experiment.folder import Folder, find
from loadtest.experiment.plan import LoadPart
from loadtest.experiment.summary import Row, rows
from loadtest.scenarios import scenario

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Of an experiment (`trireme experiment`).")]
OverheadOption = Annotated[float, typer.Option(min=0, help="Milliseconds that gateway and network add.")]
SEED = 0
HEADINGS = ("replicas", "users", "req/s", "sim.", "off", "mean ms", "sim.", "off", "p95 ms", "sim.", "off")


@dataclass(frozen=True)
class Pair:
    """A number as measured, and as simulated."""

    measured: float
    simulated: float

    @property
    def off(self) -> float:
        """By how much the simulated one is larger, as a share."""
        return self.simulated / self.measured - 1

    def cells(self) -> tuple[str, str, str]:
        """As texts."""
        return f"{self.measured:,.0f}", f"{self.simulated:,.0f}", f"{self.off:+.0%}"


@dataclass(frozen=True)
class Check:
    """One cell of the matrix."""

    replicas: int
    users: int
    requests_per_s: Pair
    mean_ms: Pair
    p95_ms: Pair


def checks(folder: Folder, overhead_ms: float) -> Iterator[Check]:
    """Every cell with a fixed number of replicas; raises `ExperimentInvalid` where there is none."""
    found = [row for row in rows(folder.outcomes()) if row.replicas != "hpa" and row.requests]
    if not found:
        raise ExperimentInvalid(f"{folder.path} has no cell with a fixed number of replicas that answered.")
    service_ms = _service_ms(found)
    for row in found:
        yield _check(row, folder.plan.load, service_ms, overhead_ms)


def _service_ms(found: Sequence[Row]) -> float:
    fewest = min(int(row.replicas) for row in found)
    return fewest * 1000 / max(row.requests_per_s for row in found if row.replicas == fewest)


def _check(row: Row, load: LoadPart, service_ms: float, overhead_ms: float) -> Check:
    ran = Simulation(_scenario(row, load, service_ms, overhead_ms), seed=SEED).run()
    latencies_s = ran.latencies_s[ran.arrived + ran.latencies_s > load.warm_up_s]
    return Check(
        int(row.replicas),
        row.users,
        Pair(row.requests_per_s, len(latencies_s) * ran.thinning / (load.seconds - load.warm_up_s)),
        Pair(row.mean_ms, float(latencies_s.mean()) * 1000),
        Pair(row.p95_ms, float(np.percentile(latencies_s, 95)) * 1000),
    )


def _scenario(row: Row, load: LoadPart, service_ms: float, overhead_ms: float) -> CapacityScenario:
    return CapacityScenario.model_validate(
        {
            "name": "check",
            "service": {"ms": {1: service_ms}, "max_batch": 1},
            "load": {
                "users": row.users,
                "think_s": load.think_s,
                "points": [tuple(point) for point in scenario(load.scenario).curve],
                "seconds": load.seconds,
            },
            "overhead_ms": overhead_ms,
            "scaling": {"min": row.replicas, "max": row.replicas},
        }
    )


def main(folder: FolderArgument, overhead_ms: OverheadOption = 5.0) -> None:
    """Print each cell as measured and as simulated."""
    console = Console(highlight=False)
    try:
        opened = find(folder)
        found = list(checks(opened, overhead_ms))
    except LoadTestError as error:
        console.print(f"[red]error:[/] {error}")
        raise typer.Exit(1) from None
    console.print(opened.target, soft_wrap=True)
    table = Table(title="As measured, and as simulated", box=SIMPLE_HEAD, padding=0, collapse_padding=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            str(one.replicas), str(one.users), *one.requests_per_s.cells(), *one.mean_ms.cells(), *one.p95_ms.cells()
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
