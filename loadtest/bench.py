"""`python -m loadtest.bench`: throughput and latency of the gateway, of Triton alone, and of all but Triton."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import product
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from loadtest.errors import LoadTestError
from loadtest.grpc_load import GrpcTarget
from loadtest.http_load import HttpTarget
from loadtest.machine import describe
from loadtest.measurement import Measurement, Summary, summarise
from loadtest.models import describe_model
from loadtest.picture import jpeg
from loadtest.servers import decoding_only, gateway
from loadtest.worker import Target, Worker

Case = tuple[str, int]
"""A target's name and the number of clients."""

GatewayOption = Annotated[str, typer.Option(help="The gateway; where none answers, `trireme serve` is started.")]
TritonOption = Annotated[str, typer.Option(help="Host and port of Triton's gRPC API.")]
ModelOption = Annotated[str | None, typer.Option(help="The model; the first one without it.")]
ClientsOption = Annotated[list[int], typer.Option(min=1, help="Clients at a time; may be given several times.")]
SecondsOption = Annotated[float, typer.Option(min=0.1, help="Seconds of each measurement.")]
RoundsOption = Annotated[int, typer.Option(min=1, help="Rounds, in each of which everything is measured once.")]


def main(  # noqa: PLR0917 - Typer fills them by name
    gateway_url: GatewayOption = "http://127.0.0.1:8080",
    triton: TritonOption = "127.0.0.1:8001",
    model: ModelOption = None,
    clients: ClientsOption = [1, 8, 32, 64],  # noqa: B006 - Typer's way, never changed
    seconds: SecondsOption = 3.0,
    rounds: RoundsOption = 2,
) -> None:
    """Measure, and print a table."""
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    console.print(describe(), highlight=False)
    try:
        with ExitStack() as stack:
            stack.enter_context(gateway(gateway_url, timeout_s=120))
            decoding = stack.enter_context(decoding_only(timeout_s=30))
            targets = _targets(gateway_url, triton, decoding, model)
            worker = stack.enter_context(Worker(warm_up_s=min(0.5, seconds), seconds=seconds))
            found = _measure(worker, targets, clients, rounds)
    except (LoadTestError, httpx.HTTPError, OSError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    console.print(table({case: summarise(some) for case, some in found.items()}, rounds, seconds))


def _targets(gateway_url: str, triton: str, decoding: str, model: str | None) -> dict[str, Target]:
    details = describe_model(gateway_url, model)
    path = f"/v1/models/{details['name']}/predict?version={details['version']}"
    shape = tuple(details["input"][side] for side in ("height", "width", "channels"))
    picture = jpeg()
    return {
        "gateway, 320×240 JPEG": HttpTarget(gateway_url + path, picture, "image/jpeg"),
        "gateway without Triton": HttpTarget(decoding + path, picture, "image/jpeg"),
        "Triton direct, tensor": GrpcTarget(
            triton, f"{details['name']}-v{details['version']}", details["input"]["tensor"], shape
        ),
    }


def _measure(
    worker: Worker, targets: Mapping[str, Target], clients: Sequence[int], rounds: int
) -> dict[Case, list[Measurement]]:
    """Interleaved, so that a machine that grows slower or faster meanwhile does it to all alike."""
    found: dict[Case, list[Measurement]] = {case: [] for case in product(targets, clients)}
    for _, number, (name, target) in track(list(product(range(rounds), clients, targets.items())), "measuring"):
        found[name, number].append(worker.measure(target, number))
    return found


def table(summaries: Mapping[Case, Summary], rounds: int, seconds: float) -> Table:
    """One row a case."""
    title = f"Median (range) of {rounds} rounds of {seconds:g} s; clients on the same machine"
    result = Table("target", title=title)
    for heading in ("clients", "answers/s", "p50 ms", "p95 ms", "errors"):
        result.add_column(heading, justify="right")
    for row in _rows(summaries):
        result.add_row(*row)
    return result


def _rows(summaries: Mapping[Case, Summary]) -> Iterator[tuple[str, ...]]:
    for (name, clients), summary in summaries.items():
        throughput = f"{summary.throughput:,.0f} ({summary.lowest:,.0f}–{summary.highest:,.0f})"
        yield name, str(clients), throughput, f"{summary.p50_ms:.1f}", f"{summary.p95_ms:.1f}", str(summary.errors)


if __name__ == "__main__":
    typer.run(main)
