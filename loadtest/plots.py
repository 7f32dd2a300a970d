"""`python -m loadtest.plots FOLDER`: the plots of docs/autoscaling.md, always the same."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from loadtest.batch_times import BatchTimes
from loadtest.batching import Replica
from loadtest.capacity.report import panels
from loadtest.capacity.scenario import read
from loadtest.capacity.simulate import Simulation
from loadtest.drawing import Line, Panel, draw

EXAMPLE = Path("examples", "capacity.yaml")
REPLICAS = {
    "no batching, 10 ms an item": Replica(BatchTimes({1: 0.010}), instances=1, max_batch=1),
    "batches of 32: 10 ms for 1, 80 ms for 32": Replica(BatchTimes({1: 0.010, 32: 0.080}), instances=1, max_batch=32),
}
STEPS = 97
SHARE = 0.99


def load() -> str:
    """Time of an answer, and items in flight, over the load of one replica."""
    return draw(
        [
            Panel("Time of 99 %", "percent of the capacity", _over_load(_latency_ms), top=400, right=100),
            Panel("Items in flight", "percent of the capacity", _over_load(Replica.in_flight), top=40, right=100),
        ]
    )


def day() -> str:
    """The example of `trireme capacity`, simulated."""
    return draw(panels(Simulation(read(EXAMPLE)).run()))


def _latency_ms(replica: Replica, rate: float) -> float:
    return replica.latency_s(rate, SHARE) * 1000


def _over_load(value: Callable[[Replica, float], float]) -> tuple[Line, ...]:
    return tuple(
        Line(name, [(percent, value(one, one.capacity * percent / 100)) for percent in range(1, STEPS)])
        for name, one in REPLICAS.items()
    )


PLOTS: Mapping[str, Callable[[], str]] = {"autoscaling-load.svg": load, "autoscaling-day.svg": day}


def main() -> None:
    """Write them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where they go")
    folder: Path = parser.parse_args().folder
    for name, plot in PLOTS.items():
        (folder / name).write_text(plot())


if __name__ == "__main__":
    main()
