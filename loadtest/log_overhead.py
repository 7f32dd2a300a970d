"""`python -m loadtest.log_overhead`: what the prediction log costs a gateway."""

import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from loadtest.bench import GatewayOption, ModelOption, RoundsOption, SecondsOption, TritonOption
from loadtest.errors import LoadTestError
from loadtest.http_load import HttpTarget
from loadtest.machine import describe
from loadtest.measurement import Measurement, summarise
from loadtest.models import describe_model
from loadtest.picture import jpeg
from loadtest.processor import seconds as processor_seconds
from loadtest.servers import gateway, own_gateway
from loadtest.worker import Worker

MODES: Mapping[str, Mapping[str, str]] = {
    "without a log": {"GATEWAY_LOG": "off"},
    "window": {"GATEWAY_LOG": "on", "GATEWAY_LOG_DURABILITY": "window"},
    "sync": {"GATEWAY_LOG": "on", "GATEWAY_LOG_DURABILITY": "sync"},
}
"""Settings of the gateways that are compared; the first one is the measure of the others."""


@dataclass(frozen=True)
class Target:
    """One of the gateways that are compared."""

    http: HttpTarget
    pid: int


@dataclass(frozen=True)
class Round:
    """One gateway under load for some seconds."""

    measurement: Measurement
    processor_s: float
    """What the gateway's process computed meanwhile, on all processors together."""

    @property
    def cost_ms(self) -> float:
        """Milliseconds that it computed for one answer: other work on the machine hardly changes that."""
        return self.processor_s * 1000 / len(self.measurement.latencies_s)


Found = Mapping[str, Sequence[Round]]

DatabaseOption = Annotated[str | None, typer.Option(help="The log's database; a new SQLite file without it.")]
ClientsOption = Annotated[int, typer.Option(min=1, help="Clients at a time.")]


def main(  # noqa: PLR0917 - Typer fills them by name
    gateway_url: GatewayOption = "http://127.0.0.1:8080",
    triton: TritonOption = "127.0.0.1:8001",
    model: ModelOption = None,
    database: DatabaseOption = None,
    clients: ClientsOption = 32,
    seconds: SecondsOption = 5.0,
    rounds: RoundsOption = 7,
) -> None:
    """Measure gateways that differ in their log alone, in turns, and print a table."""
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    console.print(describe(), highlight=False)
    try:
        with ExitStack() as stack:
            stack.enter_context(gateway(gateway_url, timeout_s=120))
            details = describe_model(gateway_url, model)
            path = f"/v1/models/{details['name']}/predict?version={details['version']}"
            targets = _targets(stack, triton, database, path)
            # Without a warm-up in each round: all that is computed is for answers that count.
            worker = stack.enter_context(Worker(warm_up_s=0.0, seconds=seconds))
            found = _measure(worker, targets, clients, rounds)
    except (LoadTestError, httpx.HTTPError, OSError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    console.print(_table(found, clients, rounds, seconds))


def _targets(stack: ExitStack, triton: str, database: str | None, path: str) -> dict[str, Target]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    picture, targets = jpeg(), {}
    for number, (mode, settings) in enumerate(MODES.items()):
        own = {
            "GATEWAY_AUTH": "off",
            "GATEWAY_ACCESS_LOG": "false",
            # Without a log there is no database, and so neither of them: all else has to be alike.
            "GATEWAY_ROLLOUT": "off",
            "GATEWAY_JOBS": "off",
            "GATEWAY_TRITON_ADDRESSES": f'["{triton}"]',
            "GATEWAY_DATABASE": database or f"sqlite:///{folder}/{number}.db",
            "GATEWAY_LOG_SPILL": str(folder / str(number)),
        }
        started = stack.enter_context(own_gateway({**own, **settings}, timeout_s=60))
        targets[mode] = Target(HttpTarget(started.url + path, picture, "image/jpeg"), started.pid)
    return targets


def _measure(worker: Worker, targets: Mapping[str, Target], clients: int, rounds: int) -> Found:
    """In turn, another one first each time: a machine that grows slower meanwhile does it to all alike.

    None comes twice in a row, when it would find the processors' caches warm.
    """
    for target in targets.values():
        worker.measure(target.http, clients)
    found: dict[str, list[Round]] = {mode: [] for mode in targets}
    modes = list(targets)
    for number in track(range(rounds), "measuring"):
        first = number % len(modes)
        for mode in (*modes[first:], *modes[:first]):
            found[mode].append(_round(worker, targets[mode], clients))
    return found


def _round(worker: Worker, target: Target, clients: int) -> Round:
    before = processor_seconds([target.pid])
    measurement = worker.measure(target.http, clients)
    return Round(measurement, processor_seconds([target.pid]) - before)


def _table(found: Found, clients: int, rounds: int, seconds: float) -> Table:
    title = f"Median (range) of {rounds} rounds of {seconds:g} s, {clients} clients on the same machine"
    table = Table("log", title=title)
    for heading in (
        "answers/s",
        "of those without",
        "processor ms/answer",
        "more than without",
        "p50 ms",
        "p95 ms",
        "errors",
    ):
        table.add_column(heading, justify="right")
    for row in _rows(found):
        table.add_row(*row)
    return table


def _rows(found: Found) -> Iterator[tuple[str, ...]]:
    without = next(iter(found.values()))
    for mode, rounds in found.items():
        summary = summarise([one.measurement for one in rounds])
        # Round by round: neighbours in time are alike.
        pairs = list(zip(rounds, without, strict=True))
        share = median(one.measurement.throughput / other.measurement.throughput for one, other in pairs)
        more = median(one.cost_ms / other.cost_ms - 1 for one, other in pairs)
        costs = [one.cost_ms for one in rounds]
        yield (
            mode,
            f"{summary.throughput:,.0f} ({summary.lowest:,.0f}–{summary.highest:,.0f})",
            f"{share:.1%}",
            f"{median(costs):.3f} ({min(costs):.3f}–{max(costs):.3f})",
            f"{more:.1%}",
            f"{summary.p50_ms:.1f}",
            f"{summary.p95_ms:.1f}",
            str(summary.errors),
        )


if __name__ == "__main__":
    typer.run(main)
